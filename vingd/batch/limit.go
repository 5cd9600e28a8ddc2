package batch

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A limit is how long a row has waited for a rate limit.
type limit struct {
	since time.Time // of the first refusal
	pause time.Duration
}

const (
	firstPause = time.Second
	mostPause  = time.Minute
	// mostLimited is for how long a run sends rows again that a rate limit refuses, while none is done.
	mostLimited = 20 * time.Minute
)

// isLimited reports whether a row was refused for now: it was certainly not done, and can be sent again later.
func isLimited(err error) bool {
	var failed *vingd.Error
	return errors.As(err, &failed) && failed.Status == http.StatusTooManyRequests && failed.Outcome == vingd.OutcomeNotDone
}

// isOver reports whether the row has waited for too long. It may wait while the limit lets other rows pass.
func (r *run) isOver(l *limit) bool {
	r.job.mu.Lock()
	defer r.job.mu.Unlock()
	return !l.since.IsZero() && time.Since(l.since) > mostLimited && time.Since(r.latest) > mostLimited
}

// next returns how long to wait before the row is sent again.
func (l *limit) next() time.Duration {
	if l.since.IsZero() {
		l.since, l.pause = time.Now(), firstPause
	}
	pause := l.pause/2 + rand.N(l.pause) //nolint:gosec // jitter needs no secrecy
	l.pause = min(2*l.pause, mostPause)
	return pause
}

// wait waits before a row is sent again, and reports false if the run ends first.
func (r *run) wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.stop:
		return false
	case <-ctx.Done():
		return false
	}
}
