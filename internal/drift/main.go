// Command drift lists the work that is left after a change of api/vingd.yaml and "make generate".
//
//	go run ./internal/drift [FOLDER...]
//
// Each line names a file, the work there, and the reason. If folders are given, such as ./vingd, it lists these alone. If it
// prints nothing, the specification has reached the module:
//   - a method of package vingd makes each operation, and the table of operations in docs/python.md names it;
//   - package vingd reads each field of a response, sends each field of a request, and passes on each filter;
//   - package vingd sets each field of its results, and reads each argument;
//   - package vingd gives each POST and DELETE the kind unsafe;
//   - package vingd and the broker have a constant for each value of an enum, and functions tell all of them apart;
//   - each function that reads a filter of package vingd reads all of it, so that a new filter is passed on or refused;
//   - the sandbox serves each operation, reads all of its parameters, and fills each field of a response;
//   - the broker of the sandbox reads each field of a new thing, such as NewOrder;
//   - the tests of the specification and of the sandbox's handlers pass, and each filter narrows a list of the sandbox.
//
// A field that is left out on purpose is listed with the reason in internal/drift/left_out.txt.
//
// The program also reads packages that do not compile. It lists the errors of the compiler, too.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
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
	operations, enums, err := readSpec(dir)
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
	c.facade(operations)
	c.kinds(operations)
	c.sandbox(operations)
	c.enums(enums)
	c.staleExceptions()
	order := func(a, b task) int {
		return slices.Compare([]string{a.file, a.what, a.why}, []string{b.file, b.what, b.why})
	}
	slices.SortFunc(c.tasks, order)
	return slices.Compact(c.tasks), nil
}
