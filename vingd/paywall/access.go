package paywall

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// Access remembers which buyer has bought what. It replaces the paywall's cookie, for example by a seller's own session.
//
// The paywall looks every grant up in its journal. An Access only has to keep the Key. A buyer is not charged if Grant returns
// an error. A browser that keeps cookies has those of Grant before it is charged.
type Access interface {
	// Grant remembers a grant for the sender of a request. It may set cookies.
	Grant(w http.ResponseWriter, r *http.Request, grant Grant) error
	// Granted returns the latest grant of an object for the sender of a request. It reports false if there is none.
	Granted(r *http.Request, object vingd.ObjectID) (Grant, bool, error)
}

// A Grant says that a buyer has bought an object. Keep it where the buyer cannot change it.
type Grant struct {
	Key      Key // of the purchase's entry in the journal
	Object   vingd.ObjectID
	Purchase vingd.PurchaseID
	Buyer    vingd.HUID // empty if the purchase is anonymous
	Expires  time.Time  // the grant may be forgotten then
}

// grant remembers that a browser has what a purchase bought.
func (p *Paywall) grant(w http.ResponseWriter, r *http.Request, browser Key, entry Entry) error {
	ctx, cancel := p.detach(r.Context(), p.times.journalWait)
	defer cancel()
	if p.options.Access != nil {
		old, ok, err := p.options.Access.Granted(r, entry.Object)
		if err == nil && ok {
			ok, err = p.holds(ctx, old.Key, entry, browser)
		}
		if err != nil || ok {
			return err
		}
		return p.options.Access.Grant(w, r, Grant{
			Key: entry.Key, Object: entry.Object, Purchase: entry.Purchase, Buyer: entry.Buyer,
			Expires: p.until(reservation + p.options.AccessFor),
		})
	}
	return p.noteFor(ctx, browser, entry)
}

// noteFor notes that a browser has what a purchase bought. It tries until the journal has the note, or ctx is done.
func (p *Paywall) noteFor(ctx context.Context, browser Key, entry Entry) error {
	note := Entry{
		Key: noteKey(browser, entry.Object), State: StateNoted, Object: entry.Object, Of: entry.Key,
		Until: p.until(purgeAfter + p.options.AccessFor),
	}
	for wait := firstLook; ; wait = min(2*wait, lastLook) {
		noted, err := p.note(ctx, note, browser)
		if noted {
			return nil // even if it was slow
		}
		if !sleep(ctx, wait) {
			return errors.Join(err, ctx.Err())
		}
	}
}

// note writes a note of what a browser has bought, unless a purchase that the browser has paid is noted. It reports false if
// it must be called again.
func (p *Paywall) note(ctx context.Context, to Entry, browser Key) (bool, error) {
	old, err := p.find(ctx, to.Key)
	if err != nil {
		return false, err
	}
	if old.State == StateNoted {
		if holds, err := p.holds(ctx, old.Of, Entry{Key: to.Of, Object: to.Object}, browser); err != nil || holds {
			return holds, err
		}
	}
	to.Version = old.Version
	now, err := p.swap(ctx, to)
	return err == nil && now.is(to), err
}

// holds reports whether a browser has the object of a purchase by another purchase, which is paid. If the other one is not
// paid yet, it is given up: a buyer who comes back in two tabs at once pays once.
func (p *Paywall) holds(ctx context.Context, other Key, entry Entry, browser Key) (bool, error) {
	if other == entry.Key {
		return false, nil
	}
	found, err := p.find(ctx, other)
	if err == nil && found.State == StateVerified {
		found.State = StateExpired
		found, err = p.swap(ctx, found)
	}
	return err == nil && p.opens(found, Offer{Object: entry.Object}, browser), err
}

// Bought returns the purchase by which the sender of a request has bought the offer, for teasers and menus. It reports false
// if there is none. It returns an error if the journal or the seller's [Access] fails.
//
// A purchase in [StateVerified] is not charged yet.
func (p *Paywall) Bought(r *http.Request, offer Offer) (Entry, bool, error) {
	entry, _, err := p.granted(r, offer)
	return entry, err == nil && entry.State != StateAbsent, err
}

// granted returns the purchase by which the sender of a request has what is offered, and the browser that has it. It is
// [StateAbsent] if there is none. A purchase that is committed and was used lately is found without the journal.
func (p *Paywall) granted(r *http.Request, offer Offer) (Entry, browser, error) {
	if p.options.Access != nil {
		grant, ok, err := p.options.Access.Granted(r, offer.Object)
		if err != nil || !ok {
			return Entry{}, browser{}, err
		}
		b := browserOf(r)
		for _, find := range []finder{p.remembered, p.read} {
			if entry, err := find(r.Context(), grant.Key); err != nil || p.opens(entry, offer, b.key) {
				return entry, b, err
			}
		}
		return Entry{}, browser{}, nil
	}
	browsers := browsersOf(r)
	for _, find := range []finder{p.remembered, p.read} {
		if entry, b, err := p.noted(r.Context(), find, browsers[:min(len(browsers), maxBrowsers)], offer); err != nil || entry.State != StateAbsent {
			return entry, b, err
		}
	}
	return Entry{}, browser{}, nil
}

// A finder returns an entry.
type finder func(context.Context, Key) (Entry, error)

// noted returns the purchase that is noted for one of a request's browsers. It prefers one that is charged.
func (p *Paywall) noted(ctx context.Context, find finder, browsers []browser, offer Offer) (best Entry, of browser, _ error) {
	for _, b := range browsers {
		note, err := find(ctx, noteKey(b.key, offer.Object))
		if err != nil {
			return Entry{}, browser{}, err
		}
		if note.State != StateNoted {
			continue
		}
		entry, err := find(ctx, note.Of)
		if err != nil {
			return Entry{}, browser{}, err
		}
		if !p.opens(entry, offer, b.key) {
			continue
		}
		if entry.State != StateVerified {
			return entry, b, nil
		}
		if best.State == StateAbsent {
			best, of = entry, b
		}
	}
	return best, of, nil
}

// A known entry is one that rarely changes: a note, or a purchase that is committed.
type known struct {
	entry Entry
	read  time.Time
}

// read returns an entry from the journal, and remembers it if it rarely changes.
func (p *Paywall) read(ctx context.Context, key Key) (Entry, error) {
	begin := time.Now()
	entry, err := p.find(ctx, key)
	if err == nil && (entry.State == StateNoted || entry.State == StateCommitted) {
		p.settled.put(key, known{entry, begin})
	}
	return entry, err
}

// remembered returns an entry without the journal, if it was read lately.
func (p *Paywall) remembered(_ context.Context, key Key) (Entry, error) {
	if known, ok := p.settled.get(key); ok && time.Since(known.read) < p.times.remember {
		return known.entry, nil
	}
	return Entry{}, nil
}

// Revoke ends the access to a purchase that is committed, on every machine within a minute. The buyer is not refunded.
//
// The key is that of the purchase's [Entry]. Revoke returns an error if the purchase is not committed.
func (p *Paywall) Revoke(ctx context.Context, key Key) error {
	for {
		entry, err := p.find(ctx, key)
		if err == nil && entry.State != StateCommitted {
			err = fmt.Errorf("the purchase is in state %q: must be %q", entry.State, StateCommitted)
		}
		if err != nil {
			return fmt.Errorf("paywall: revoke %v: %w", key, err)
		}
		revoked := entry
		revoked.Until = p.until(0)
		now, err := p.swap(ctx, revoked)
		if err != nil {
			return fmt.Errorf("paywall: revoke %v: %w", key, err)
		}
		if now.is(revoked) {
			p.settled.put(key, known{now, time.Now()})
			return nil
		}
	}
}

// opens reports whether a purchase opens to a browser what is offered. A purchase that is not paid yet must be on the
// offer's terms. One that is paid stays with the browser that it was made due for.
func (p *Paywall) opens(entry Entry, offer Offer, browser Key) bool {
	switch entry.State {
	case StateVerified:
		return entry.onTermsOf(offer)
	case StateDue, StateCommitted:
		return entry.Object == offer.Object && p.now().Before(entry.Until) &&
			(p.options.Access != nil || entry.Browser == browser)
	default:
		return false
	}
}

// onTermsOf reports whether the buyer has paid what is offered now, at the price of now.
func (e Entry) onTermsOf(offer Offer) bool {
	return e.Checked && e.Object == offer.Object && e.Price == offer.Price && e.Context == offer.Context
}
