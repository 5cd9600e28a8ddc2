package command_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/command"
)

// sandboxOfChild is an environment variable. With it, TestSandbox_UnreadOutput is a sandbox with these flags.
const sandboxOfChild = "VINGD_TEST_SANDBOX"

// A process is a sandbox in a process of its own. Its standard output is a pipe, as in a shell.
type process struct {
	*exec.Cmd

	out      *os.File
	lines    *bufio.Scanner
	controls string
}

// spawn starts a sandbox in a process of its own, and reads its first line.
func spawn(t *testing.T, flags ...string) *process {
	t.Helper()
	written, err := json.Marshal(append([]string{"sandbox", "--http", "--listen", "127.0.0.1:0"}, flags...))
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSandbox_UnreadOutput$")}
	p.Env = append(os.Environ(), sandboxOfChild+"="+string(written))
	p.Stderr = os.Stderr
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out, p.Stdout, p.lines = out, in, bufio.NewScanner(out)
	if err := errors.Join(p.Start(), in.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() }) //nolint:errcheck // the test may have closed it
	var told struct{ Controls string }
	for p.lines.Scan() {
		if address, ok := strings.CutPrefix(p.lines.Text(), "  controls   "); ok {
			told.Controls = address
		} else if strings.HasPrefix(p.lines.Text(), "{") {
			if err := json.Unmarshal(p.lines.Bytes(), &told); err != nil {
				t.Fatal(err)
			}
		}
		if told.Controls != "" {
			p.controls = told.Controls
			return p
		}
	}
	t.Fatalf("it has no controls: %v", p.lines.Err())
	return nil
}

// call asks n times for the armed faults. The sandbox prints a line for each.
func (p *process) call(t *testing.T, client *http.Client, n int) {
	t.Helper()
	for i := range n {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.controls+"faults", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatalf("call %d: %v", i+1, err)
		}
		_, err = io.Copy(io.Discard, response.Body)
		if err := errors.Join(err, response.Body.Close()); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("call %d: got %d, %v", i+1, response.StatusCode, err)
		}
	}
}

// terminate ends the process as a service manager does, and fails the test unless it ends well.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	if err := errors.Join(p.Process.Signal(syscall.SIGTERM), p.Wait()); err != nil {
		t.Error(err)
	}
}

// A sandbox serves and ends while its output has no reader, or when its reader is gone. A reader that comes back learns how many
// lines are missing.
func TestSandbox_UnreadOutput(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals here")
	}
	if written := os.Getenv(sandboxOfChild); written != "" {
		runAsChild(t, written)
	}
	client := &http.Client{Transport: &http.Transport{DialContext: new(net.Dialer).DialContext}}
	defer client.CloseIdleConnections()
	for _, format := range []string{"--json=true", "--json=false"} {
		t.Run("not read, "+format, func(t *testing.T) {
			ready := filepath.Join(t.TempDir(), "ready.json")
			p := spawn(t, format, "--ready-file", ready)
			p.call(t, client, 1000)
			p.terminate(t)
			assertGone(t, ready)
		})
		t.Run("closed, "+format, func(t *testing.T) {
			ready := filepath.Join(t.TempDir(), "ready.json")
			p := spawn(t, format, "--ready-file", ready)
			if err := p.out.Close(); err != nil {
				t.Fatal(err)
			}
			p.call(t, client, 10)
			p.terminate(t)
			assertGone(t, ready)
		})
	}
	t.Run("read late", func(t *testing.T) {
		const calls = 6000
		p := spawn(t, "--json")
		p.call(t, client, calls)
		written, missing := 0, 0
		for written+missing < calls && p.lines.Scan() {
			var line struct {
				Path, Msg string
				Missing   int
			}
			if err := json.Unmarshal(p.lines.Bytes(), &line); err != nil {
				t.Fatalf("%v: %s", err, p.lines.Text())
			}
			if line.Path != "" {
				written++
			}
			missing += line.Missing
		}
		if missing == 0 || written+missing != calls {
			t.Errorf("got %d lines, %d missing, %v; want %d in all", written, missing, p.lines.Err(), calls)
		}
		p.terminate(t)
	})
}

// runAsChild is a sandbox that ends with its process.
func runAsChild(t *testing.T, written string) {
	var flags []string
	if err := json.Unmarshal([]byte(written), &flags); err != nil {
		t.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGTERM)
	code := command.Run(ctx, flags, strings.NewReader(""), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func assertGone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the ready file is left: %v", err)
	}
}
