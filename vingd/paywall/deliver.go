package paywall

import (
	"context"
	"errors"
	"net/http"
	"sync"
)

var errLapsed = errors.New("the reservation is over")

// deliveries are the purchases that are being served.
type deliveries struct {
	mu sync.Mutex
	of map[Key]*delivery
}

// A delivery is what this process is serving of one purchase, to one request or to several at once.
type delivery struct {
	users int // guarded by deliveries.mu

	mu      sync.Mutex
	serving int
	// done says that one was served to its end; moved, that it was this delivery that made the purchase due.
	done, moved bool
}

func newDeliveries() deliveries { return deliveries{of: make(map[Key]*delivery)} }

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

// deliver serves what a purchase bought, and has it committed if it was served.
// secret says that the request's address holds a token.
func (p *Paywall) deliver(w http.ResponseWriter, r *http.Request, entry Entry, content http.Handler, secret bool) {
	one := p.deliveries.enter(entry.Key)
	defer p.deliveries.leave(entry.Key, one)
	ctx := r.Context()
	m := &meter{ResponseWriter: w, secret: secret}
	m.begin = func() error { return p.begin(ctx, one, entry.Key) }
	m.refuse = func(err error) { p.fail(w, r, failureOf(err), err) }
	served := false
	defer func() { // also when content panics
		if m.begun {
			p.finish(ctx, one, entry, served)
		}
	}()
	content.ServeHTTP(m, r)
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
	ctx, cancel := p.lasting(ctx)
	defer cancel()
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
	entry.State = Verified
	if err := p.write(ctx, Due, entry); err != nil {
		p.log(entry).Error("paywall: a purchase stays due that was not served", "error", err)
	}
	one.moved = false
}

// delivered has a purchase committed that was served to its end, and sees to it that its token buys no more.
func (p *Paywall) delivered(ctx context.Context, key Key) {
	entry, err := p.options.Journal.Find(ctx, key)
	switch {
	case err != nil:
		p.log(entry).Error("paywall: a purchase that was served is not committed before a restart", "error", journalError(err))
	case entry.State == Due:
		p.commit(entry, true)
	case entry.State == Committed && !entry.Delivered:
		p.markDelivered(ctx, entry)
	}
}

// markDelivered puts into the journal that a committed purchase was served.
func (p *Paywall) markDelivered(ctx context.Context, entry Entry) {
	entry.Delivered = true
	if err := p.write(ctx, Committed, entry); err != nil {
		p.log(entry).Error("paywall: a token can be used again", "error", err)
	}
}
