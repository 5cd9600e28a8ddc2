package vingd

import (
	"context"
	"time"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// Reconcile finds out what became of a purchase in the name of a user whose outcome is unknown. It takes what
// [PurchaseService.Create] took, with when that was, and returns what that would have returned.
//
// Such a purchase carries no reference. It can be told only by an object that is registered for this one purchase, and
// offered by no order: then the transfer that paid for the object is it. Where the object was paid for more often since
// a day before, or has orders, or where a transfer of the price does not tell what it paid for, this does not guess: the
// error has an unknown outcome. An object that was not paid for at all since is certainly not bought, whatever else is
// for sale: [ErrNotDone]. Other errors are those of [RewardService.Reconcile].
//
// It moves no money.
//
// API: GET /id/users, GET /fort/transfers, GET /objects/{oid}/orders/all/
func (s *PurchaseService) Reconcile(ctx context.Context, object ObjectID, params PurchaseParams, sent time.Time) (*Purchase, error) {
	ch := s.c.checks(opPurchaseReconcile)
	ch.add("object", checkID(object))
	ch.add("buyer", params.Buyer.check())
	ch.amount("price", params.Price)
	since := ch.since(sent, reconcileMargin)
	if ch.err != nil {
		return nil, ch.err
	}
	var own UID
	p, err := reconcile(ctx, s.c, opPurchaseReconcile, func(ctx context.Context, c *Client) (p Purchase, ok bool, err error) {
		if err := c.Users.own(ctx, &own); err != nil {
			return p, false, err
		}
		payment := func(t *Transfer) bool { return t.paysFor(object, params.Price) }
		t, ok, err := sole(c.Transfers.All(ctx, TransferFilter{To: own, Since: since}), payment)
		if err != nil || !ok {
			return p, false, err
		}
		if err := c.Orders.none(ctx, object); err != nil {
			return p, false, err
		}
		sold := t.sale()
		switch {
		case sold.object != object:
			err = &doubtError{"a transfer of this price does not tell which object it paid for"}
		case t.Amount != params.Price:
			err = &doubtError{"the object was paid for with another price"}
		}
		return Purchase{ID: sold.purchase, Transfer: t.ID, Object: sold.name, Buyer: params.Buyer}, true, err
	})
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// none doubts an object that has orders: whoever paid may have paid one of them.
func (s *OrderService) none(ctx context.Context, object ObjectID) error {
	for _, err := range s.All(ctx, OrderFilter{Object: object, Expired: true}) {
		if err != nil {
			return err
		}
		return &doubtError{"the object is offered by orders, too: it must be registered for this purchase alone"}
	}
	return nil
}

// paysFor reports whether a transfer is the payment for an object, or may be, as far as it tells.
func (t *Transfer) paysFor(object ObjectID, price Cents) bool {
	if t.Class != TransferPurchase && t.Class != 0 {
		return false
	}
	sold := t.sale().object
	return sold == object || sold == 0 && t.Amount == price
}

// sale is what the description of a transfer tells of what it paid for. No document says how; this is how the sandbox
// writes it.
type sale struct {
	object   ObjectID
	name     string
	purchase PurchaseID
}

func (t *Transfer) sale() (s sale) {
	var r jsonread.Reader
	r.Reset([]byte(t.Description))
	for r.Enter('{'); r.Next('}'); {
		switch string(r.Key()) {
		case "oid":
			s.object = ObjectID(optionalInt(&r))
		case "object":
			s.name = optionalString(&r)
		case "purchaseid":
			s.purchase = PurchaseID(optionalInt(&r))
		default:
			r.Skip()
		}
	}
	if r.Err() != nil {
		return sale{}
	}
	return s
}
