package vingd

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// How long to wait before a call is repeated: a random time below firstWait doubled each time, up to mostWait.
// A broker that wishes for longer gets it, up to mostRetryAfter, and up to a quarter or mostSpread more, so that the clients that it
// turned away together do not come back together.
const (
	firstWait      = 200 * time.Millisecond
	mostWait       = 5 * time.Second
	mostRetryAfter = time.Minute
	mostSpread     = 5 * time.Second
)

// repeat does one attempt after the other, until one succeeds or none may follow. ctx ends it at any point. left returns how much
// time there still is.
func (c *Client) repeat(ctx context.Context, op operation, left func() time.Duration, attempt func() *Error) error {
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
		if n >= c.optionsOf(ctx).retries || !op.repeatable(failed) || failed.retryAfter > mostRetryAfter || wait >= left() || !c.budget.spend(op) {
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
	wait := rand.N(min(firstWait<<min(n, 16), mostWait)) //nolint:gosec // jitter needs no secrecy
	if spread := min(retryAfter/4, mostSpread); spread > 0 {
		retryAfter += rand.N(spread) //nolint:gosec // see above
	}
	return max(wait, retryAfter)
}

// untilDeadline returns how long ctx leaves.
func untilDeadline(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return time.Until(deadline)
	}
	return math.MaxInt64
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

const (
	// budgetTenths is how much a budget holds, in tenths of a repetition.
	budgetTenths = 100
	// reservedTenths is how much of it is not for reads. A commit that is not repeated costs the seller the price.
	reservedTenths = 30
)

func newBudget() *budget { return &budget{tenths: budgetTenths} }

// earn books a call that succeeded.
func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tenths = min(b.tenths+1, budgetTenths)
}

// spend takes one repetition of an operation, if there is one left for it.
func (b *budget) spend(op operation) bool {
	least := 10
	if op.effect == reads {
		least += reservedTenths
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tenths < least {
		return false
	}
	b.tenths -= 10
	return true
}
