// Command drift lists the work that is left after a change of api/vingd.yaml and "make generate".
//
//	go run ./internal/drift [FOLDER...]
//
// Each line names a file, the work there, and the reason. If folders are given, such as ./vingd, it lists these alone. If it
// prints nothing, the specification has reached the module:
//   - a method of package vingd makes each operation, the table in docs/python.md names it, and the command calls it;
//   - package vingd reads each field of a response, sends each field of a request, and passes on each filter;
//   - package vingd sets each field of its results, and reads each argument;
//   - package vingd gives each POST and DELETE the kind unsafe;
//   - a Reconcile method finds out the outcome of each call that is unsafe;
//   - docs/outcomes.md and the comment of package vingd name each call that is not safe;
//   - package vingd and the broker have a constant for each value of an enum, and functions and variables tell all apart;
//   - each text that lists values of an enum lists all of them, even in SQL and in documents;
//   - each filter by a time or a number has an x-bound: whether a row with the same value matches;
//   - CHANGELOG.md names what the specification has gained and lost since the last release;
//   - no test, comment or document names an operation that it has lost since then;
//   - each function that reads a filter of package vingd reads all of it, so that a new filter is passed on or refused;
//   - the sandbox serves each operation, reads all of its parameters, and fills each field of a response;
//   - the broker of the sandbox reads each field of a new thing, such as NewOrder;
//   - the tests of the specification and of the sandbox's handlers pass, and those named TestContract_ and TestFilter_;
//   - one of these reconciles each call whose request or response is lost;
//   - the model of the sandbox has each field of its responses.
//
// A field, a call or a text that is left out on purpose is listed with the reason in internal/drift/left_out.txt.
//
// The program also reads packages that do not compile. It lists the errors of the compiler, too.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// A task is work that is left.
type task struct {
	file string
	what string
	why  string
}

func main() {
	tasks, err := tasksIn(context.Background(), ".", os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "drift:", err)
		os.Exit(2)
	}
	write(os.Stdout, tasks)
	if len(tasks) > 0 {
		os.Exit(1)
	}
}

// tasksIn returns the tasks in some folders of the module in dir, and those that stop the tests of these folders.
func tasksIn(ctx context.Context, dir string, folders []string) ([]task, error) {
	tasks, err := drift(ctx, dir)
	if err != nil {
		return nil, err
	}
	more, err := runTests(ctx, dir, folders)
	return append(within(tasks, folders), more...), err
}

// write lists tasks, those of one file together.
func write(w io.Writer, tasks []task) {
	file := ""
	for _, t := range tasks {
		if t.file != file {
			file = t.file
			_, _ = fmt.Fprintln(w, file)
		}
		_, _ = fmt.Fprintf(w, "    %s\n        because %s\n", t.what, t.why)
	}
}

// drift returns the tasks of the module in a folder.
func drift(ctx context.Context, dir string) ([]task, error) {
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(specFile))) //nolint:gosec // the folder is the module's
	if err != nil {
		return nil, err
	}
	spec, err := readSpec(text)
	if err != nil {
		return nil, err
	}
	m, err := load(ctx, dir)
	if err != nil {
		return nil, err
	}
	leftOut, err := readLeftOut(dir)
	if err != nil {
		return nil, err
	}
	c := &check{module: m, leftOut: leftOut}
	c.compilerErrors()
	c.bounds(spec)
	c.facade(spec.operations)
	c.sandbox(spec.operations)
	c.enums(spec.enums)
	if err := c.texts(spec.enums); err != nil {
		return nil, err
	}
	last, err := c.lastRelease(ctx)
	if err != nil {
		return nil, err
	}
	if last != nil {
		if err := errors.Join(c.changelog(spec, last), c.lostOperations(spec, last)); err != nil {
			return nil, err
		}
	}
	c.staleExceptions()
	order := func(a, b task) int {
		return slices.Compare([]string{a.file, a.what, a.why}, []string{b.file, b.what, b.why})
	}
	slices.SortFunc(c.tasks, order)
	return slices.Compact(c.tasks), nil
}
