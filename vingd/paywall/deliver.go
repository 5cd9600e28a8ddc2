package paywall

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"sync"
	"time"
)

var errLapsed = errors.New("the reservation is over")

// deliveries are the purchases that are being served.
type deliveries struct {
	mu sync.Mutex
	of map[Key]*delivery
	// done are those that were served to their end, which the journal does not say yet.
	done map[Key]bool
}

// A delivery is what this process is serving of one purchase, to one request or to several at once.
type delivery struct {
	users int // guarded by deliveries.mu

	mu      sync.Mutex
	serving int
	// done says that one was served to its end; moved, that it was this delivery that made the purchase due.
	done, moved bool
}

func newDeliveries() deliveries {
	return deliveries{of: make(map[Key]*delivery), done: make(map[Key]bool)}
}

func (d *deliveries) enter(key Key) *delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	one := d.of[key]
	if one == nil {
		one = new(delivery)
		d.of[key] = one
	}
	one.users++
	return one
}

func (d *deliveries) leave(key Key, one *delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if one.users--; one.users == 0 {
		delete(d.of, key)
	}
}

// served reports whether a purchase was served to its end, as this process knows and the journal does not yet.
func (d *deliveries) served(key Key) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done[key]
}

// remember reports whether it is the first to say that a purchase was served.
func (d *deliveries) remember(key Key) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	first := !d.done[key]
	d.done[key] = true
	return first
}

func (d *deliveries) forget(key Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.done, key)
}

// deliver serves what a purchase bought, and has it committed if it was served.
// secret says that the request's address holds a token.
func (p *Paywall) deliver(w http.ResponseWriter, r *http.Request, entry Entry, content http.Handler, secret bool) {
	one := p.deliveries.enter(entry.Key)
	defer p.deliveries.leave(entry.Key, one)
	ctx := r.Context()
	m := &meter{ResponseWriter: w, secret: secret}
	m.begin = func() error { return p.begin(ctx, one, entry.Key) }
	before := w.Header().Clone()
	m.refuse = func(err error) {
		clear(w.Header()) // of what the content set, not of what those around the paywall did
		maps.Copy(w.Header(), before)
		p.fail(w, r, failureOf(err), err)
	}
	served := false
	defer func() { // also when content panics
		if m.begun {
			p.finish(ctx, one, entry, served)
		}
	}()
	content.ServeHTTP(m, bought(r, entry))
	served = m.complete() && ctx.Err() == nil
}

// begin makes a purchase due before its first byte goes out.
func (p *Paywall) begin(ctx context.Context, one *delivery, key Key) error {
	one.mu.Lock()
	defer one.mu.Unlock()
	ctx, cancel := p.lasting(ctx)
	defer cancel()
	entry, err := p.options.Journal.Find(ctx, key)
	if err != nil {
		return journalError(err)
	}
	if !p.serves(entry) {
		return errLapsed
	}
	if entry.State == Verified {
		entry.State = Due
		if err := p.write(ctx, Verified, entry); err != nil {
			return err
		}
		one.moved = true
	}
	one.serving++
	return nil
}

// finish has a purchase committed that was served, or makes it one that is not due where nothing of it was.
func (p *Paywall) finish(ctx context.Context, one *delivery, entry Entry, served bool) {
	one.mu.Lock()
	defer one.mu.Unlock()
	one.serving--
	if served {
		one.done = true
		p.delivered(ctx, entry.Key)
		return
	}
	p.log(entry).Warn("paywall: serving failed; the buyer can reload")
	if one.serving > 0 || one.done || !one.moved {
		return
	}
	ctx, cancel := p.lasting(ctx)
	defer cancel()
	entry.State = Verified
	if err := p.write(ctx, Due, entry); err != nil {
		p.log(entry).Error("paywall: a purchase stays due that was not served", "error", err)
	}
	one.moved = false
}

// delivered has a purchase committed that was served to its end, and sees to it that its token buys no more: in this
// process at once, and by the journal when the answer is certainly out. Until then a crash can still cut it off.
func (p *Paywall) delivered(ctx context.Context, key Key) {
	if !p.deliveries.remember(key) {
		return // it is under way
	}
	ctx, cancel := p.lasting(ctx)
	defer cancel()
	entry, err := p.options.Journal.Find(ctx, key)
	if err != nil {
		p.options.Logger.Error("paywall: a purchase that was served is committed after a restart only", "error", journalError(err))
		return
	}
	var committed *commit
	if entry.State == Due {
		committed = p.commit(ctx, entry)
	}
	p.tasks.start(func() {
		defer p.deliveries.forget(key)
		if committed != nil {
			select {
			case <-committed.over:
			case <-p.tasks.life.Done():
			}
		}
		p.outlastAnswer()
		if err := p.markDelivered(key); err != nil {
			p.log(entry).Error("paywall: the journal lacks that a purchase was served", "error", journalError(err))
		}
	})
}

// outlastAnswer waits until an answer whose last byte was written is out, its end included.
func (p *Paywall) outlastAnswer() {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.tasks.closing: // after the server
	}
}

// markDelivered puts into the journal that a committed purchase was served.
func (p *Paywall) markDelivered(key Key) error {
	ctx, cancel := p.lasting(p.tasks.life)
	defer cancel()
	entry, err := p.options.Journal.Find(ctx, key)
	if err != nil || entry.State != Committed || entry.Delivered {
		return err
	}
	entry.Delivered = true
	_, err = p.options.Journal.Swap(ctx, Committed, entry)
	return err
}
