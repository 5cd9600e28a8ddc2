package paywall

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A page is content behind a paywall.
type page struct {
	*Paywall

	offer   func(*http.Request) (Offer, error)
	content http.Handler
}

// ServeHTTP serves the content, sells it, or takes back who has paid.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	callback, malformed := vingd.ParseCallback(r)
	secret := !errors.Is(malformed, vingd.ErrNoCallback)
	clean := r
	if secret {
		hide(w.Header())
		clean = cleaned(r)
	}
	offer, err := p.offer(clean)
	if err == nil && !offer.free() {
		err = offer.check()
	}
	switch {
	case err != nil:
		p.fail(w, r, OfferFailed, err)
	case offer.free():
		p.serve(w, clean, secret)
	default:
		p.sell(w, r, clean, offer, callback, malformed)
	}
}

// sell serves who has access, and leads everybody else to Vingd, or back from there.
func (p *page) sell(w http.ResponseWriter, r, clean *http.Request, offer Offer, callback vingd.Callback, malformed error) {
	first := errors.Is(malformed, vingd.ErrNoCallback)
	vary(w.Header())
	entry, err := p.granted(r.Context(), r, offer.Object)
	switch {
	case err != nil:
		p.fail(w, r, Broken, err)
	case entry.State != Absent && !first && r.Method == http.MethodGet:
		p.leadToCleanPage(w, r)
	case entry.State != Absent:
		p.again(w, r, clean, entry, !first)
	case r.Method != http.MethodGet, isPrefetch(r):
		p.fail(w, r, Unpaid, nil)
	case first:
		p.leadToVingd(w, r, offer)
	case malformed != nil, len(callback.Context) > maxContext:
		p.fail(w, r, Malformed, malformed)
	case callback.Object != offer.Object:
		p.fail(w, r, OtherObject, nil)
	default:
		p.takeBack(w, r, clean, offer, callback)
	}
}

// serve serves content for which nothing is to be done any more.
func (p *page) serve(w http.ResponseWriter, clean *http.Request, secret bool) {
	if secret {
		w = &meter{ResponseWriter: w, secret: true, begin: func() error { return nil }}
	}
	p.content.ServeHTTP(w, clean)
}

// again serves who has access.
func (p *page) again(w http.ResponseWriter, r, clean *http.Request, entry Entry, secret bool) {
	paid := entry.State == Committed
	delivered := entry.Delivered || p.deliveries.served(entry.Key)
	if isPrefetch(r) && !paid {
		p.fail(w, r, Unpaid, nil)
		return
	}
	if !secret {
		w.Header().Set("Cache-Control", "private, no-cache") // unless content says something else
	}
	if paid && delivered || r.Method == http.MethodHead {
		p.serve(w, bought(clean, entry), secret)
		return
	}
	if entry, ok := p.paidFirst(w, r, entry); ok {
		p.deliver(w, clean, entry, p.content, secret)
	}
}

// takeBack serves who comes back from Vingd with a token, on the page without it where she keeps cookies.
func (p *page) takeBack(w http.ResponseWriter, r, clean *http.Request, offer Offer, callback vingd.Callback) {
	entry, err := p.verified(r.Context(), callback, offer)
	if err != nil {
		p.fail(w, r, failureOf(err), err)
		return
	}
	switch {
	case entry.State == Claimed:
		p.fail(w, r, Unverified, nil)
		return
	case entry.State == Refused && entry.Checked:
		p.fail(w, r, OtherTerms, nil)
		return
	case entry.State == Refused, entry.Delivered, p.deliveries.served(entry.Key):
		p.fail(w, r, NotEntitled, nil)
		return
	case !p.serves(entry):
		p.fail(w, r, TooLate, nil)
		return
	}
	entry, ok := p.paidFirst(w, r, entry)
	if !ok {
		return
	}
	if err := p.grant(w, r, entry); err != nil {
		p.options.Logger.ErrorContext(r.Context(), "paywall: access is not remembered", "object", entry.Object, "purchase", entry.Purchase, "error", err)
	} else if _, err := r.Cookie(cookiePrefix(r) + probeCookie); err == nil {
		p.leadToCleanPage(w, r)
		return
	}
	p.deliver(w, clean, entry, p.content, true)
}

// leadToCleanPage leads the browser to the page without the token.
func (p *page) leadToCleanPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Location", samePage(r))
	w.WriteHeader(http.StatusSeeOther)
}

// leadToVingd leads the browser to where the offer is paid, or tells a script where that is.
func (p *page) leadToVingd(w http.ResponseWriter, r *http.Request, offer Offer) {
	order, err := p.order(r.Context(), offer)
	if err != nil {
		p.fail(w, r, failureOf(err), err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	setCookie(w, r, probeCookie, "1", time.Hour)
	urls := p.client.Orders.URLs(order.ID)
	if !wantsJSON(r) {
		w.Header().Set("Location", urls.Redirect)
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusPaymentRequired)
	_ = json.NewEncoder(w).Encode(payment{ // whoever asked may be gone
		Order: order.ID, Object: offer.Object, Price: offer.Price, Expires: order.Expires,
		Redirect: urls.Redirect, Popup: urls.Popup,
	})
}

// A payment is what a script is told that has to let somebody pay.
type payment struct {
	Order    vingd.OrderID  `json:"order"`
	Object   vingd.ObjectID `json:"object"`
	Price    vingd.Cents    `json:"price"`
	Expires  time.Time      `json:"expires"`
	Redirect string         `json:"redirect"`
	Popup    string         `json:"popup"`
}

// paidFirst has a purchase committed before it is served, where that is promised, and answers itself when it is not.
func (p *page) paidFirst(w http.ResponseWriter, r *http.Request, entry Entry) (Entry, bool) {
	if p.options.Promise != CommitThenServe || entry.State == Committed {
		return entry, true
	}
	entry, err := p.pay(r.Context(), entry)
	switch {
	case err != nil:
		p.fail(w, r, failureOf(err), err)
	case entry.State == Lapsed:
		p.fail(w, r, TooLate, nil)
	case entry.State != Committed:
		p.fail(w, r, Uncommitted, nil)
	default:
		return entry, true
	}
	return entry, false
}
