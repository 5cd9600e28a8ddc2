package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A result is the outcome of a mutant.
type result string

const (
	killed       result = "killed"        // its package's tests fail
	killedByUser result = "by users"      // they pass, and those of a package that uses it fail
	hung         result = "hung"          // they do not end within their time
	survived     result = "survived"      // they pass
	notCompiling result = "not compiling" // there is nothing to run
)

// A target is a package that is changed.
type target struct {
	*suite

	root    string   // the folder below which files are named
	files   []string // without tests, absolute
	suites  []*suite // its own tests, and those of its users
	scratch string   // a folder for what is built
}

// A suite is the tests of a package.
type suite struct {
	path    string // of the import
	dir     string
	noticed result // where they fail
	stages  []stage
	grace   time.Duration // allowed beyond five times what tests take
}

// A stage is a group of tests that run together. Those that take less time come first.
type stage struct {
	run   string // for -test.run
	limit time.Duration
}

// listPackages asks the go command for the packages that match patterns.
func (s settings) listPackages(ctx context.Context, patterns []string, noticed result) ([]*target, error) {
	list := exec.CommandContext(ctx, "go", append([]string{"list", "-json=ImportPath,Dir,GoFiles,TestGoFiles,XTestGoFiles", "--"}, patterns...)...)
	list.Dir = s.dir
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", strings.Join(patterns, " "), err)
	}
	var all []*target
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var listed struct {
			ImportPath, Dir                    string
			GoFiles, TestGoFiles, XTestGoFiles []string
		}
		if err := decoder.Decode(&listed); err != nil {
			return nil, err
		}
		t := &target{suite: &suite{path: listed.ImportPath, dir: listed.Dir, noticed: noticed, grace: s.grace}}
		if len(listed.TestGoFiles)+len(listed.XTestGoFiles) > 0 {
			t.suites = []*suite{t.suite}
		}
		for _, name := range listed.GoFiles {
			t.files = append(t.files, filepath.Join(listed.Dir, name))
		}
		all = append(all, t)
	}
	return all, nil
}

// build compiles the tests, by an overlay unless it is empty, and returns the binary.
func (u *suite) build(ctx context.Context, scratch, overlay string) (binary string, err error) {
	binary = filepath.Join(scratch, "tests")
	args := []string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	build := exec.CommandContext(ctx, "go", append(args, u.path)...)
	build.Dir = u.dir
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go test -c %s: %w\n%s", u.path, err, out)
	}
	return binary, nil
}

// writeOverlay writes the file that makes the go command read source where file is.
func writeOverlay(scratch, file string, source []byte) (string, error) {
	changed := filepath.Join(scratch, "changed.go")
	overlay := filepath.Join(scratch, "overlay.json")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
	return overlay, errors.Join(err, os.WriteFile(changed, source, 0o600), os.WriteFile(overlay, text, 0o600))
}

var passedTest = regexp.MustCompile(`(?m)^--- (?:PASS|SKIP): (\S+) \((\d+\.\d+)s\)`)

// prepare runs the tests as they are: they must pass. It puts those that take least first, and measures their time.
func (u *suite) prepare(ctx context.Context, scratch string) error {
	binary, err := u.build(ctx, scratch, "")
	if err != nil {
		return err
	}
	out, err := runTests(ctx, u.dir, scratch, 20*time.Minute, binary, "-test.v")
	if err != nil {
		return fmt.Errorf("the tests of %s fail without a change: %w\n%s", u.path, err, lastLines(out, 40))
	}
	seconds := map[string]float64{}
	var names []string
	for _, match := range passedTest.FindAllStringSubmatch(out, -1) {
		names = append(names, match[1])
		if seconds[match[1]], err = strconv.ParseFloat(match[2], 64); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("the package %s has no tests", u.path)
	}
	for _, limits := range [][2]float64{{0, .1}, {.1, 1}, {1, 5}, {5, 1e9}} {
		var group []string
		for _, name := range names {
			if limits[0] <= seconds[name] && seconds[name] < limits[1] {
				group = append(group, regexp.QuoteMeta(name))
			}
		}
		if len(group) == 0 {
			continue
		}
		s := stage{run: "^(" + strings.Join(group, "|") + ")$"}
		start := time.Now()
		if out, err := runTests(ctx, u.dir, scratch, 20*time.Minute, binary, "-test.run="+s.run); err != nil {
			return fmt.Errorf("the tests of %s pass together and fail apart: %w\n%s", u.path, err, lastLines(out, 40))
		}
		s.limit = u.grace + 5*time.Since(start)
		u.stages = append(u.stages, s)
	}
	return nil
}

// try returns the outcome of a mutant.
func (t *target) try(ctx context.Context, m mutant) (result, error) {
	scratch, err := makeTemp(t.scratch)
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	file := filepath.Join(t.root, m.file)
	source, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	overlay, err := writeOverlay(scratch, file, m.mutate(source))
	if err != nil {
		return "", err
	}
	for _, u := range t.suites {
		if r := u.try(ctx, scratch, overlay); r != survived {
			return r, ctx.Err()
		}
	}
	return survived, ctx.Err()
}

// try runs the tests with an overlay, and returns its outcome.
func (u *suite) try(ctx context.Context, scratch, overlay string) result {
	binary, err := u.build(ctx, scratch, overlay)
	if err != nil {
		return notCompiling
	}
	for _, s := range u.stages {
		_, err := runTests(ctx, u.dir, scratch, s.limit, binary, "-test.failfast", "-test.run="+s.run)
		if r := judge(err, u.noticed); r != survived {
			return r
		}
	}
	return survived
}

func judge(err error, failed result) result {
	switch {
	case err == nil:
		return survived
	case errors.Is(err, errHung):
		return hung
	default:
		return failed
	}
}

var errHung = errors.New("the tests did not end within their time")

// makeTemp makes a folder below dir, or below the system's if dir is empty. Other users may enter it: PostgreSQL's, which a test of
// root runs.
func makeTemp(dir string) (string, error) {
	made, err := os.MkdirTemp(dir, "mutants")
	if err != nil {
		return "", err
	}
	return made, os.Chmod(made, 0o711)
}

// runTests runs a command and, when it has ended or its time is over, ends what it started.
// The temporary files of the tests are below scratch.
func runTests(ctx context.Context, dir, scratch string, limit time.Duration, name string, args ...string) (string, error) {
	limited, cancel := context.WithTimeoutCause(ctx, limit, errHung)
	defer cancel()
	temporary, err := makeTemp(scratch)
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	tests := exec.CommandContext(limited, name, args...)
	tests.Dir = dir
	tests.Env = append(os.Environ(), "TMPDIR="+temporary, "PWD="+dir)
	tests.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	tests.Cancel = func() error { return syscall.Kill(-tests.Process.Pid, syscall.SIGKILL) }
	tests.WaitDelay = time.Second
	out, err := tests.CombinedOutput()
	if tests.Process != nil {
		_ = syscall.Kill(-tests.Process.Pid, syscall.SIGKILL)
	}
	if err != nil && limited.Err() != nil {
		err = context.Cause(limited)
	}
	return string(out), err
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
