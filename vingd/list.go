package vingd

import (
	"context"
	"io"
	"iter"
	"reflect"
	"slices"
	"time"

	"github.com/vingd/vingd-api-go/internal/jsonread"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// stream returns the rows of a list, decoded one by one while they arrive. Each use of the sequence makes a call, and relative
// times of the filter count from that call. The client retries a call that fails before its first row.
func stream[T, F, W any, D decoder[W]](ctx context.Context, c *Client, op operation, requestFor func(F) (rest.Request, error),
	filter F, convert func(*W) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var w W
		req, err := requestFor(filter)
		if err != nil {
			yield(*new(T), err)
			return
		}
		yielded := false
		handler := rowHandler{
			restart: func() bool { return !yielded },
			row: func(r *jsonread.Reader) (more bool) {
				if D(&w).Decode(r); r.Err() != nil {
					return true
				}
				yielded = true
				return yield(convert(&w), nil)
			},
		}
		if err := c.list(ctx, op, req, handler); err != nil { // not after yield returned false
			yield(*new(T), err)
		}
	}
}

// list returns the rows of a list of maxList bytes at most.
func list[T, F, W any, D decoder[W]](ctx context.Context, c *Client, op operation, requestFor func(F) (rest.Request, error),
	filter F, convert func(*W) T) ([]T, error) {
	req, err := requestFor(filter)
	if err != nil {
		return nil, err
	}
	var w W
	rows := []T{}
	handler := rowHandler{
		limit:   maxList,
		expect:  func(n int) { rows = slices.Grow(rows, n) },
		size:    int(reflect.TypeFor[T]().Size()),
		restart: func() bool { rows = rows[:0]; return true },
		row: func(r *jsonread.Reader) (more bool) {
			if D(&w).Decode(r); r.Err() == nil {
				rows = append(rows, convert(&w))
			}
			return true
		},
	}
	if err := c.list(ctx, op, req, handler); err != nil {
		return nil, err
	}
	return rows, nil
}

// rowHandler handles the rows of a list.
type rowHandler struct {
	limit   int                         // of the bytes of the list, on the wire and in memory; 0 is no limit
	size    int                         // of a row in memory, in bytes
	expect  func(int)                   // is called with the number of rows, if it can be estimated; optional
	restart func() bool                 // reports whether the list may begin again
	row     func(*jsonread.Reader) bool // takes a row, unless the reader fails, and reports whether it wants more
}

// list does a call whose response is a list.
func (c *Client) list(ctx context.Context, op operation, req rest.Request, handler rowHandler) error {
	op = op.of(req)
	if ctx == nil {
		return noContext(op)
	}
	idle := startIdleTimer(ctx, c.optionsOf(ctx).deadlines.after)
	defer idle.stop()
	return c.withRetries(idle.ctx, op, idle.left, func() *Error {
		defer idle.resume() // the wait before another attempt counts, too
		resp, failed := c.send(idle.ctx, op, req, &connTrace{end: idle.cancel})
		if failed != nil {
			return failed
		}
		defer func() { _ = resp.Body.Close() }()
		if !isSuccess(resp.StatusCode) { // it is no list, and one wait
			var b responseBuffer
			if err := b.readFrom(resp.Body); err != nil {
				return c.truncated(op, resp, err)
			}
			return c.readResponse(op, resp, &b, nil)
		}
		resp.Body = idle.body(resp.Body)
		failed = c.readList(op, resp, handler, idle.reset)
		if failed != nil && !handler.restart() {
			failed.transient = false
		}
		return failed
	})
}

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
