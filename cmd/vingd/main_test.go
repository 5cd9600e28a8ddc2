package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// A leakTest runs the tests, and fails if they leave a goroutine behind.
type leakTest struct{ *testing.M }

func (l leakTest) Run() int {
	code := l.M.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// The test binary is the command, too: the scripts find it in PATH as vingd.
func TestMain(m *testing.M) { testscript.Main(leakTest{m}, map[string]func(){"vingd": main}) }

// The sandbox ends well when it is told to terminate.
func TestTerminate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals here")
	}
	dir := t.TempDir()
	data := filepath.Join(dir, "shop.db")
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		command := exec.CommandContext(t.Context(), "vingd", "sandbox", "--listen", "127.0.0.1:0", "--ca", dir, "--data", data)
		stdout, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		last := ""
		for signalled := false; lines.Scan(); {
			if last = lines.Text(); strings.Contains(last, "--cacert") && !signalled { // the end of the screen
				signalled = true
				if err := command.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := command.Wait(); err != nil || last != "Stopped." {
			t.Errorf("%v: got %v, and at last %q", signal, err, last)
		}
	}
	output, err := exec.CommandContext(t.Context(), "vingd", "sandbox", "check", "--data", data).CombinedOutput()
	if err != nil || string(output) != data+": the books are right\n" {
		t.Errorf("check: got %v, %s", err, output)
	}
	err = exec.CommandContext(t.Context(), "vingd", "--nope").Run()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 2 { //nolint:errorlint // Run does not wrap it
		t.Errorf("misused: got %v, want exit status 2", err)
	}
}
