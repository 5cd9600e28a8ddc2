package vingd

import (
	"context"
	"time"
)

// Reconcile finds out what became of an order whose outcome is unknown. It takes what [OrderService.Create] took, with
// when that was, and returns what that would have returned.
//
// The order is known by its context, which must be unlike that of any other order for the object since a day before.
// Errors are those of [RewardService.Reconcile].
//
// API: GET /objects/{oid}/orders/all/
func (s *OrderService) Reconcile(ctx context.Context, object ObjectID, params OrderParams, sent time.Time) (*Order, error) {
	ch := s.c.checks(opOrderReconcile)
	ch.add("object", checkID(object))
	ch.amount("price", params.Price)
	ch.reference("context", params.Context)
	from := ch.since(sent, reconcileMargin).at
	if ch.err != nil {
		return nil, ch.err
	}
	o, err := reconcile(ctx, s.c, opOrderReconcile, func(ctx context.Context, c *Client) (Order, bool, error) {
		o, ok, err := sole(c.Orders.All(ctx, OrderFilter{Object: object, Expired: true}), func(o *Order) bool {
			return o.Context == params.Context && (o.Created.IsZero() || o.Created.After(from))
		})
		if ok && o.Price != params.Price {
			err = &doubtError{"the order with this context has another price"}
		}
		return o, ok, err
	})
	if err != nil {
		return nil, err
	}
	return &o, nil
}
