package batch

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

const (
	firstGap = time.Second
	mostGap  = time.Minute
	// mostLimited is for how long a run goes on while a rate limit refuses its calls, and none is done.
	mostLimited = 20 * time.Minute
)

// isLimited reports whether a rate limit refused a call. It is the broker's, or a proxy's, which may say by status 503 what the broker
// says by 429. The broker's own 503 is no limit.
func isLimited(err error) bool {
	var failed *vingd.Error
	if !errors.As(err, &failed) {
		return false
	}
	return failed.Status == http.StatusTooManyRequests ||
		failed.Status == http.StatusServiceUnavailable && failed.Outcome == vingd.OutcomeUnknown
}

// retryAfter returns the wait that the response to a failed call asks for, or 0.
func retryAfter(err error) time.Duration {
	var failed *vingd.Error
	if errors.As(err, &failed) {
		return min(failed.RetryAfter, mostLimited)
	}
	return 0
}

// A pace keeps the calls of all workers apart while a rate limit refuses some. A refusal doubles the time between two calls,
// and each row that is done shortens it.
type pace struct {
	turn chan struct{} // holds a value while a worker waits for its turn

	mu      sync.Mutex
	gap     time.Duration // between two calls; zero without a limit
	next    time.Time     // the earliest time of the next call
	slowed  time.Time     // when gap grew
	limited time.Time     // of the first refusal since a row was done; zero without one
}

// wait waits for a call's turn, and reports false if the run ends first.
func (p *pace) wait(ctx context.Context, stop <-chan struct{}) bool {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-stop:
		return false
	case <-ctx.Done():
		return false
	}
	for {
		p.mu.Lock()
		left := time.Until(p.next)
		if left <= 0 {
			p.next = time.Now().Add(p.gap)
		}
		p.mu.Unlock()
		if left <= 0 {
			return ctx.Err() == nil
		}
		if !sleep(ctx, stop, left) {
			return false
		}
	}
}

// sleep waits, and reports false if the context or the run ends first.
func sleep(ctx context.Context, stop <-chan struct{}, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stop:
		return false
	case <-ctx.Done():
		return false
	}
}

// refused slows the calls down after one that a limit refused. It reports whether the run must no longer wait.
func (p *pace) refused(sent time.Time, err error) (over bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.limited.IsZero() {
		p.limited = now
	}
	if !sent.Before(p.slowed) { // otherwise it was in flight when another one was refused
		p.gap = min(max(2*p.gap, firstGap/10), mostGap)
		if p.slowed.IsZero() {
			p.gap = firstGap
		}
		p.slowed = now
	}
	p.delay(max(p.gap, retryAfter(err)))
	return now.Sub(p.limited) > mostLimited
}

// rest lets no call follow look-ups at once, because they count for the limit too.
func (p *pace) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay(p.gap)
}

// delay lets no call begin within a time from now. The caller holds the mutex.
func (p *pace) delay(wait time.Duration) {
	if next := time.Now().Add(wait + rand.N(max(p.gap, 1))); next.After(p.next) { //nolint:gosec // jitter needs no secrecy
		p.next = next
	}
}

// passed lets the calls follow each other faster, after a row is done.
func (p *pace) passed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limited = time.Time{}
	if p.gap -= p.gap / 16; p.gap < time.Millisecond {
		p.gap = 0
	}
}

// patiently calls read again while a rate limit refuses it.
func patiently(ctx context.Context, read func() error) error {
	for begun, gap := time.Now(), firstGap; ; gap = min(2*gap, mostGap) {
		err := read()
		var failed *vingd.Error
		if !errors.As(err, &failed) || failed.Status != http.StatusTooManyRequests || time.Since(begun) > mostLimited {
			return err
		}
		if !sleep(ctx, nil, max(gap+rand.N(gap), retryAfter(err))) { //nolint:gosec // jitter needs no secrecy
			return errors.Join(context.Cause(ctx), err)
		}
	}
}
