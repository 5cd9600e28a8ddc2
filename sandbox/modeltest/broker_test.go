package modeltest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
)

const childFile = "VINGD_MODEL_CHILD"

// start is the time at which the clock of the sandbox stands, until a control moves it.
var start = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)

// password is the SHA-1 of the password 123, as every client sends it.
const password = "40bd001563085fc35165329ea1ff5c5ecbdbbeef"

// fixtures are the sellers, buyers and goods with which each sandbox begins. The model begins with them too.
const fixtures = `{
	"sellers": [
		{"username": "b@example.com"},
		{"username": "c@example.com", "balance": 700},
		{"username": "clerk@example.com", "balance": 900, "flags": ["voucher.add", "voucher.get", "voucher.history"]},
		{"username": "guest@example.com", "balance": 300, "flags": []}
	],
	"buyers":  [{"name": "Ann", "balance": 1000}, {"name": "Bob", "balance": 50}, {"name": "Cid", "balance": 100000}],
	"objects": [{"description": {"name": "An essay", "url": "http://localhost:8000/essay"},
	             "orders": [{"price": 200, "context": "essay", "expires_in": "24h"}]}]
}`

// serve runs a sandbox on a data file until its input ends or it is killed. It prints its address.
func serve(file string) int {
	broker, err := sandbox.New(sandbox.Options{Data: file, Clock: sandbox.FixedClock(start), Fixtures: []byte(fixtures)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	server := &http.Server{Handler: broker.Handler(), ReadHeaderTimeout: time.Minute}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	fmt.Println(listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := broker.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// process is a sandbox in a process of its own, on a data file.
type process struct {
	ctx       context.Context // of the test
	dir, file string

	command *exec.Cmd
	stdin   io.Closer
	base    string
	// kept reuses connections. single makes one for each request, so that net/http never sends a request twice.
	kept, single *http.Client
}

func newProcess(t testing.TB) *process {
	t.Helper()
	dir := t.TempDir()
	p := &process{ctx: t.Context(), dir: dir, file: filepath.Join(dir, "sandbox.db")}
	t.Cleanup(func() {
		if p.command != nil {
			_ = p.kill()
		}
	})
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *process) start() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	command := exec.CommandContext(p.ctx, program)
	command.Env = append(os.Environ(), childFile+"="+p.file)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = command.Process.Kill()
		return errors.Join(fmt.Errorf("the sandbox did not start: %w", err), command.Wait())
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p.command, p.stdin, p.base = command, stdin, "http://"+strings.TrimSpace(address)
	p.kept = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, CheckRedirect: stay, Timeout: time.Minute}
	p.single = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: stay, Timeout: time.Minute}
	return nil
}

func (p *process) kill() error {
	p.kept.CloseIdleConnections()
	err := p.command.Process.Kill()
	_ = p.command.Wait()
	p.command = nil
	return err
}

func (p *process) stop() error {
	p.kept.CloseIdleConnections()
	_ = p.stdin.Close()
	err := p.command.Wait()
	p.command = nil
	return err
}

// save copies the data file of the running sandbox, and returns the copy.
func (p *process) save() (string, error) {
	dir, err := os.MkdirTemp(p.dir, "save")
	if err != nil {
		return "", err
	}
	to := filepath.Join(dir, "sandbox.db")
	return to, sandbox.SaveFile(p.file, to)
}
