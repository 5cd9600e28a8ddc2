package broker

import (
	"iter"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// A NewOrder is an order to be created.
type NewOrder struct {
	Price vingd.Cents
	// Expires is the expiry time. Nil is 15 minutes from now.
	Expires *time.Time
	// Context is returned when a purchase is verified. Optional.
	Context *string
}

// An Order offers an object for a price until a time. It can be sold many times.
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

// An OrderFilter selects orders.
type OrderFilter struct {
	// Object is the object on offer. Nil matches any.
	Object *vingd.ObjectID
	// IncludeExpired includes expired orders.
	IncludeExpired bool
}

func (f OrderFilter) keeps(o *Order, now time.Time) bool {
	return is(f.Object, o.Object) && (f.IncludeExpired || o.Live(now))
}

const (
	orderColumns = "id, object, seller, price, context, created, expires"
	insertOrder  = "INSERT INTO orders (" + orderColumns + ") VALUES ($1, $2, $3, $4, $5, $6, $7)"
	selectOrder  = "SELECT " + orderColumns + " FROM orders WHERE id = $1"
)

// CreateOrder offers one of the caller's objects.
func (b *Broker) CreateOrder(caller vingd.UID, object vingd.ObjectID, n NewOrder) (vingd.OrderID, error) {
	return inStep(b, func(s *step) (vingd.OrderID, error) { return s.createOrder(caller, object, n) })
}

func (s *step) createOrder(seller vingd.UID, object vingd.ObjectID, n NewOrder) (vingd.OrderID, error) {
	if _, err := s.object(seller, object); err != nil {
		return 0, err
	}
	if n.Price < 0 || n.Price > ledger.MaxAmount {
		return 0, refuse(ErrInvalid, "price %d: must be between 0 and %d", int64(n.Price), int64(ledger.MaxAmount))
	}
	expires := s.now.Add(orderLife)
	if n.Expires != nil {
		expires = *n.Expires
	}
	id, err := s.nextID()
	if err != nil {
		return 0, err
	}
	_, err = s.Exec(insertOrder, id, object, seller, n.Price, n.Context, s.now.UnixMicro(), expires.UnixMicro())
	return vingd.OrderID(id), err
}

// Order returns one of the caller's orders. It returns [ErrNotFound] if the filter does not match it.
func (b *Broker) Order(caller vingd.UID, id vingd.OrderID, f OrderFilter) (Order, error) {
	return inStep(b, func(s *step) (Order, error) {
		if err := s.checkObject(caller, f.Object); err != nil {
			return Order{}, err
		}
		o, ok, err := store.Find(s.Tx, scanOrder, selectOrder, id)
		if err != nil {
			return Order{}, err
		}
		if !ok || o.Seller != caller || !f.keeps(&o, s.now) {
			return Order{}, refuse(ErrNotFound, "there is no order %d", id)
		}
		return o, nil
	})
}

// Orders returns the caller's orders that match the filter, oldest first.
func (b *Broker) Orders(caller vingd.UID, f OrderFilter) iter.Seq2[Order, error] {
	return stream(b, func(s *step) (chunks[Order], error) {
		if err := s.checkObject(caller, f.Object); err != nil {
			return nil, err
		}
		l := store.From("orders", true, nil, nil)
		if f.Object != nil {
			l.Is("object", *f.Object)
		} else {
			l.Is("seller", caller)
		}
		if !f.IncludeExpired {
			l.Between("expires", new(s.now.UnixMicro()), nil)
		}
		return inOrder(l, "orders", orderColumns, scanOrder), nil
	})
}

// checkObject refuses a filter by another seller's object.
func (s *step) checkObject(caller vingd.UID, id *vingd.ObjectID) error {
	if id == nil {
		return nil
	}
	_, err := s.object(caller, *id)
	return err
}

func scanOrder(row store.Row) (o Order, err error) {
	err = row.Scan(&o.ID, &o.Object, &o.Seller, &o.Price, &o.Context, store.Time(&o.Created), store.Time(&o.Expires))
	return o, err
}
