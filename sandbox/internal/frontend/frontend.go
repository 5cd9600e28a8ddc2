// Package frontend serves the pages of a broker. A buyer pays an order or redeems a voucher there, and a developer looks at
// everything. The pages are made on the server, and work without JavaScript.
//
// There is no login: the user of a page chooses a test buyer. A form acts once, and for no other site.
package frontend

import (
	"html/template"
	"net/http"
	"sync"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
	"github.com/vingd/vingd-api-go/sandbox/internal/faults"
)

// pages has a method for each page: it reads the request, asks the broker, and fills in a template.
type pages struct {
	broker    *broker.Broker
	templates func() map[string]*template.Template // parsed for the first page
	guard     *guard
	log       *calls.Log  // or nil
	wrong     *faults.Set // or nil
	controls  *Controls   // or nil
}

// A Frontend serves the pages, under / and the addresses that orders and vouchers have.
type Frontend struct {
	http.Handler

	pages *pages
}

// New returns the pages of a broker.
func New(b *broker.Broker) *Frontend {
	p := &pages{broker: b, guard: newGuard()}
	p.templates = sync.OnceValue(p.parseTemplates)
	mux := http.NewServeMux()
	for pattern, page := range map[string]page{
		"/{$}":                       {get: (*pages).dashboard, post: (*pages).control},
		"/dashboard/{kind}/{$}":      {get: (*pages).list},
		"/dashboard/{kind}/{id}":     {get: (*pages).thing},
		"/look/calls":                {get: (*pages).allCalls},
		"/look/calls/{number}":       {get: (*pages).oneCall},
		"/docs":                      {get: (*pages).docs},
		"/docs/vingd.yaml":           {get: (*pages).spec},
		"/assets/{name}":             {get: (*pages).asset},
		"/orders/{id}/add/{$}":       orderForm(false),
		"/orders/{id}/add":           orderForm(false),
		"/popup/orders/{id}/add/{$}": orderForm(true),
		"/popup/orders/{id}/add":     orderForm(true),
		"/vouchers/{code}/{$}":       voucherForm(false),
		"/vouchers/{code}":           voucherForm(false),
		"/popup/vouchers/{code}/{$}": voucherForm(true),
		"/popup/vouchers/{code}":     voucherForm(true),
		"/":                          {get: (*pages).nothing},
	} {
		mux.Handle(pattern, p.serve(page))
	}
	return &Frontend{mux, p}
}

// Forbid responds with a page that says what is wrong with a request.
func (f *Frontend) Forbid(w http.ResponseWriter, message string) {
	secure(w.Header())
	f.pages.fail(w, problem{Status: http.StatusForbidden, Title: "Not allowed", Message: capital(message) + "."})
}

// A page has the handlers of an address. It has a handler of POST if it has a form. GET changes nothing.
type page struct {
	get, post func(*pages, http.ResponseWriter, *http.Request)
}

// serve returns the handler of a page. If the sandbox is reset during a request, the broker refuses the rest of it.
func (p *pages) serve(page page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := *p
		p.broker = p.broker.UntilReset()
		secure(w.Header())
		switch {
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			page.get(&p, w, r)
		case r.Method == http.MethodPost && page.post != nil:
			page.post(&p, w, r)
		default:
			allowed := "GET, HEAD"
			if page.post != nil {
				allowed += ", POST"
			}
			w.Header().Set("Allow", allowed)
			p.fail(w, problem{Status: http.StatusMethodNotAllowed, Title: "Not that way", Message: "This page takes " + allowed + "."})
		}
	})
}

func (p *pages) nothing(w http.ResponseWriter, _ *http.Request) {
	p.fail(w, problem{Status: http.StatusNotFound, Title: "Nothing here", Message: "There is no such page in this sandbox. The API is under /sandbox/broker/v1."})
}
