package broker_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// An onlooker is a program of another process that looks at a data file.
type onlooker struct {
	name  string
	words []string // the command, before the file
	after []string // the command, after the file
	want  string   // its output if the file is right
	looks atomic.Int64
}

// onlookers returns the command vingd sandbox check, and SQLite's own tool if this machine has it. The tool removes
// the write-ahead log when it closes a file that, as far as it knows, no other process has open.
func onlookers(t *testing.T) []*onlooker {
	t.Helper()
	vingd := filepath.Join(t.TempDir(), "vingd")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", vingd, "../../../cmd/vingd").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	all := []*onlooker{{name: "vingd", words: []string{vingd, "sandbox", "check", "--data"}, want: "the books are right\n"}}
	tool, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Logf("no SQLite tool looks at the files: %v", err)
		return all
	}
	return append(all, &onlooker{
		name: "sqlite3", words: []string{tool, "-cmd", ".timeout 60000"},
		after: []string{"PRAGMA quick_check; SELECT sum(balance) FROM accounts"}, want: "ok\n0\n",
	})
}

// watch has each program look at a data file, again and again, until stop is called. It fails the test if a file is wrong.
func watch(t *testing.T, data string, all []*onlooker) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	whole := context.WithoutCancel(ctx) // a look ends by itself
	var looking sync.WaitGroup
	for _, o := range all {
		looking.Go(func() {
			for ctx.Err() == nil {
				words := append(append(append([]string{}, o.words...), data), o.after...)
				out, err := exec.CommandContext(whole, words[0], words[1:]...).CombinedOutput()
				if err != nil || !strings.HasSuffix(string(out), o.want) {
					t.Errorf("%s: %v, %s", o.name, err, out)
					return
				}
				o.looks.Add(1)
			}
		})
	}
	stop = func() {
		cancel()
		looking.Wait()
	}
	t.Cleanup(stop)
	return stop
}
