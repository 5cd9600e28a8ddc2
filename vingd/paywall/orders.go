package paywall

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// maxOrders bounds how many orders are remembered. Others are looked up at the broker when somebody comes back from one.
const maxOrders = 10_000

// terms are what an order was made for.
type terms struct {
	object  vingd.ObjectID
	price   vingd.Cents
	context string
}

// orders are the orders that live, one for each terms, shared by all buyers: an order belongs to nobody.
type orders struct {
	mu      sync.Mutex
	current map[terms]*sharedOrder
	known   map[vingd.OrderID]terms
}

// A sharedOrder is an order that is being made, or was.
type sharedOrder struct {
	made  chan struct{} // closed when it is known how it went
	order *vingd.Order
	err   error
	renew time.Time // from when on another one is made
}

func newOrders() orders {
	return orders{current: make(map[terms]*sharedOrder), known: make(map[vingd.OrderID]terms)}
}

// order returns an order for an offer that lives for long enough to be paid. Of many who ask at once, one makes it.
func (p *Paywall) order(ctx context.Context, offer Offer) (*vingd.Order, error) {
	o, t := &p.orders, terms{offer.Object, offer.Price, offer.Context}
	o.mu.Lock()
	shared := o.current[t]
	if shared == nil || !shared.renew.IsZero() && !p.now().Before(shared.renew) {
		shared = &sharedOrder{made: make(chan struct{})}
		if !p.tasks.start(func() { p.makeOrder(ctx, t, shared) }) {
			o.mu.Unlock()
			return nil, errClosed
		}
		makeRoom(o.current, maxOrders, func(s *sharedOrder) bool { return !s.renew.IsZero() && !p.now().Before(s.renew) })
		o.current[t] = shared
	}
	o.mu.Unlock()
	select {
	case <-shared.made:
		return shared.order, shared.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// makeOrder makes a shared order, and forgets one that could not be made.
func (p *Paywall) makeOrder(ctx context.Context, t terms, shared *sharedOrder) {
	defer close(shared.made)
	ctx, done := p.tasks.lend(ctx)
	defer done()
	begin := p.now()
	order, err := p.client.Orders.Create(ctx, t.object, vingd.OrderParams{Price: t.price, Context: t.context})
	o := &p.orders
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		shared.err = err
		if o.current[t] == shared {
			delete(o.current, t)
		}
		return
	}
	shared.order = order
	shared.renew = begin.Add(order.Expires.Sub(begin) / 2)
	makeRoom(o.known, maxOrders, func(terms) bool { return false })
	o.known[order.ID] = t
}

// termsOf returns what an order was made for: by memory, else by the broker's, which knows orders that lapsed, too.
func (p *Paywall) termsOf(ctx context.Context, id vingd.OrderID) (terms, error) {
	p.orders.mu.Lock()
	t, ok := p.orders.known[id]
	p.orders.mu.Unlock()
	if ok || id == 0 {
		return t, nil
	}
	found, err := p.client.Orders.List(ctx, vingd.OrderFilter{ID: id, Expired: true})
	if err != nil {
		return terms{}, fmt.Errorf("looking up the order: %w", err)
	}
	for _, order := range found {
		if order.ID == id {
			return terms{order.Object, order.Price, order.Context}, nil
		}
	}
	return terms{}, nil
}

// makeRoom keeps a map below a size: it drops what is over, and then whatever comes first.
func makeRoom[K comparable, V any](m map[K]V, size int, over func(V) bool) {
	if len(m) < size {
		return
	}
	for key, value := range m {
		if over(value) {
			delete(m, key)
		}
	}
	for key := range m {
		if len(m) < size {
			return
		}
		delete(m, key)
	}
}
