package vingd

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// How long to wait before a call is repeated: a random time below firstWait doubled each time, up to mostWait.
// A broker that wishes for longer gets it, up to mostRetryAfter.
const (
	firstWait      = 200 * time.Millisecond
	mostWait       = 5 * time.Second
	mostRetryAfter = time.Minute
)

// repeat does one attempt after the other, until one succeeds or none may follow. ctx ends it at any point.
func (c *Client) repeat(ctx context.Context, op operation, attempt func() *Error) error {
	unknown := false // whether an attempt before may have done it
	for n := 0; ; n++ {
		failed := attempt()
		if failed == nil {
			c.budget.earn()
			return nil
		}
		unknown = unknown || failed.Outcome == OutcomeUnknown
		if unknown {
			failed.Outcome = OutcomeUnknown // a later refusal does not undo it
		}
		wait := backoff(n, failed.retryAfter)
		if n >= c.optionsOf(ctx).retries || !op.repeatable(failed) || !fits(ctx, wait) || !c.budget.spend() {
			return failed
		}
		if err := sleep(ctx, wait); err != nil {
			failed.cause = errors.Join(endOf(ctx), failed.cause)
			return failed
		}
	}
}

// repeatable reports whether an operation may be done again after it failed so.
func (op operation) repeatable(failed *Error) bool {
	return failed.transient && (op.effect != acts || failed.Outcome == OutcomeNotDone)
}

// backoff returns how long to wait after the nth attempt, counted from 0.
func backoff(n int, retryAfter time.Duration) time.Duration {
	most := min(firstWait<<min(n, 16), mostWait)
	return max(rand.N(most), retryAfter) //nolint:gosec // jitter needs no secrecy
}

// fits reports whether there is time to wait, and the wait is one worth waiting for.
func fits(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return wait <= mostRetryAfter && (!ok || time.Until(deadline) > wait)
}

// sleep waits, or returns why ctx ended.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// budget keeps a client whose broker fails from becoming a storm: beyond the first few, there is one repetition for
// every ten calls that succeed.
type budget struct {
	mu     sync.Mutex
	tenths int
}

// budgetTenths is how much a budget holds, in tenths of a repetition.
const budgetTenths = 100

func newBudget() *budget { return &budget{tenths: budgetTenths} }

// earn books a call that succeeded.
func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tenths = min(b.tenths+1, budgetTenths)
}

// spend takes one repetition, if there is one left.
func (b *budget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tenths < 10 {
		return false
	}
	b.tenths -= 10
	return true
}
