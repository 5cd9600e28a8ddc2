package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A contract is the tests that hold some folders to the specification. Each folder has some.
type contract struct {
	folders []string
	pattern string
}

func contracts() []contract {
	return []contract{
		{[]string{"api", facadePackage + "/vingdtest", handlerPackage}, "."},
		{[]string{facadePackage, "sandbox", "sandbox/fire", commandFolder, commandPackage}, "^Test(Contract_|Filter_)"},
		{[]string{"sandbox/modeltest"}, "^TestModel_OneAtATime$"},
	}
}

// An event is a line of go test -json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// runTests returns the failures of the tests that hold the module to the specification, in the folders that are asked for.
func runTests(ctx context.Context, dir string, folders []string) (tasks []task, err error) {
	for _, c := range contracts() {
		arguments := []string{"test", "-json", "-run", c.pattern}
		for _, folder := range c.folders {
			if isWithin(folder, folders) {
				arguments = append(arguments, "./"+folder)
			}
		}
		if len(arguments) == 4 {
			continue
		}
		command := exec.CommandContext(ctx, "go", arguments...) //nolint:gosec // contracts has them
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

// message matches the first line that a test writes about its failure. More matches a further line.
var (
	message = regexp.MustCompile(`^\s+(\w+_test\.go):\d+: (.*)\n$`)
	more    = regexp.MustCompile(`^ {8,}(\S.*)\n$`)
)

// A report is what a test writes about a failure.
type report struct{ file, text string }

// readEvents returns the tasks in what go test -json writes.
func (c contract) readEvents(out []byte) (tasks []task, err error) {
	said := map[event][]report{} // by each test
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var e event
		if err := decoder.Decode(&e); errors.Is(err, io.EOF) {
			return tasks, nil
		} else if err != nil {
			return nil, err
		}
		name, _, isPart := strings.Cut(e.Test, "/")
		folder, test := c.folder(e.Package), event{Package: e.Package, Test: name}
		switch {
		case e.Action == "build-output" && !strings.HasPrefix(e.Output, "#"):
			file, problem, _ := strings.Cut(strings.TrimSpace(e.Output), ":")
			failed := task{file, "make it compile, and run make drift again", "tests need it: line " + problem}
			if !slices.Contains(tasks, failed) {
				tasks = append(tasks, failed)
			}
		case e.Action == "output" && strings.Contains(e.Output, "warning: no tests to run"):
			tasks = append(tasks, task{folder, "write a test named " + c.pattern, "a test of make drift is missing"})
		case e.Action == "output":
			reports := said[test]
			if first := message.FindStringSubmatch(e.Output); first != nil && !strings.HasPrefix(first[2], "[rapid]") { // its draws tell nothing
				said[test] = append(reports, report{path.Join(folder, first[1]), first[2]})
			} else if next := more.FindStringSubmatch(e.Output); next != nil && len(reports) > 0 {
				reports[len(reports)-1].text += ", " + next[1]
			}
		case e.Action == "fail" && name != "" && !isPart:
			for _, r := range said[test] {
				if failed := (task{r.file, r.text, name + " fails"}); !slices.Contains(tasks, failed) {
					tasks = append(tasks, failed)
				}
			}
			if len(said[test]) == 0 {
				tasks = append(tasks, task{folder, "run go test ./" + folder, name + " fails"})
			}
		}
	}
}

// folder returns the folder of a package: the longest one, since cmd/vingd ends like vingd.
func (c contract) folder(path string) string {
	longest := ""
	for _, folder := range c.folders {
		if strings.HasSuffix(path, "/"+folder) && len(folder) > len(longest) {
			longest = folder
		}
	}
	return cmp.Or(longest, path)
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
