package paywall

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// maxOrders bounds how many orders are remembered. The broker is asked for the others.
const maxOrders = 10_000

// terms are what an order was made for.
type terms struct {
	object  vingd.ObjectID
	price   vingd.Cents
	context string
}

// orders are the current orders, one for each terms. All buyers share an order.
type orders struct {
	mu      sync.Mutex
	current *recent[terms, *sharedOrder]
	known   *recent[vingd.OrderID, terms]
}

// A sharedOrder is an order that is being made, or was.
type sharedOrder struct {
	made  chan struct{} // closed when the call has ended; the rest is valid then
	order *vingd.Order
	err   error
	renew time.Time // another order is made from then on
}

func newOrders() orders {
	return orders{current: newRecent[terms, *sharedOrder](maxOrders), known: newRecent[vingd.OrderID, terms](maxOrders)}
}

// order returns an order for an offer that lives long enough to be paid. Concurrent callers share one call.
func (p *Paywall) order(ctx context.Context, offer Offer) (*vingd.Order, error) {
	t := terms{offer.Object, offer.Price, offer.Context}
	shared, err := p.sharedOrder(ctx, t)
	if err != nil {
		return nil, err
	}
	select {
	case <-shared.made:
		return shared.order, shared.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *Paywall) sharedOrder(ctx context.Context, t terms) (*sharedOrder, error) {
	p.orders.mu.Lock()
	defer p.orders.mu.Unlock()
	if shared, ok := p.orders.current.get(t); ok && !shared.over(p.now()) {
		return shared, nil
	}
	shared := &sharedOrder{made: make(chan struct{})}
	if !p.tasks.start(func() { p.makeOrder(ctx, t, shared) }) {
		return nil, errClosed
	}
	p.orders.current.put(t, shared)
	return shared, nil
}

// over reports whether another order must be made: the call failed, or the order expires soon.
func (s *sharedOrder) over(now time.Time) bool {
	select {
	case <-s.made:
		return s.err != nil || !now.Before(s.renew)
	default:
		return false
	}
}

func (p *Paywall) makeOrder(ctx context.Context, t terms, shared *sharedOrder) {
	defer close(shared.made)
	ctx, done := p.tasks.attach(ctx)
	defer done()
	begin := p.now()
	shared.order, shared.err = p.client.Orders.Create(ctx, t.object, vingd.OrderParams{Price: t.price, AllowZero: true, Context: t.context})
	if shared.err != nil {
		if errors.Is(shared.err, vingd.ErrNotFound) {
			p.objects.doubt(t.object)
		}
		return
	}
	shared.renew = begin.Add(shared.order.Expires.Sub(begin) / 2)
	p.orders.known.put(shared.order.ID, t)
}

// check returns a verified purchase with its price. If the order was made by another process, the broker is asked.
func (p *Paywall) check(ctx context.Context, entry Entry) (Entry, error) {
	t, ok := p.orders.known.get(entry.Order)
	if !ok {
		var err error
		if t, err = p.lookUp(ctx, entry.Order); err != nil {
			return entry, err
		}
		p.orders.known.put(entry.Order, t)
	}
	entry.checked(t)
	return entry, nil
}

// checked notes an order's price. An order for something else has none.
func (e *Entry) checked(t terms) {
	e.Checked = t.object == e.Object && t.context == e.Context
	if e.Checked {
		e.Price = t.price
	}
}

// lookUp returns the terms of an order, be it expired.
func (p *Paywall) lookUp(ctx context.Context, id vingd.OrderID) (terms, error) {
	if id == 0 {
		return terms{}, nil
	}
	found, err := p.client.Orders.List(ctx, vingd.OrderFilter{ID: id, IncludeExpired: true})
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
