package vingd

import (
	"context"
	"sync"
	"time"
)

// deadlines ends the calls of a client that take too long, all of them by one timer. Each call may take equally long, so the
// calls end in the order in which they began, and the timer waits for the oldest. A timer for each call costs more than the rest
// of the client's own work for it: the runtime wakes a thread for it.
type deadlines struct {
	after time.Duration

	mu             sync.Mutex
	oldest, newest *deadline
	timer          *time.Timer // set to the deadline of the oldest call, or to an earlier time
	set            bool
}

// A deadline is the context of one call.
type deadline struct {
	context.Context // ended by cancel
	cancel          context.CancelCauseFunc
	at              time.Time

	all          *deadlines
	older, newer *deadline
	removed      bool
}

// begin returns the context of a call that begins. The caller must end it.
func (d *deadlines) begin(ctx context.Context) *deadline {
	ctx, cancel := context.WithCancelCause(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	call := &deadline{Context: ctx, cancel: cancel, at: time.Now().Add(d.after), all: d, older: d.newest}
	if d.newest == nil {
		d.oldest = call
	} else {
		d.newest.newer = call
	}
	d.newest = call
	switch {
	case d.set: // to the deadline of an older call
	case d.timer == nil:
		d.timer, d.set = time.AfterFunc(d.after, d.expire), true
	default:
		d.timer.Reset(d.after)
		d.set = true
	}
	return call
}

// end ends the context of a call that is over.
func (c *deadline) end() {
	c.all.mu.Lock()
	c.all.remove(c)
	c.all.mu.Unlock()
	c.cancel(nil)
}

// Deadline returns when the call ends by itself.
func (c *deadline) Deadline() (at time.Time, ok bool) {
	if at, ok := c.Context.Deadline(); ok && at.Before(c.at) {
		return at, true
	}
	return c.at, true
}

// expire ends the calls whose deadline has come, and sets the timer to the next one.
func (d *deadlines) expire() {
	d.mu.Lock()
	now := time.Now()
	var late []*deadline
	for d.oldest != nil && !d.oldest.at.After(now) {
		late = append(late, d.oldest)
		d.remove(d.oldest)
	}
	if d.set = d.oldest != nil; d.set {
		d.timer.Reset(d.oldest.at.Sub(now))
	}
	d.mu.Unlock()
	for _, call := range late {
		call.cancel(&timeoutError{d.after})
	}
}

// remove takes a call out of the list, unless it is out.
func (d *deadlines) remove(c *deadline) {
	if c.removed {
		return
	}
	c.removed = true
	if c.older == nil {
		d.oldest = c.newer
	} else {
		c.older.newer = c.newer
	}
	if c.newer == nil {
		d.newest = c.older
	} else {
		c.newer.older = c.older
	}
	c.older, c.newer = nil, nil
}
