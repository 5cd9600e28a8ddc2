package vingd

import (
	"context"
	"iter"
	"strconv"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// DefaultOrderExpiry is how long after its creation an order lapses, unless it is told otherwise.
const DefaultOrderExpiry = 15 * time.Minute

// OrderService makes orders and finds them again.
type OrderService struct{ c *Client }

// Order is the offer of an object for a price. It belongs to no buyer: while it lives, it may be sold many times.
type Order struct {
	ID      OrderID
	Object  ObjectID
	Price   Cents
	Context string    // returned by [PurchaseService.Verify]; empty is none
	Expires time.Time // when it lapses
	Created time.Time // when it was made, for orders that are read back
}

// OrderParams are an order to be made.
type OrderParams struct {
	// Price is what the buyer pays.
	Price Cents
	// Context comes back with the verified purchase. Empty is none.
	Context string
	// Expires is when the order lapses. The zero Time is [DefaultOrderExpiry] from the call.
	Expires Time
}

// OrderFilter narrows down the caller's orders. The zero filter leaves all that live.
type OrderFilter struct {
	ID      OrderID  // this order only
	Object  ObjectID // for this object only
	Expired bool     // those that lapsed, too
}

// Create offers an object for a price. The buyer pays at one of the addresses that [OrderService.URLs] returns.
//
// It is not repeated when its outcome is unknown. An order that nobody pays for costs nothing and lapses; one with a
// context of its own is found again by [OrderService.Reconcile].
//
// API: POST /objects/{oid}/orders/
func (s *OrderService) Create(ctx context.Context, object ObjectID, params OrderParams) (*Order, error) {
	args := s.c.args(opOrderCreate)
	args.fail("object", checkID(object))
	args.amount("price", params.Price)
	args.text("context", params.Context)
	expires, expiresText := args.expiry(params.Expires, DefaultOrderExpiry)
	body := wire.NewOrder{Price: int64(params.Price), OrderExpires: expiresText, Context: ptrOrNil(params.Context)}
	req, err := args.request(wire.CreateOrder(int64(object), body))
	if err != nil {
		return nil, err
	}
	o := &Order{Object: object, Price: params.Price, Context: params.Context, Expires: expires}
	err = s.c.call(ctx, opOrderCreate, req, func(r *jsonread.Reader) (failed *batchFailure) {
		var made wire.CreatedOrder
		made.Decode(r)
		o.ID, failed = createdID[OrderID](r, made.ID, made.IDs, made.Errors)
		return failed
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}

// URLs returns where a buyer pays for an order.
func (s *OrderService) URLs(id OrderID) URLs {
	return s.c.urls("/orders/" + strconv.FormatInt(int64(id), 10) + "/add/")
}

// Get returns one of the caller's orders that live.
//
// An order that is not there, that lapsed, or that is another's is an [ErrNotFound]. For one that lapsed use
// [OrderService.List] with its ID and Expired.
//
// API: GET /orders/{orderid}
func (s *OrderService) Get(ctx context.Context, id OrderID) (*Order, error) {
	args := s.c.args(opOrderGet)
	args.fail("id", checkID(id))
	req, err := args.request(wire.GetOrder(int64(id)))
	if err != nil {
		return nil, err
	}
	return getOne(ctx, s.c, opOrderGet, req, orderOf)
}

// List returns the caller's orders that the filter leaves.
//
// API: GET /orders/, GET /orders/all/, GET /orders/{orderid}, GET /orders/all/{orderid},
// GET /objects/{oid}/orders/, GET /objects/{oid}/orders/all/, GET /objects/{oid}/orders/{orderid},
// GET /objects/{oid}/orders/all/{orderid}
func (s *OrderService) List(ctx context.Context, filter OrderFilter) ([]Order, error) {
	return list(ctx, s.c, opOrderList, s.request, filter, orderOf)
}

// All streams the caller's orders that the filter leaves, in constant memory. Each use of the sequence makes a call.
//
// API: as [OrderService.List]
func (s *OrderService) All(ctx context.Context, filter OrderFilter) iter.Seq2[Order, error] {
	return stream(ctx, s.c, opOrderList, s.request, filter, orderOf)
}

func (s *OrderService) request(f OrderFilter) (rest.Request, error) {
	args := s.c.args(opOrderList)
	id, object := filterID(args, "id", f.ID), filterID(args, "object", f.Object)
	switch one, ofObject := id != 0, object != 0; {
	case one && ofObject && f.Expired:
		return args.request(wire.GetAnyObjectOrder(object, id))
	case one && ofObject:
		return args.request(wire.GetObjectOrder(object, id))
	case one && f.Expired:
		return args.request(wire.GetAnyOrder(id))
	case one:
		return args.request(wire.GetOrder(id))
	case ofObject && f.Expired:
		return args.request(wire.ListAllObjectOrders(object))
	case ofObject:
		return args.request(wire.ListObjectOrders(object))
	case f.Expired:
		return args.request(wire.ListAllOrders())
	default:
		return args.request(wire.ListOrders())
	}
}

func orderOf(o *wire.Order) Order {
	expires := o.OrderExpires
	if expires.IsZero() {
		expires = o.Expires
	}
	return Order{
		ID:      OrderID(o.ID),
		Object:  ObjectID(o.OID),
		Price:   Cents(o.Price),
		Context: o.Context,
		Expires: expires,
		Created: o.TimestampCreated,
	}
}

// Reconcile finds out whether an order whose outcome is unknown was created, and returns it. Order parameters are those
// of [OrderService.Create]; sent is the time before that call.
//
// Reconcile knows the order by its context, which no other order for the object of the last day may have. It returns
// [ErrNotDone] if there is no such order. If an order has no context, a similar context, or another price, the outcome
// stays unknown. Other errors are those of [RewardService.Reconcile].
//
// API: GET /objects/{oid}/orders/all/
func (s *OrderService) Reconcile(ctx context.Context, object ObjectID, params OrderParams, sent time.Time) (*Order, error) {
	args := s.c.args(opOrderReconcile)
	args.fail("object", checkID(object))
	args.amount("price", params.Price)
	args.reference("context", params.Context, maxReference)
	sent = args.sent(sent)
	if args.err != nil {
		return nil, args.err
	}
	note := newReference(params.Context)
	o, err := reconcile(ctx, s.c, opOrderReconcile, sent, query[Order]{
		rows: func(ctx context.Context, p page) iter.Seq2[Order, error] {
			return s.All(ctx, OrderFilter{Object: object, Expired: true})
		},
		id:      func(o *Order) int64 { return int64(o.ID) },
		unpaged: true,
		judge: func(o *Order) verdict {
			if !o.Created.IsZero() && o.Created.Before(sent.Add(-farMargin)) {
				return verdict{}
			}
			v := judge("order %d may be this one: it has no context or a similar one", o.Price.isNearly(params.Price), field{note, o.Context, true})
			return v.unless(o.Price != params.Price, "order %d with this context has another price")
		},
	}.look)
	if err != nil {
		return nil, err
	}
	return &o, nil
}

// requireNoOrders refuses an object that has orders: a payment may be for one of them.
func (s *OrderService) requireNoOrders(ctx context.Context, object ObjectID) error {
	for _, err := range s.All(ctx, OrderFilter{Object: object, Expired: true}) {
		if err != nil {
			return err
		}
		return &ambiguousError{"the object is offered by orders, too: it must be registered for this purchase alone"}
	}
	return nil
}
