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

// ServeHTTP serves the content, sells it, or receives a buyer who returns from Vingd.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	callback, malformed := vingd.ParseCallback(r.URL)
	secret := !errors.Is(malformed, vingd.ErrNoCallback)
	clean := r
	if secret {
		hide(w.Header())
	}
	if secret || len(steps(r.URL)) > 0 {
		clean = cleaned(r)
	}
	vary(w.Header()) // a page may be free for one request and sold for another
	offer, err := p.offer(clean)
	if err == nil && !offer.free() {
		err = offer.check()
	}
	switch {
	case err != nil:
		p.fail(w, r, ReasonOfferFailed, err)
	case !offer.free():
		p.sell(w, r, clean, offer, callback, malformed)
	default:
		a := p.holdResponse(w, r, secret, false)
		p.content.ServeHTTP(a, clean)
		a.ready()
	}
}

// sell serves a buyer who has access. It tells everybody else the price, leads them to Vingd, or receives them when they
// return.
func (p *page) sell(w http.ResponseWriter, r, clean *http.Request, offer Offer, callback vingd.Callback, malformed error) {
	first := errors.Is(malformed, vingd.ErrNoCallback)
	entry, browser, err := p.granted(r, offer)
	switch {
	case err != nil:
		p.fail(w, r, ReasonBroken, err)
	case entry.State == StateVerified && (isPrefetch(r) || r.Method != http.MethodGet && r.Method != http.MethodHead):
		p.fail(w, r, ReasonUnpaid, nil) // nothing is charged for it
	case entry.State != StateAbsent && !first && r.Method == http.MethodGet:
		p.renew(w, r, browser)
		leadBack(w, r, offer.Object)
	case entry.State != StateAbsent && isBuying(r) && r.Method == http.MethodGet:
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Location", samePage(r))
		w.WriteHeader(http.StatusSeeOther)
	case entry.State == StateVerified && r.Method == http.MethodGet && p.options.Access == nil && !p.outlasts(browser) && !hasReturned(r):
		p.renew(w, r, browser) // an earlier response with a longer life was lost
		storeCookie(w, r)
	case entry.State != StateAbsent:
		if entry.State == StateVerified {
			browser = p.renew(w, r, browser)
		}
		p.deliver(w, r, clean, entry, browser.key, !first)
	case r.Method != http.MethodGet, isPrefetch(r), first && !isBuying(r) && !wantsJSON(r):
		p.teaser(w, r, offer)
	case first:
		p.leadToVingd(w, r, offer)
	case malformed != nil, len(callback.Context) > maxContext:
		p.fail(w, r, ReasonMalformed, malformed)
	case callback.Object != offer.Object:
		p.fail(w, r, ReasonOtherObject, nil)
	default:
		p.takeBack(w, r, clean, offer, callback)
	}
}

// lateReload is how long a purchase is served again at the address with its token, to a browser that keeps no cookies. A
// purchase that was not committed at once is served for so long after the commit.
const lateReload = 5 * time.Minute

// takeBack serves a buyer who returns from Vingd with a token: on the page without the token, if the browser keeps cookies.
// A browser without a cookie is given one first.
func (p *page) takeBack(w http.ResponseWriter, r, clean *http.Request, offer Offer, callback vingd.Callback) {
	entry, err := p.verified(r.Context(), callback)
	if err != nil {
		p.fail(w, r, reasonOf(err), err)
		return
	}
	browsers, browser := browsersOf(r), browserOf(r)
	keepsCookies, own := len(browsers) > 0, false
	for _, b := range browsers {
		if b.key == entry.Browser {
			browser, own = b, true
		}
	}
	due := entry.State == StateDue || entry.State == StateCommitted
	late := !own && !p.now().Before(entry.DueAt.Add(lateReload))
	switch {
	case entry.State == StateExpired:
		p.fail(w, r, ReasonTooLate, nil)
		return
	case entry.State == StateVerified && !entry.onTermsOf(offer):
		p.log(entry).Warn("paywall: a purchase is not on the terms of the offer", "price", int64(entry.Price), "offered", int64(offer.Price))
		p.fail(w, r, ReasonOtherTerms, nil)
		return
	case entry.State == StateVerified:
	case !due, !p.now().Before(entry.Until), entry.State == StateCommitted && late:
		p.fail(w, r, ReasonNotEntitled, nil)
		return
	case late:
		p.fail(w, r, ReasonUncommitted, nil)
		return
	}
	if due && !own { // no other browser gets access by it
		p.deliver(w, r, clean, entry, browser.key, true)
		return
	}
	browser = p.renew(w, r, browser)
	if !keepsCookies && !hasReturned(r) {
		storeCookie(w, r)
		return
	}
	switch err := p.grant(w, r, browser.key, entry); {
	case err != nil && !due: // the page without the token would sell the content again
		p.fail(w, r, ReasonBroken, err)
		return
	case err != nil:
		p.log(entry).ErrorContext(r.Context(), "paywall: access is not remembered", "error", err)
	case keepsCookies:
		leadBack(w, r, offer.Object)
		return
	}
	p.deliver(w, r, clean, entry, browser.key, true)
}

// leadToVingd leads the browser to the page where the offer is paid, or tells a script its address.
func (p *page) leadToVingd(w http.ResponseWriter, r *http.Request, offer Offer) {
	order, err := p.order(r.Context(), offer)
	if err != nil {
		p.fail(w, r, reasonOf(err), err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	p.renew(w, r, browserOf(r))
	rememberPage(w, r, offer.Object)
	urls := p.client.Orders.URLs(order.ID)
	if !wantsJSON(r) {
		w.Header().Set("Location", urls.Redirect)
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusPaymentRequired)
	_ = json.NewEncoder(w).Encode(payment{ // the sender may be gone
		Order: order.ID, Object: offer.Object, Price: offer.Price, Expires: order.Expires,
		Redirect: urls.Redirect, Popup: urls.Popup,
	})
}

// A payment tells a script where to pay.
type payment struct {
	Order    vingd.OrderID  `json:"order"`
	Object   vingd.ObjectID `json:"object"`
	Price    vingd.Cents    `json:"price"`
	Expires  time.Time      `json:"expires"`
	Redirect string         `json:"redirect"`
	Popup    string         `json:"popup"`
}
