package frontend

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// doubleClick is how long after its work a form that is submitted again with the same fields is taken for the same click.
const doubleClick = time.Second

// sameClick reports whether a form, which did its work at a time, was submitted again by the same click.
func (p *pages) sameClick(r *http.Request, did outcome, at time.Time) bool {
	return did.sent == sumOf(r.PostForm) && p.broker.Now().Before(at.Add(doubleClick))
}

// paidBefore responds to a form that paid before. A double click leads to the shop, unless the shop has the token already.
// Otherwise a page says the state of the payment, because the buyer may want to buy again.
func (p *pages) paidBefore(w http.ResponseWriter, r *http.Request, o broker.OrderView, query url.Values, popup bool, paid outcome) {
	purchase, err := p.broker.ViewPurchase(paid.receipt.Purchase)
	if err != nil {
		p.fail(w, problem{Popup: popup}.refusal(err))
		return
	}
	open := purchase.State == broker.Reserved && !purchase.Verified
	if open && p.sameClick(r, paid, purchase.Paid) {
		p.handOver(w, r, paid.receipt, query, popup)
		return
	}
	before := problem{
		Status: http.StatusConflict, Title: "Paid before", Popup: popup,
		Message: "This form was submitted before, and paid nothing now. " + named(paid.buyer.Name, paid.buyer.UID) + " paid " + purchase.Price.String() +
			" vingds on " + when(purchase.Paid) + " for " + strconv.Quote(purchase.Name) + ". " + stateOf(purchase),
		Back: objectURL(o.URL, query), BackText: "Back to the shop",
	}
	if back, ok := returnURL(paid.receipt, query); ok && open {
		before.Back, before.BackText = back.String(), "Back to the shop with this payment"
	}
	if o.Live {
		before.Again = r.URL.RequestURI()
	}
	p.fail(w, before)
}

// stateOf says who has the money of a purchase.
func stateOf(p broker.PurchaseView) string {
	switch {
	case p.State == broker.Committed:
		return "The shop has been paid."
	case p.State == broker.Refunded:
		return "The payment was refunded, because the shop did not commit it in time."
	case p.Verified:
		return "The shop has verified the payment, and has not committed it yet."
	default:
		return "The shop has not verified the payment yet."
	}
}
