package paywall

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// patience is how long the journal may take to write what must not be lost, whoever has gone meanwhile.
const patience = 10 * time.Second

var errClosed = errors.New("the paywall is closed")

// flights are the tokens that are being verified.
type flights struct {
	mu sync.Mutex
	of map[Key]*flight
}

// A flight is one verification, for whoever waits for it.
type flight struct {
	landed chan struct{} // closed when it is known how it went
	entry  Entry
	err    error
}

func newFlights() flights { return flights{of: make(map[Key]*flight)} }

// verified returns what became of a token: by the journal, else by having it verified, which happens once, whoever else
// comes with it, and goes on when who came with it first has gone.
func (p *Paywall) verified(ctx context.Context, callback vingd.Callback, offer Offer) (Entry, error) {
	key := keyOf(callback)
	p.flights.mu.Lock()
	f := p.flights.of[key]
	if f == nil {
		f = &flight{landed: make(chan struct{})}
		if !p.tasks.start(func() { p.fly(ctx, f, key, callback, offer) }) {
			p.flights.mu.Unlock()
			return Entry{}, errClosed
		}
		p.flights.of[key] = f
	}
	p.flights.mu.Unlock()
	select {
	case <-f.landed:
		return f.entry, f.err
	case <-ctx.Done():
		return Entry{}, ctx.Err()
	}
}

func (p *Paywall) fly(ctx context.Context, f *flight, key Key, callback vingd.Callback, offer Offer) {
	ctx, done := p.tasks.lend(ctx)
	defer done()
	f.entry, f.err = p.claim(ctx, key, callback)
	if f.err == nil && f.entry.State == Verified && !f.entry.Checked {
		f.entry, f.err = p.check(ctx, f.entry, offer)
	}
	p.flights.mu.Lock()
	delete(p.flights.of, key)
	p.flights.mu.Unlock()
	close(f.landed)
}

// claim returns a token's entry; for a token that nobody has come with, the one that verifying it makes.
func (p *Paywall) claim(ctx context.Context, key Key, callback vingd.Callback) (Entry, error) {
	entry, err := p.options.Journal.Find(ctx, key)
	if err != nil {
		return Entry{}, journalError(err)
	}
	if entry.State != Absent {
		return entry, nil
	}
	entry = Entry{Key: key, State: Claimed, Object: callback.Object, Until: p.now().Add(reservation)}
	claimed, err := p.options.Journal.Swap(ctx, Absent, entry)
	if err != nil {
		return Entry{}, journalError(err)
	}
	if !claimed { // by another process: its verdict is to come
		entry, err = p.options.Journal.Find(ctx, key)
		return entry, journalError(err)
	}
	purchase, err := p.client.Purchases.Verify(ctx, callback.Object, callback.Token)
	if err != nil {
		return p.unverified(entry, err)
	}
	entry.Order, entry.Purchase, entry.Transfer = purchase.Order, purchase.ID, purchase.Transfer
	entry.Buyer, entry.Context = purchase.Buyer, purchase.Context
	entry.State, entry.Until = Verified, p.now().Add(reservation)
	if purchase.Reclaimed {
		entry.State = Refused
	}
	p.log(entry).Info("paywall: verified")
	lasting, cancel := p.lasting(ctx)
	defer cancel()
	return entry, p.write(lasting, Claimed, entry)
}

// unverified puts into the journal that a verification failed: what was certainly not done may be done again.
func (p *Paywall) unverified(entry Entry, failed error) (Entry, error) {
	ctx, cancel := p.lasting(p.tasks.life)
	defer cancel()
	switch {
	case vingd.OutcomeOf(failed) != vingd.OutcomeNotDone:
		p.log(entry).Error("paywall: nobody knows whether a token was verified; its buyer is refunded", "error", failed)
		return entry, nil
	case errors.Is(failed, vingd.ErrForbidden), errors.Is(failed, vingd.ErrNotFound):
		p.log(entry).Warn("paywall: the broker refuses a token", "error", failed)
		entry.State = Refused
		return entry, p.write(ctx, Claimed, entry)
	default:
		entry.State = Absent
		return Entry{}, errors.Join(failed, p.write(ctx, Claimed, entry))
	}
}

// check finds out whether a purchase was made on the terms of the offer. Who paid by an order on others is not charged.
func (p *Paywall) check(ctx context.Context, entry Entry, offer Offer) (Entry, error) {
	t, err := p.termsOf(ctx, entry.Order)
	if err != nil {
		return Entry{}, err
	}
	entry.Checked, entry.Price = true, t.price
	if t != (terms{offer.Object, offer.Price, offer.Context}) || entry.Context != offer.Context {
		entry.State = Refused
		p.log(entry).Warn("paywall: a purchase is not on the terms of the offer", "price", int64(t.price), "offered", int64(offer.Price))
	}
	ctx, cancel := p.lasting(ctx)
	defer cancel()
	return entry, p.write(ctx, Verified, entry)
}

// write puts an entry into the journal in the place of one in state from.
func (p *Paywall) write(ctx context.Context, from State, entry Entry) error {
	swapped, err := p.options.Journal.Swap(ctx, from, entry)
	if err == nil && !swapped {
		err = errors.New("an entry is not " + string(from) + " any more")
	}
	return journalError(err)
}

// lasting returns a context that outlives its parent, for what must be written whoever has gone.
func (p *Paywall) lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), patience)
}

// journalError marks a failure of the journal.
func journalError(err error) error {
	if err == nil {
		return nil
	}
	return &failedJournal{err}
}

type failedJournal struct{ cause error }

func (f *failedJournal) Error() string { return "the journal: " + f.cause.Error() }
func (f *failedJournal) Unwrap() error { return f.cause }
