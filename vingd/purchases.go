package vingd

import (
	"context"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// PurchaseService verifies and commits purchases.
type PurchaseService struct{ c *Client }

// Purchase is the purchase of an object.
type Purchase struct {
	ID         PurchaseID
	Transfer   TransferID // the transfer that reserved the price
	Order      OrderID    // zero without an order, as in a result of Create
	ObjectName string     // the object's name at the time of the purchase
	Buyer      HUID       // empty for an anonymous buyer
	Context    string     // of the order
	// Reclaimed reports whether the price went back to the buyer. A reclaimed purchase pays nothing.
	Reclaimed bool
}

// PurchaseParams are the parameters of [PurchaseService.Create].
type PurchaseParams struct {
	// Buyer is the user who pays.
	Buyer HUID
	// Price is debited from the user's account.
	Price Cents
	// AllowZero permits a Price of zero.
	AllowZero bool
}

// Verify returns the purchase of a token with which a buyer returned to an object's URL.
//
// Each call spends one entitlement of the buyer to the object, and a payment gives one: keep the result. The client does not
// retry it if the outcome is unknown, although it is a GET. Verify again then. The second call succeeds if an entitlement is
// left. Otherwise it returns [ErrForbidden]: the first call spent the entitlement, and the buyer is refunded because the
// purchase cannot be committed.
//
// It returns [ErrForbidden] if the buyer's entitlement is spent, and [ErrNotFound] for an unknown token.
//
// API: GET /objects/{oid}/tokens/{tid}
func (s *PurchaseService) Verify(ctx context.Context, object ObjectID, token TokenID) (*Purchase, error) {
	args := s.c.args(opPurchaseVerify)
	args.fail("object", checkID(object))
	args.fail("token", token.check())
	req, err := args.request(wire.VerifyPurchase(int64(object), string(token)))
	if err != nil {
		return nil, err
	}
	return getOne(ctx, s.c, opPurchaseVerify.with(token), req, purchaseOf)
}

// Commit finishes a purchase and pays the seller. It takes the result of Verify; only the ID and the Transfer are used. A
// purchase that is not committed within 15 minutes of the payment is refunded to the buyer in full.
//
// A second commit of a purchase changes nothing. So the client retries a commit, even if its outcome is unknown.
//
// It returns [ErrForbidden] if the caller lacks the type.business ACL flag, and [ErrNotFound] for an unknown purchase or
// transfer. It returns [ErrGeneral] for a purchase that was refunded.
//
// API: PUT /purchases/{purchaseid}
func (s *PurchaseService) Commit(ctx context.Context, purchase *Purchase) error {
	args := s.c.args(opPurchaseCommit)
	if purchase == nil {
		args.fail("purchase", "is nil, must be the result of Verify")
		return args.err
	}
	args.fail("id", checkID(purchase.ID))
	args.fail("transfer", checkID(purchase.Transfer))
	req, err := args.request(wire.CommitPurchase(int64(purchase.ID), wire.Commit{Transferid: int64(purchase.Transfer)}))
	if err != nil {
		return err
	}
	return s.c.call(ctx, opPurchaseCommit, req, func(r *jsonread.Reader) *dataFailure {
		var commit wire.Committed
		if commit.Decode(r); r.Err() == nil && !commit.OK {
			return &dataFailure{desc: "The purchase is not committed."}
		}
		return nil
	})
}

// Create buys an object for a user who granted the caller [PermissionPurchase], and commits the purchase.
//
// It moves the price from the user's account at once. The client does not retry it if the outcome is unknown: call
// [PurchaseService.Reconcile] then, which requires an object that is registered for this purchase alone.
//
// It returns [ErrForbidden] if the caller lacks the purchase.object.authorize ACL flag or the user's permission. It returns
// [ErrGeneral] with status 402 if the user's balance is too low.
//
// API: POST /objects/{oid}/purchases
func (s *PurchaseService) Create(ctx context.Context, object ObjectID, params PurchaseParams) (*Purchase, error) {
	args := s.c.args(opPurchaseCreate)
	args.fail("object", checkID(object))
	args.fail("buyer", params.Buyer.check())
	args.amount("price", params.Price, params.AllowZero)
	body := wire.DelegatedPurchase{Price: int64(params.Price), HUID: string(params.Buyer), Autocommit: true}
	req, err := args.request(wire.PurchaseObject(int64(object), body))
	if err != nil {
		return nil, err
	}
	return getOne(ctx, s.c, opPurchaseCreate, req, purchaseOf)
}

func purchaseOf(p *wire.Purchase) Purchase {
	return Purchase{
		ID:         PurchaseID(p.Purchaseid),
		Transfer:   TransferID(p.Transferid),
		Order:      OrderID(p.Orderid),
		ObjectName: p.Object,
		Buyer:      HUID(p.HUID),
		Context:    p.Context,
		Reclaimed:  p.Reclaimed,
	}
}

// Reconcile finds out whether a call of [PurchaseService.Create] with an unknown outcome was done, and returns the purchase. It
// moves no money. Object and params are those of the call. Sent is the time before it.
//
// A purchase has no reference, so the object must be registered for this purchase alone and must have no order. Reconcile
// finds the purchase by the transfer that paid for the object. It returns [ErrNotDone] if no such transfer exists. The outcome
// stays unknown in these cases:
//   - A payment names no object.
//   - A transfer paid for the object, and the object has orders.
//   - The object was paid for twice, or with another price.
//
// In the result the Order is zero, and the ID and the ObjectName are zero if the transfer does not name them. Other errors are those
// of [RewardService.Reconcile].
//
// API: GET /id/users, GET /fort/accounts, GET /fort/transfers, GET /objects/{oid}/orders/all/
func (s *PurchaseService) Reconcile(ctx context.Context, object ObjectID, params PurchaseParams, sent time.Time) (*Purchase, error) {
	args := s.c.args(opPurchaseReconcile)
	args.fail("object", checkID(object))
	args.fail("buyer", params.Buyer.check())
	args.amount("price", params.Price, params.AllowZero)
	sent = args.sent(sent)
	if args.err != nil {
		return nil, args.err
	}
	payment := s.c.Transfers.query(func(own UID, f *TransferFilter) { f.To = own }, func(t *Transfer) verdict {
		v := t.judgePurchase(object)
		return v.unless(t.Amount != params.Price, "transfer %d paid for the object with another price")
	})
	t, err := reconcile(ctx, s.c, opPurchaseReconcile, sent, func(ctx context.Context, w window) (sighting[Transfer], error) {
		found, err := payment(ctx, w)
		if err == nil && found.found {
			err = s.c.Orders.requireNoOrders(ctx, object)
		}
		return found, err
	})
	if err != nil {
		return nil, err
	}
	paid := parseDetails(t.Description, nil)
	return &Purchase{ID: paid.purchase, Transfer: t.ID, ObjectName: paid.name, Buyer: params.Buyer}, nil
}
