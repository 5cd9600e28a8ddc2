package vingd

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// The waits between attempts. Each is random, below baseDelay at first and below twice as much each time, up to maxDelay. A
// Retry-After up to maxRetryAfter makes it longer. Then up to a quarter more, maxSpread at most, is added at random, so that
// clients that the broker refused together do not return together.
const (
	baseDelay     = 200 * time.Millisecond
	maxDelay      = 5 * time.Second
	maxRetryAfter = time.Minute
	maxSpread     = 5 * time.Second
)

// withRetries makes attempts until one succeeds or no more may follow. ctx ends it at any time. left returns how much time
// is left.
func (c *Client) withRetries(ctx context.Context, op operation, left func() time.Duration, attempt func() *Error) error {
	options, unknown := c.optionsOf(ctx), false // unknown is whether an earlier attempt may have been done
	for n := 0; ; n++ {
		failed := attempt()
		if failed == nil {
			options.budget.refill()
			return nil
		}
		unknown = unknown || failed.Outcome == OutcomeUnknown
		if unknown {
			failed.Outcome = OutcomeUnknown // a later refusal does not undo an earlier attempt
		}
		wait := backoff(n, failed.RetryAfter)
		if n >= options.retries || !op.isRetryable(failed) || failed.RetryAfter > maxRetryAfter || wait >= left() || !options.budget.take(op) {
			return failed
		}
		if err := sleep(ctx, wait); err != nil {
			failed.cause = errors.Join(endOf(ctx), failed.cause)
			return failed
		}
	}
}

// isRetryable reports whether an operation may be retried after a failure.
func (op operation) isRetryable(failed *Error) bool {
	return failed.transient && (op.kind != unsafe || failed.Outcome == OutcomeNotDone)
}

// backoff returns how long to wait after attempt n, counted from 0.
func backoff(n int, retryAfter time.Duration) time.Duration {
	wait := rand.N(min(baseDelay<<min(n, 16), maxDelay)) //nolint:gosec // jitter needs no secrecy
	if spread := min(retryAfter/4, maxSpread); spread > 0 {
		retryAfter += rand.N(spread) //nolint:gosec // see above
	}
	return max(wait, retryAfter)
}

// untilDeadline returns how much time is left until the deadline of ctx.
func untilDeadline(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return time.Until(deadline)
	}
	return math.MaxInt64
}

// sleep waits for d. If ctx ends first, it returns the error of ctx.
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

// budget limits the retries of a client, so that many clients do not overload a failing broker. After the first ten retries,
// ten calls that succeed earn one more. A nil budget has no limit.
type budget struct {
	mu     sync.Mutex
	tenths int
}

const (
	// budgetTenths is the size of a budget, in tenths of a retry.
	budgetTenths = 100
	// reservedTenths is the part that safe operations may not use. The seller loses the price if a commit is not retried.
	reservedTenths = 30
)

func newBudget() *budget { return &budget{tenths: budgetTenths} }

// refill adds the tenth of a retry for a call that succeeded.
func (b *budget) refill() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tenths = min(b.tenths+1, budgetTenths)
}

// take takes one retry for an operation. It reports whether there was one.
func (b *budget) take(op operation) bool {
	if b == nil {
		return true
	}
	needed := 10
	if op.kind == safe {
		needed += reservedTenths
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tenths < needed {
		return false
	}
	b.tenths -= 10
	return true
}
