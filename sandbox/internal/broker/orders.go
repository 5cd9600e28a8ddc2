package broker

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

// A NewOrder is an offer as the seller makes it.
type NewOrder struct {
	Price vingd.Cents
	// Expires is when the order lapses; zero is 15 minutes from now.
	Expires time.Time
	// Context is given back by verification; nil is none.
	Context *string
}

// An Order offers an object for a price until a time. It may be sold many times.
type Order struct {
	ID      vingd.OrderID
	Object  vingd.ObjectID
	Seller  vingd.UID
	Price   vingd.Cents
	Context *string
	Created time.Time
	Expires time.Time
}

// Live reports whether the order can be paid at a time.
func (o *Order) Live(at time.Time) bool { return at.Before(o.Expires) }

// An OrderFilter narrows down orders.
type OrderFilter struct {
	// Object is the object on offer; zero is any.
	Object vingd.ObjectID
	// Lapsed lets lapsed orders in.
	Lapsed bool
}

func (f OrderFilter) keeps(o *Order, now time.Time) bool {
	return (f.Object == 0 || o.Object == f.Object) && (f.Lapsed || o.Live(now))
}

// CreateOrder offers one of the caller's objects.
func (b *Broker) CreateOrder(caller vingd.UID, object vingd.ObjectID, n NewOrder) (vingd.OrderID, error) {
	now := b.begin()
	defer b.mu.Unlock()
	if _, err := b.object(caller, object); err != nil {
		return 0, err
	}
	if n.Price < 0 || n.Price > ledger.MaxAmount {
		return 0, refuse(ErrInvalid, "price %d: must be between 0 and %d", int64(n.Price), int64(ledger.MaxAmount))
	}
	if n.Expires.IsZero() {
		n.Expires = now.Add(orderLife)
	}
	o := &Order{
		ID: vingd.OrderID(b.nextID()), Object: object, Seller: caller,
		Price: n.Price, Context: n.Context, Created: now, Expires: n.Expires,
	}
	b.orders[o.ID] = o
	seller := b.users[caller]
	seller.orders = append(seller.orders, o)
	return o.ID, nil
}

// Order returns one of the caller's orders, if the filter leaves it.
func (b *Broker) Order(caller vingd.UID, id vingd.OrderID, f OrderFilter) (Order, error) {
	now := b.begin()
	defer b.mu.Unlock()
	if err := b.checkObject(caller, f.Object); err != nil {
		return Order{}, err
	}
	o, ok := b.orders[id]
	if !ok || o.Seller != caller || !f.keeps(o, now) {
		return Order{}, refuse(ErrNotFound, "there is no order %d", id)
	}
	return *o, nil
}

// Orders returns the caller's orders that the filter leaves, oldest first.
func (b *Broker) Orders(caller vingd.UID, f OrderFilter) ([]Order, error) {
	now := b.begin()
	defer b.mu.Unlock()
	if err := b.checkObject(caller, f.Object); err != nil {
		return nil, err
	}
	var kept []Order
	for _, o := range b.users[caller].orders {
		if f.keeps(o, now) {
			kept = append(kept, *o)
		}
	}
	return kept, nil
}

// checkObject refuses a filter by an object that is not the caller's.
func (b *Broker) checkObject(caller vingd.UID, id vingd.ObjectID) error {
	if id == 0 {
		return nil
	}
	_, err := b.object(caller, id)
	return err
}
