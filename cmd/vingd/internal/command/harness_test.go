package command_test

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/command"
)

// run runs the command to its end.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errors output
	code = command.Run(t.Context(), args, strings.NewReader(""), &out, &errors)
	return code, out.String(), errors.String()
}

// A running is a sandbox that the command has started.
type running struct {
	stop   context.CancelFunc
	ended  chan int // its exit code
	stdout *output
	stderr *output
}

// start starts a sandbox, and returns when its screen is there.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &running{stop: stop, ended: make(chan int, 1), stdout: newOutput(), stderr: newOutput()}
	go func() {
		r.ended <- command.Run(ctx, append([]string{"sandbox"}, args...), strings.NewReader(""), r.stdout, r.stderr)
	}()
	select {
	case <-r.stdout.written:
	case code := <-r.ended:
		t.Fatalf("it ended with %d: %s", code, r.stderr)
	}
	t.Cleanup(stop)
	return r
}

// end stops the sandbox, and fails the test unless it ends well.
func (r *running) end(t *testing.T) {
	t.Helper()
	r.stop()
	if code := <-r.ended; code != 0 || !strings.HasSuffix(r.stdout.String(), "\nStopped.\n") {
		t.Errorf("it ended with %d, and said\n%s%s", code, r.stdout, r.stderr)
	}
}

// row returns what the screen has in a row.
func (r *running) row(t *testing.T, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(name) + ` +(.+)$`).FindStringSubmatch(r.stdout.String())
	if found == nil {
		t.Fatalf("the screen has no row %s:\n%s", name, r.stdout)
	}
	return found[1]
}

// An output is what a command prints, while it still runs.
type output struct {
	mu      sync.Mutex
	text    strings.Builder
	once    sync.Once
	written chan struct{} // closed by the first write
}

func newOutput() *output { return &output{written: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.written != nil {
		defer o.once.Do(func() { close(o.written) })
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
