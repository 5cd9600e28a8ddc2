package vingd

import (
	"context"
	"io"
	"time"
)

// idleTimer ends the request of a list whose next row takes too long. It counts the waits for the broker, those between
// attempts among them, but not the time in which the caller uses the rows.
type idleTimer struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	limit  time.Duration
	waited time.Duration // since the last row, without the wait that is going on
	since  time.Time     // the beginning of the wait that is going on, zero if none is
}

// startIdleTimer starts to wait for the first row.
func startIdleTimer(ctx context.Context, limit time.Duration) *idleTimer {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(limit, func() { cancel(&timeoutError{limit}) })
	return &idleTimer{ctx: ctx, cancel: cancel, timer: timer, limit: limit, since: time.Now()}
}

// body returns body with each Read timed as a wait.
func (t *idleTimer) body(body io.ReadCloser) io.ReadCloser {
	t.pause()
	return &timedBody{body, t}
}

func (t *idleTimer) pause() {
	if !t.since.IsZero() {
		t.timer.Stop()
		t.waited, t.since = t.waited+time.Since(t.since), time.Time{}
	}
}

func (t *idleTimer) resume() {
	if t.since.IsZero() {
		t.since = time.Now()
		t.timer.Reset(t.limit - t.waited)
	}
}

// reset begins to wait for another row. It must be called while t is paused.
func (t *idleTimer) reset() { t.waited = 0 }

// left returns how long t waits at most from now on.
func (t *idleTimer) left() time.Duration {
	left := t.limit - t.waited
	if !t.since.IsZero() {
		left -= time.Since(t.since)
	}
	return min(left, untilDeadline(t.ctx))
}

// stop stops waiting, and ends the request.
func (t *idleTimer) stop() {
	t.timer.Stop()
	t.cancel(nil)
}

type timedBody struct {
	io.ReadCloser
	timer *idleTimer
}

func (b *timedBody) Read(buf []byte) (int, error) {
	b.timer.resume()
	defer b.timer.pause()
	return b.ReadCloser.Read(buf)
}
