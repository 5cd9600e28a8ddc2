package frontend

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// An orderPage asks a buyer to pay.
type orderPage struct {
	Title  string
	Popup  bool
	Action string
	// Path is that of Action, without its query.
	Path string
	// Returns is where the buyer goes after paying.
	Returns string
	Order   broker.OrderView
	Form    form
}

// A donePage shows the result of a form. In a popup, it hands the token to the shop.
type donePage struct {
	Title, Message string
	Popup          bool
	Back, BackText string
	// Token is for the window that opened the popup, in JSON, if its origin is Origin. Opener is the origin of the page that
	// opened the popup. Each is optional.
	Token, Origin, Opener string
}

// orderForm returns the page of an order, in the buyer's own window or in a popup.
func orderForm(popup bool) page {
	return page{
		get: func(p *pages, w http.ResponseWriter, r *http.Request) {
			if popup {
				keepOpener(r)
			}
			if o, _, ok := p.openOrder(w, r, popup); ok {
				p.showOrder(w, r, http.StatusOK, orderPage{Popup: popup, Order: o, Form: p.form(w, r)})
			}
		},
		post: func(p *pages, w http.ResponseWriter, r *http.Request) {
			if p.read(w, r, popup, formLimit) {
				p.submitOrder(w, r, popup)
			}
		},
	}
}

func (p *pages) showOrder(w http.ResponseWriter, r *http.Request, status int, page orderPage) {
	if err := page.Form.offer(p.broker, page.Order.Price); err != nil {
		p.fail(w, problem{Popup: page.Popup}.refusal(err))
		return
	}
	page.Title, page.Action, page.Path = page.Order.Name, r.URL.RequestURI(), r.URL.EscapedPath()
	page.Returns = objectURL(page.Order.URL, r.URL.Query())
	w.Header().Set("Content-Security-Policy", orderPolicy)
	p.render(w, status, "order", page)
}

// openOrder returns the order of an address, and the address's query. If the order cannot be paid, it responds with a page.
func (p *pages) openOrder(w http.ResponseWriter, r *http.Request, popup bool) (broker.OrderView, url.Values, bool) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		p.fail(w, problem{Popup: popup}.refusal(refuse("the address's query cannot be read")))
		return broker.OrderView{}, nil, false
	}
	id, err := readID(r.PathValue("id"))
	if err != nil {
		p.fail(w, problem{Popup: popup}.refusal(err))
		return broker.OrderView{}, nil, false
	}
	o, err := p.broker.ViewOrder(vingd.OrderID(id))
	if err != nil {
		p.fail(w, problem{Popup: popup}.refusal(err))
		return broker.OrderView{}, nil, false
	}
	return o, query, p.payable(w, r, o, query, popup)
}

// payable reports whether an order can be paid, or was paid by this form. Otherwise it responds with a page.
func (p *pages) payable(w http.ResponseWriter, r *http.Request, o broker.OrderView, query url.Values, popup bool) bool {
	if _, paid := p.guard.find(r.PostForm, "pay"); o.Live || paid {
		return true
	}
	p.fail(w, expiredOrder(o, query, popup))
	return false
}

func expiredOrder(o broker.OrderView, query url.Values, popup bool) problem {
	return problem{
		Status: http.StatusGone, Title: "Too late", Popup: popup,
		Message: "This offer of " + strconv.Quote(o.Name) + " expired on " + when(o.Expires) + ". Ask the shop for a new one.",
		Back:    shopURL(o.URL, query), BackText: "Back to the shop",
	}
}

func (p *pages) submitOrder(w http.ResponseWriter, r *http.Request, popup bool) {
	o, query, ok := p.openOrder(w, r, popup)
	if !ok {
		return
	}
	shop := shopURL(o.URL, query)
	if r.PostForm.Get("do") == "cancel" {
		if paid, ok := p.guard.find(r.PostForm, "pay"); ok {
			p.paidBefore(w, r, o, query, popup, paid)
			return
		}
		p.done(w, donePage{Title: "Cancelled", Message: "Nothing was paid.", Popup: popup, Back: shop, BackText: "Back to the shop"})
		return
	}
	if r.PostForm.Get("do") != "pay" {
		p.fail(w, problem{Popup: popup, Back: r.URL.RequestURI(), BackText: "Open the page again"}.refusal(refuse("a form must either pay or cancel")))
		return
	}
	paid, again, err := p.guard.once(r, func(did *outcome) (err error) {
		if err = p.choose(r.PostForm, did); err == nil {
			did.receipt, err = p.broker.Pay(did.buyer.UID, o.ID, r.PostForm.Get("anonymous") != "")
		}
		return err
	})
	switch {
	case err != nil:
		p.refuseOrder(w, r, o, query, popup, paid.buyer, err)
	case again:
		p.paidBefore(w, r, o, query, popup, paid)
	default:
		p.handOver(w, r, paid.receipt, query, popup)
	}
}

// refuseOrder shows the form again if another submission can succeed, and otherwise says what is wrong.
func (p *pages) refuseOrder(w http.ResponseWriter, r *http.Request, o broker.OrderView, query url.Values, popup bool, buyer broker.AccountView, refused error) {
	status, _ := statusOf(refused)
	page := orderPage{Popup: popup, Order: o, Form: p.form(w, r)}
	page.Form.Problem = sentence(refused)
	switch {
	case errors.Is(refused, broker.ErrLowBalance):
		page.Form.Problem = named(buyer.Name, buyer.UID) + " has too little: " +
			buyer.Balance.String() + " vingds, and the price is " + o.Price.String() + "."
		page.Form.Buyer = strconv.FormatInt(int64(buyer.UID), 10)
	case errors.Is(refused, broker.ErrGone):
		p.fail(w, expiredOrder(o, query, popup))
		return
	case !errors.Is(refused, broker.ErrInvalid):
		p.fail(w, problem{Popup: popup, Back: shopURL(o.URL, query), BackText: "Back to the shop"}.refusal(refused))
		return
	}
	p.showOrder(w, r, status, page)
}

// handOver gives the shop the token: by sending the buyer there, or from a popup to the window that opened it.
func (p *pages) handOver(w http.ResponseWriter, r *http.Request, receipt broker.Receipt, query url.Values, popup bool) {
	back, ok := returnURL(receipt, query)
	if !ok {
		p.fail(w, problem{Popup: popup}.refusal(errors.New("the object's URL is no web address")))
		return
	}
	if !popup {
		http.Redirect(w, r, back.String(), http.StatusSeeOther) //nolint:gosec // the seller chose the address
		return
	}
	context := receipt.Context
	if query.Has("context") {
		sent := query.Get("context")
		context = &sent
	}
	token, err := json.Marshal(map[string]any{
		"oid": strconv.FormatInt(int64(receipt.Object), 10), "tid": receipt.Token, "context": context,
	})
	if err != nil {
		panic(err) // strings can always be written
	}
	p.done(w, donePage{
		Title: "Paid", Message: "This window hands the shop your token and closes.", Popup: true,
		Back: back.String(), BackText: "Go on to what you bought", Token: string(token), Origin: origin(back), Opener: openerOf(query),
	})
}

func (p *pages) done(w http.ResponseWriter, page donePage) {
	if page.Back == "" {
		page.Back, page.BackText = "/", "To the dashboard"
	}
	if page.Popup {
		w.Header().Set("Content-Security-Policy", scriptPolicy)
	}
	p.render(w, http.StatusOK, "done", page)
}
