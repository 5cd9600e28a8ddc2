package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"regexp"
	"strings"
)

// A contract is the tests of a folder that hold it to the specification.
type contract struct {
	folder string
	tests  []string // none are all tests of the folder
}

func contracts() []contract {
	return []contract{
		{"api", nil},
		{facadePackage, []string{"TestCallsAreAllThereAre", "TestEveryFieldIsCarried", "TestContractCallsAreComplete", "TestDocCommentsNameTheOperations"}},
		{facadePackage + "/vingdtest", []string{"TestCallsCoverTheAPI", "TestEveryCallIsAnswered"}},
		{"sandbox", []string{"TestFilter_Narrows", "TestFilter_NarrowsReconcileRevoke"}},
		{handlerPackage, nil},
	}
}

// An event is a line of go test -json.
type event struct {
	Action string
	Test   string
	Output string
}

// runTests returns the failures of the tests that hold the module to the specification, in the folders that are asked for.
func runTests(ctx context.Context, dir string, folders []string) (tasks []task, err error) {
	for _, c := range contracts() {
		if !isWithin(c.folder, folders) {
			continue
		}
		pattern := "."
		if len(c.tests) > 0 {
			pattern = "^(" + strings.Join(c.tests, "|") + ")$"
		}
		command := exec.CommandContext(ctx, "go", "test", "-json", "-run", pattern, "./"+c.folder) //nolint:gosec // contracts has them
		command.Dir = dir
		out, err := command.Output()
		if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
			return nil, err
		}
		found, err := c.readEvents(out)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, found...)
	}
	return tasks, nil
}

// message matches a line that a test writes about its failure.
var message = regexp.MustCompile(`^\s+\w+_test\.go:\d+: (.*)\n$`)

// readEvents returns the tasks in what go test -json writes.
func (c contract) readEvents(out []byte) (tasks []task, err error) {
	said, ran := map[string][]string{}, map[string]bool{} // by each test
	builds := true
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var e event
		if err := decoder.Decode(&e); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		test, _, isPart := strings.Cut(e.Test, "/")
		ran[test] = true
		switch {
		case e.Action == "build-output" && builds && !strings.HasPrefix(e.Output, "#"):
			builds = false
			tasks = append(tasks, task{c.folder, "make its tests compile, and run make drift again", strings.TrimSpace(e.Output)})
		case e.Action == "output":
			if text := message.FindStringSubmatch(e.Output); text != nil {
				said[test] = append(said[test], text[1])
			}
		case e.Action == "fail" && test != "" && !isPart:
			for _, text := range said[test] {
				tasks = append(tasks, task{c.folder, text, test + " fails"})
			}
			if len(said[test]) == 0 {
				tasks = append(tasks, task{c.folder, "run go test ./" + c.folder, test + " fails"})
			}
		}
	}
	for _, test := range c.tests {
		if builds && !ran[test] {
			tasks = append(tasks, task{c.folder, "write " + test, "a test of make drift is missing"})
		}
	}
	return tasks, nil
}

// within returns the tasks in the folders that are asked for, or all if none is.
func within(tasks []task, folders []string) (kept []task) {
	for _, t := range tasks {
		if isWithin(t.file, folders) {
			kept = append(kept, t)
		}
	}
	return kept
}

func isWithin(file string, folders []string) bool {
	for _, folder := range folders {
		folder = path.Clean(folder)
		if folder == "." || file == folder || strings.HasPrefix(file, folder+"/") {
			return true
		}
	}
	return len(folders) == 0
}
