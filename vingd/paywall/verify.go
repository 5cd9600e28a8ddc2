package paywall

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// verifications is how many tokens are verified at once. Each takes a connection of its own.
const verifications = 32

var (
	errClosed  = errors.New("the paywall is closed")
	errPending = errors.New("the token is being verified")

	errReclaimed = errors.New("the buyer has the money back")
)

// flights are the tokens that this process is looking at.
type flights struct {
	mu   sync.Mutex
	of   map[Key]*flight
	room chan struct{}
	// seen tells for how long a claim has stood, by this process's own clock.
	seen *recent[Key, sighting]
}

// A flight finds out the state of a token. Every request with the token waits for the same one.
type flight struct {
	landed chan struct{} // closed when it has ended; the rest is valid then
	entry  Entry
	err    error
}

// A sighting is the first time that a claim was seen.
type sighting struct {
	version int64
	at      time.Time
}

func newFlights() flights {
	return flights{of: make(map[Key]*flight), room: make(chan struct{}, verifications), seen: newRecent[Key, sighting](maxOrders)}
}

// verified returns the entry of a token: from the journal, or by verifying the token. The verification goes on if the
// buyer leaves.
func (p *Paywall) verified(ctx context.Context, callback vingd.Callback) (Entry, error) {
	key := keyOf(callback)
	p.flights.mu.Lock()
	f := p.flights.of[key]
	if f == nil {
		f = &flight{landed: make(chan struct{})}
		if !p.tasks.start(func() { p.fly(ctx, f, key, callback) }) {
			p.flights.mu.Unlock()
			return Entry{}, errClosed
		}
		p.flights.of[key] = f
	}
	p.flights.mu.Unlock()
	select {
	case <-f.landed:
		return f.entry, f.err
	case <-time.After(p.times.journalWait):
		return Entry{}, errPending
	case <-ctx.Done():
		return Entry{}, ctx.Err()
	}
}

func (p *Paywall) fly(ctx context.Context, f *flight, key Key, callback vingd.Callback) {
	ctx, done := p.tasks.attach(ctx)
	defer done()
	f.entry, f.err = p.settle(ctx, key, callback)
	if f.err == nil && f.entry.State == StateVerified && !f.entry.Checked {
		f.entry, f.err = p.checkAndWrite(ctx, f.entry)
	}
	if f.err != nil {
		p.tasks.cutOff("a verification")
	}
	p.flights.mu.Lock()
	delete(p.flights.of, key)
	p.flights.mu.Unlock()
	close(f.landed)
}

func (p *Paywall) checkAndWrite(ctx context.Context, entry Entry) (Entry, error) {
	entry, err := p.check(ctx, entry)
	if err != nil || !entry.Checked {
		return entry, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.times.journalWait)
	defer cancel()
	return p.swap(ctx, entry)
}

// settle looks at a token's entry until it is past StateClaimed. It claims the token if it is not claimed, or if a claim has not
// changed for longer than a verification may take. It gives up after a while.
func (p *Paywall) settle(ctx context.Context, key Key, callback vingd.Callback) (Entry, error) {
	for end := time.Now().Add(p.times.waitForClaim); ; {
		entry, err := p.find(ctx, key)
		switch {
		case err != nil:
		case entry.State == StateAbsent, entry.State == StateClaimed && p.stands(entry):
			claimed, asked, failed := p.claim(ctx, entry, callback)
			if asked {
				return claimed, failed
			}
			err = failed
		case entry.State != StateClaimed:
			return entry, nil
		}
		if time.Now().After(end) || !sleep(ctx, p.times.look) {
			return Entry{}, errors.Join(errPending, err)
		}
	}
}

// stands reports whether a claim was released, or has not changed for longer than a verification may take.
func (p *Paywall) stands(entry Entry) bool {
	if entry.Nonce == "" {
		return true
	}
	now := time.Now()
	seen, ok := p.flights.seen.get(entry.Key)
	if !ok || seen.version != entry.Version {
		p.flights.seen.put(entry.Key, sighting{entry.Version, now})
		return false
	}
	return now.Sub(seen.at) >= p.times.verification
}

// claim claims a token and verifies it. It reports false if another process was faster.
func (p *Paywall) claim(ctx context.Context, entry Entry, callback vingd.Callback) (_ Entry, asked bool, err error) {
	select {
	case p.flights.room <- struct{}{}:
		defer func() { <-p.flights.room }()
	case <-ctx.Done():
		return Entry{}, false, ctx.Err()
	}
	to := Entry{
		Key: entry.Key, Version: entry.Version, State: StateClaimed, Object: callback.Object,
		Nonce: rand.Text(), Until: p.until(purgeAfter),
	}
	bounded, cancel := context.WithTimeout(ctx, p.times.journalWait)
	defer cancel()
	now, err := p.swap(bounded, to)
	if err != nil || !now.is(to) {
		return now, false, err
	}
	entry, err = p.ask(ctx, now, callback)
	return entry, true, err
}

// ask verifies a token that is claimed, and writes what the broker says.
func (p *Paywall) ask(ctx context.Context, entry Entry, callback vingd.Callback) (Entry, error) {
	asking, cancel := context.WithTimeout(ctx, p.times.verification)
	defer cancel()
	purchase, err := p.client.Purchases.Verify(asking, callback.Object, callback.Token)
	if err == nil && purchase.Reclaimed {
		err = errReclaimed
	}
	notDone := vingd.OutcomeOf(err) == vingd.OutcomeNotDone
	switch {
	case err == nil:
		return p.accept(ctx, entry, purchase)
	case errors.Is(err, errReclaimed), notDone && errors.Is(err, vingd.ErrForbidden):
		p.counters.refused.Add(1)
		p.log(entry).Warn("paywall: the broker refuses a token", "error", err)
		entry.State = StateRefused
		return p.writeResult(ctx, entry, nil)
	case notDone && errors.Is(err, vingd.ErrNotFound):
		p.counters.refused.Add(1)
		p.log(entry).Warn("paywall: the broker does not know a token", "error", err)
		if entry.State = StateRefused; entry.Version == 1 { // there was no other claim: nothing is lost with the entry
			entry.State = StateAbsent
		}
		now, err := p.writeResult(ctx, entry, nil)
		if err == nil && now.State == StateAbsent {
			now.State = StateRefused
		}
		return now, err
	case notDone:
		entry.Nonce = "" // the next request may claim it at once
		return p.writeResult(ctx, entry, err)
	default:
		p.log(entry).Error("paywall: the outcome of a verification is unknown; it is repeated at the next request", "error", err)
		p.flights.seen.put(entry.Key, sighting{entry.Version, time.Time{}})
		return Entry{}, err
	}
}

// writeResult writes the result of a verification that the broker refused. If the claim has changed, another process has
// asked as well, and its result counts.
func (p *Paywall) writeResult(ctx context.Context, to Entry, failed error) (Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, p.times.journalWait)
	defer cancel()
	now, err := p.swap(ctx, to)
	switch {
	case err != nil:
		return Entry{}, errors.Join(failed, err)
	case failed != nil && now.is(to):
		return Entry{}, failed
	case now.State == StateClaimed:
		return Entry{}, errors.Join(failed, errPending)
	default:
		return now, nil
	}
}

// accept writes the broker's yes. It tries as long as the paywall lives, since the broker says yes once.
func (p *Paywall) accept(ctx context.Context, entry Entry, purchase *vingd.Purchase) (Entry, error) {
	entry.State, entry.Until, entry.Nonce = StateVerified, p.until(purgeAfter), ""
	entry.Order, entry.Purchase, entry.Transfer = purchase.Order, purchase.ID, purchase.Transfer
	entry.Buyer, entry.Context = purchase.Buyer, purchase.Context
	if t, ok := p.orders.known.get(entry.Order); ok {
		entry.checked(t)
	}
	p.counters.verified.Add(1)
	p.log(entry).Info("paywall: verified")
	for {
		now, err := p.put(ctx, entry)
		if err != nil || now.State != StateAbsent {
			return now, err
		}
		// Another process has removed the claim. An entry begins as a claim, so that a removal that arrives late removes no
		// more than a claim.
		claim := Entry{Key: entry.Key, State: StateClaimed, Object: entry.Object, Nonce: rand.Text(), Until: entry.Until}
		if now, err = p.swap(ctx, claim); err != nil || now.State != StateClaimed && now.State != StateRefused {
			return now, err
		}
		entry.Version = now.Version
	}
}
