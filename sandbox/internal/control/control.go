// Package control serves the sandbox's knobs over HTTP, for tests in any language: the clock, faults, deposits, buyers,
// reset and audit. Only clients on this machine are served. There is no login: what is here is not real money.
package control

import (
	"net/http"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/brokerapi"
	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
	"github.com/vingd/vingd-api-go/sandbox/internal/faults"
)

// Knobs are what is there to be turned.
type Knobs struct {
	Broker *broker.Broker
	Faults *faults.Set
	Calls  *calls.Log
	// Reset makes the sandbox as new.
	Reset func() error
	// Token is what is asked of every client, or empty.
	Token string
}

// A knob is one call: what it takes, what it does, and an example of what goes in.
type knob struct {
	Call    string `json:"call"` // method and path
	Does    string `json:"does"`
	Example any    `json:"example,omitempty"`

	turn func(*http.Request) (answer any, err error)
}

// New returns a handler of everything under /-/. What goes in and out is JSON; a refusal is in the API's envelope.
func New(k Knobs) http.Handler {
	knobs := k.knobs()
	mux := http.NewServeMux()
	guide := knob{Call: "GET /-/{$}", turn: func(*http.Request) (any, error) { return map[string]any{"knobs": knobs}, nil }}
	for _, one := range append(knobs, guide) {
		mux.HandleFunc(one.Call, func(w http.ResponseWriter, r *http.Request) {
			answer, err := one.turn(r)
			write(w, r, answer, err)
		})
	}
	known := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			brokerapi.WriteRefusal(w, http.StatusNotFound, "there is no such knob; GET /-/ lists all")
			return
		}
		mux.ServeHTTP(w, r)
	})
	if k.Token != "" {
		return withHealth(k.Broker, withToken(k.Token, known))
	}
	return withHealth(k.Broker, onThisMachine(known))
}

// knobs returns all that can be turned, in the order of the guide.
func (k Knobs) knobs() []knob {
	return []knob{
		{"GET /-/clock", "tells the time, and how far it is ahead of the clock that it goes by", nil, k.time},
		{"POST /-/clock", "moves the clock ahead: orders lapse, purchases are refunded, vouchers expire", map[string]any{"advance": "15m"}, k.advance},
		{"GET /-/faults", "lists the faults that are still to happen, in order", nil, k.faults},
		{"POST /-/faults", "makes an operation go wrong, or without its name any: by one of status (with location or retry_after), " +
			"hang_up, garbage, batch_error and cut, after a delay or at once, or by a slow response; done is after the money moved; after is " +
			"how many requests go well first, object the only one, next how many requests, share which part of them, by a seed",
			map[string]any{"operation": "commitPurchase", "hang_up": true, "done": true, "next": 1}, k.fail},
		{"DELETE /-/faults", "makes nothing go wrong any more", nil, k.recover},
		{"GET /-/calls", "lists the last calls, newest first, 20 or ?last= of them, with their bodies and without secrets", nil, k.calls},
		{"DELETE /-/calls", "forgets the last calls", nil, k.forgetCalls},
		{"POST /-/deposits", "gives an account new money, out of nowhere, in cents", map[string]any{"uid": 4712, "amount": 500}, k.deposit},
		{"GET /-/buyers", "lists the people with an account, newest first, 1000 at most", nil, k.buyers},
		{"POST /-/buyers", "adds a person with an account", map[string]any{"name": "Ann", "balance": 500}, k.addBuyer},
		{"GET /-/buyers/{uid}", "tells what a person holds", nil, k.buyer},
		{"POST /-/buyers/{uid}/pay", "pays an order, and tells where the browser of the buyer goes", map[string]any{"order": 7, "anonymously": false}, k.pay},
		{"POST /-/buyers/{uid}/redeem", "redeems a voucher", map[string]any{"code": "LXKG-TBR-HQV"}, k.redeem},
		{"POST /-/fixtures", "adds sellers, buyers, objects with orders, and vouchers, all of them or none", map[string]any{
			"sellers":  []any{map[string]any{"username": "shop@example.com", "password": "123", "balance": 1000_00, "flags": []string{"voucher.add"}}},
			"buyers":   []any{map[string]any{"name": "Ann", "balance": 500}},
			"objects":  []any{map[string]any{"description": map[string]any{"name": "An essay", "url": "http://localhost:8000/essay"}, "orders": []any{map[string]any{"price": 200, "expires_in": "24h"}}}},
			"vouchers": []any{map[string]any{"amount": 100, "message": "Welcome!"}},
		}, k.load},
		{"POST /-/reset", "makes the sandbox as new: nothing in it but its first seller and its fixtures, and ids from the first again", nil, k.reset},
		{"GET /-/check", "audits the books; they are right unless it answers 500", nil, k.check},
	}
}
