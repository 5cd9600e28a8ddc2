package batch

import (
	"context"
	"errors"
	"math/bits"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

const (
	firstGap = time.Second
	mostGap  = time.Minute
	// manyRefusals is how many of eight calls a limit refuses before it slows the run down. A broker may refuse a few at random.
	manyRefusals = 3
	// mostLimited is for how long a run goes on while a rate limit refuses its calls, and none is done.
	mostLimited = 20 * time.Minute
)

// isLimited reports whether a rate limit refused a call. It is the broker's, or a proxy's. A proxy may say by status 503 what the
// broker says by 429. The broker's own 503, which has its words, is no limit.
func isLimited(err error) bool {
	var failed *vingd.Error
	if !errors.As(err, &failed) {
		return false
	}
	return failed.Status == http.StatusTooManyRequests || failed.Status == http.StatusServiceUnavailable && failed.Context == ""
}

// retryAfter returns the wait that the response to a failed call asks for, or 0.
func retryAfter(err error) time.Duration {
	var failed *vingd.Error
	if errors.As(err, &failed) {
		return failed.RetryAfter
	}
	return 0
}

// A pace keeps the calls of all workers apart while a rate limit refuses many. That doubles the time between two calls, and each
// row that is done shortens it.
type pace struct {
	turn chan struct{} // holds a value while a worker has the turn

	mu      sync.Mutex
	gap     time.Duration // between two calls; zero without a limit
	next    time.Time     // the earliest time of the next call
	recent  uint8         // the last calls, a bit each: whether a limit refused it; none since gap grew
	limited time.Time     // of the first refusal since a row was done; zero without one
	refusal error         // the last one
}

// take waits for the turn, until a call may be made, and takes it. It reports false if the run ends first.
func (p *pace) take(ctx context.Context, stop <-chan struct{}) bool {
	select {
	case p.turn <- struct{}{}:
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
		if left <= 0 && ctx.Err() == nil {
			return true
		}
		if !sleep(ctx, stop, left) {
			p.give()
			return false
		}
	}
}

// isSlow reports whether a rate limit keeps the calls apart.
func (p *pace) isSlow() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gap > 0
}

// give gives the turn to the next worker.
func (p *pace) give() { <-p.turn }

// sleep waits, and reports false if the context or the run ends first.
func sleep(ctx context.Context, stop <-chan struct{}, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-stop:
		return false
	case <-ctx.Done():
		return false
	}
}

// refused slows the calls down if many were refused. It returns how long the row must wait by itself.
func (p *pace) refused(err error) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.refusal = notDone(err); p.limited.IsZero() {
		p.limited = now
	}
	if p.recent = p.recent<<1 | 1; bits.OnesCount8(p.recent) >= manyRefusals {
		p.recent, p.gap = 0, min(max(2*p.gap, firstGap), mostGap)
	}
	wait = min(retryAfter(err), mostLimited-now.Sub(p.limited))
	if p.gap == 0 {
		return max(wait, firstGap/2+rand.N(firstGap)) //nolint:gosec // jitter needs no secrecy
	}
	p.delay(max(p.gap, wait))
	return 0
}

// over returns the last refusal if no row was done for too long since the first one.
func (p *pace) over() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.limited.IsZero() || time.Since(p.limited) < mostLimited {
		return nil
	}
	return p.refusal
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
	p.limited, p.recent = time.Time{}, p.recent<<1
	if p.gap -= p.gap / 32; p.gap < time.Millisecond {
		p.gap = 0
	}
}

// Waits are for how long a read is repeated that was refused by a status.
type waits map[int]time.Duration

var (
	// limitWaits are those of a rate limit. A status 503 is more likely that of a broker that is away.
	limitWaits = waits{http.StatusTooManyRequests: mostLimited, http.StatusServiceUnavailable: mostUnavailable}
	awayWaits  = waits{http.StatusServiceUnavailable: mostUnavailable}
)

const mostUnavailable = time.Minute

// patiently calls read again while the broker or a proxy refuses it for now.
func (w waits) patiently(ctx context.Context, read func() error) error {
	for begun, gap := time.Now(), firstGap; ; gap = min(2*gap, mostGap) {
		err := read()
		var failed *vingd.Error
		if !errors.As(err, &failed) || !isLimited(err) || time.Since(begun) >= w[failed.Status] {
			return err
		}
		left := w[failed.Status] - time.Since(begun)
		if !sleep(ctx, nil, min(left, max(gap+rand.N(gap), retryAfter(err)))) { //nolint:gosec // jitter needs no secrecy
			return errors.Join(context.Cause(ctx), err)
		}
	}
}
