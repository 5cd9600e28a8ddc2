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

// DefaultOrderExpiry is the lifetime of an order whose Expires is zero.
const DefaultOrderExpiry = 15 * time.Minute

// OrderService manages orders: offers of objects to buyers.
type OrderService struct{ c *Client }

// Order is the offer of an object for a price. It belongs to no buyer: until it expires, many buyers can pay for it.
type Order struct {
	ID      OrderID
	Object  ObjectID
	Price   Cents
	Context string // returned by [PurchaseService.Verify]; optional
	Expires time.Time
	Created time.Time // zero in the result of Create
}

// OrderParams are the parameters of [OrderService.Create].
type OrderParams struct {
	// Price is the price that the buyer pays.
	Price Cents
	// AllowZero permits a Price of zero.
	AllowZero bool
	// Context is returned with the verified purchase. Optional.
	Context string
	// Expires is the expiry time. If zero, [DefaultOrderExpiry] from the call is used.
	Expires Time
}

// OrderFilter selects the caller's orders. The zero value matches every order that has not expired.
type OrderFilter struct {
	ID             OrderID  // this order only
	Object         ObjectID // for this object only
	IncludeExpired bool     // expired orders too
}

// Create offers an object for a price. [OrderService.URLs] returns the URLs at which a buyer pays.
//
// The client does not retry it if the outcome is unknown. An order that no buyer pays for costs nothing, and expires.
// [OrderService.Reconcile] finds an order by a unique context.
//
// API: POST /objects/{oid}/orders/
func (s *OrderService) Create(ctx context.Context, object ObjectID, params OrderParams) (*Order, error) {
	args := s.c.args(opOrderCreate)
	args.fail("object", checkID(object))
	args.amount("price", params.Price, params.AllowZero)
	args.text("context", params.Context)
	expires, expiresText := args.expiry(params.Expires, DefaultOrderExpiry)
	body := wire.NewOrder{Price: int64(params.Price), OrderExpires: expiresText, Context: ptrOrNil(params.Context)}
	req, err := args.request(wire.CreateOrder(int64(object), body))
	if err != nil {
		return nil, err
	}
	o := &Order{Object: object, Price: params.Price, Context: params.Context, Expires: expires}
	err = s.c.call(ctx, opOrderCreate, req, func(r *jsonread.Reader) (failed *dataFailure) {
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

// URLs returns the URLs at which a buyer pays for an order.
func (s *OrderService) URLs(id OrderID) URLs {
	return s.c.urls("/orders/" + strconv.FormatInt(int64(id), 10) + "/add/")
}

// Get returns one of the caller's orders that have not expired. For an expired order call [OrderService.List] with its ID and
// IncludeExpired.
//
// It returns [ErrNotFound] if the order does not exist, has expired, or belongs to another account.
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

// List returns the caller's orders that the filter selects.
//
// API: GET /orders/, GET /orders/all/, GET /orders/{orderid}, GET /orders/all/{orderid},
// GET /objects/{oid}/orders/, GET /objects/{oid}/orders/all/, GET /objects/{oid}/orders/{orderid},
// GET /objects/{oid}/orders/all/{orderid}
func (s *OrderService) List(ctx context.Context, filter OrderFilter) ([]Order, error) {
	return list(ctx, s.c, opOrderList, s.request, filter, orderOf)
}

// All streams the caller's orders that the filter selects, in constant memory. Each use of the sequence makes a call.
//
// API: as [OrderService.List]
func (s *OrderService) All(ctx context.Context, filter OrderFilter) iter.Seq2[Order, error] {
	return stream(ctx, s.c, opOrderList, s.request, filter, orderOf)
}

func (s *OrderService) request(f OrderFilter) (rest.Request, error) {
	args := s.c.args(opOrderList)
	id, object := filterID(args, "id", f.ID), filterID(args, "object", f.Object)
	switch one, ofObject := id != 0, object != 0; {
	case one && ofObject && f.IncludeExpired:
		return args.request(wire.GetAnyObjectOrder(object, id))
	case one && ofObject:
		return args.request(wire.GetObjectOrder(object, id))
	case one && f.IncludeExpired:
		return args.request(wire.GetAnyOrder(id))
	case one:
		return args.request(wire.GetOrder(id))
	case ofObject && f.IncludeExpired:
		return args.request(wire.ListAllObjectOrders(object))
	case ofObject:
		return args.request(wire.ListObjectOrders(object))
	case f.IncludeExpired:
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

// Reconcile finds out whether a call of [OrderService.Create] with an unknown outcome was done, and returns the order. Object
// and params are those of the call. Sent is the time before it.
//
// Reconcile finds the order by its context. The context must be unique among the orders of the last day for the object.
// Reconcile returns [ErrNotDone] if no order has it. The outcome stays unknown if an order has no context, a similar context or
// another price. Other errors are those of [RewardService.Reconcile].
//
// API: GET /objects/{oid}/orders/all/
func (s *OrderService) Reconcile(ctx context.Context, object ObjectID, params OrderParams, sent time.Time) (*Order, error) {
	args := s.c.args(opOrderReconcile)
	args.fail("object", checkID(object))
	args.amount("price", params.Price, params.AllowZero)
	args.reference("context", params.Context, maxReference)
	sent = args.sent(sent)
	if args.err != nil {
		return nil, args.err
	}
	note := newReference(params.Context)
	o, err := reconcile(ctx, s.c, opOrderReconcile, sent, query[Order]{
		rows: func(ctx context.Context, p page) iter.Seq2[Order, error] {
			return s.All(ctx, OrderFilter{Object: object, IncludeExpired: true})
		},
		id:      func(o *Order) int64 { return int64(o.ID) },
		at:      func(o *Order) time.Time { return o.Created },
		unpaged: true,
		judge: func(o *Order) verdict {
			v := judge("order %d may be this one: it has no context or a similar one", o.Price.isNearly(params.Price), field{note, o.Context, true})
			return v.unless(o.Price != params.Price, "order %d with this context has another price")
		},
	}.look)
	if err != nil {
		return nil, err
	}
	return &o, nil
}

// requireNoOrders returns an error for an object that has orders: a payment may be for one of them.
func (s *OrderService) requireNoOrders(ctx context.Context, object ObjectID) error {
	for _, err := range s.All(ctx, OrderFilter{Object: object, IncludeExpired: true}) {
		if err != nil {
			return err
		}
		return &ambiguousError{"the object has orders: it must be registered for this purchase alone"}
	}
	return nil
}
