package paywall

import (
	"context"
	"sync"
	"time"
)

// tasks are the goroutines that outlive a request.
type tasks struct {
	life    context.Context // of the tasks
	end     context.CancelFunc
	closing chan struct{} // closed when no more are started

	mu      sync.Mutex // guards closed, cut, and adding to running
	closed  bool
	cut     string // the work that has failed because life has ended
	running sync.WaitGroup
}

func (t *tasks) begin() {
	t.life, t.end = context.WithCancel(context.Background())
	t.closing = make(chan struct{})
}

// start runs a task. It reports false after close.
func (t *tasks) start(task func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.running.Go(task)
	return true
}

// isClosing reports whether no more tasks are started.
func (t *tasks) isClosing() bool {
	select {
	case <-t.closing:
		return true
	default:
		return false
	}
}

// cutOff reports whether what has failed was cut off by the end of the tasks, and notes it.
func (t *tasks) cutOff(what string) bool {
	if t.life.Err() == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cut = what
	return true
}

// wasCut returns what was cut off, or an empty string.
func (t *tasks) wasCut() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cut
}

// attach returns a context with the values of another one, such as its trace, that ends with the tasks.
func (t *tasks) attach(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(t.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// close waits for the tasks while ctx lives, and ends them then.
func (t *tasks) close(ctx context.Context) error {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		close(t.closing)
	}
	t.mu.Unlock()
	defer t.end()
	ended := make(chan struct{})
	go func() {
		t.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		t.end()
		<-ended
		return context.Cause(ctx)
	}
}

// detach returns a context for what must be written though the buyer has left, for so long at most.
func (p *Paywall) detach(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), most)
}
