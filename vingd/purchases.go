package vingd

import (
	"context"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// PurchaseService verifies and finishes purchases.
type PurchaseService struct{ c *Client }

// Purchase is an object bought.
type Purchase struct {
	ID       PurchaseID
	Transfer TransferID // the transfer that reserved the price; both ids go into [PurchaseService.Commit]
	Order    OrderID    // zero for a purchase without an order
	Object   string     // the object's name when it was bought
	Buyer    HUID       // empty when she bought anonymously
	Context  string     // as given when the order was made; empty is none
	// Reclaimed says that the money went back to the buyer: nobody pays for what is served for it.
	Reclaimed bool
}

// PurchaseParams are a purchase in the name of a user.
type PurchaseParams struct {
	// Buyer is the user who is charged.
	Buyer HUID
	// Price is what she is charged.
	Price Cents
}

// Verify tells what a token stands for: the purchase with which a buyer came back to an object's URL.
//
// Each call spends one entitlement of the buyer to the object: keep what it returns. It is a GET, and yet it is never
// sent twice; when its outcome is unknown, so is whether an entitlement was spent. Verify again then: that succeeds when
// one is left, and [ErrForbidden] says that it was spent on a purchase that nobody can commit, and that is refunded.
//
// It returns [ErrForbidden] when the buyer is not entitled any more, and [ErrNotFound] when there is no such token.
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

// Commit finishes a purchase and pays the seller. A purchase that is never committed is refunded to the buyer in full.
//
// To commit the same purchase again changes nothing, so it is repeated when it fails, also when its outcome is unknown.
//
// It needs the ACL flag type.business, else it returns [ErrForbidden]; where there is no such purchase or transfer,
// [ErrNotFound].
//
// API: PUT /purchases/{purchaseid}
func (s *PurchaseService) Commit(ctx context.Context, id PurchaseID, transfer TransferID) error {
	args := s.c.args(opPurchaseCommit)
	args.fail("id", checkID(id))
	args.fail("transfer", checkID(transfer))
	req, err := args.request(wire.CommitPurchase(int64(id), wire.Commit{Transferid: int64(transfer)}))
	if err != nil {
		return err
	}
	return s.c.call(ctx, opPurchaseCommit, req, func(r *jsonread.Reader) *batchFailure {
		var commit wire.Committed
		if commit.Decode(r); r.Err() == nil && !commit.OK {
			return &batchFailure{desc: "The purchase is not committed."}
		}
		return nil
	})
}

// Create buys an object in the name of a user who granted the caller [PermissionPurchase]. The purchase is committed
// by the same call.
//
// It moves the price from the user's account at once, and nothing makes it safe to repeat: it is not repeated when its
// outcome is unknown. [PurchaseService.Reconcile] finds out, if the object is registered for this purchase alone.
//
// It needs the ACL flag purchase.object.authorize, and the permission, else it returns [ErrForbidden].
//
// API: POST /objects/{oid}/purchases
func (s *PurchaseService) Create(ctx context.Context, object ObjectID, params PurchaseParams) (*Purchase, error) {
	args := s.c.args(opPurchaseCreate)
	args.fail("object", checkID(object))
	args.fail("buyer", params.Buyer.check())
	args.amount("price", params.Price)
	body := wire.DelegatedPurchase{Price: int64(params.Price), HUID: string(params.Buyer), Autocommit: true}
	req, err := args.request(wire.PurchaseObject(int64(object), body))
	if err != nil {
		return nil, err
	}
	return getOne(ctx, s.c, opPurchaseCreate, req, purchaseOf)
}

func purchaseOf(p *wire.Purchase) Purchase {
	return Purchase{
		ID:        PurchaseID(p.Purchaseid),
		Transfer:  TransferID(p.Transferid),
		Order:     OrderID(p.Orderid),
		Object:    p.Object,
		Buyer:     HUID(p.HUID),
		Context:   p.Context,
		Reclaimed: p.Reclaimed,
	}
}

// Reconcile finds out whether a purchase in the name of a user whose outcome is unknown was made, and returns it. Object
// and params are those of [PurchaseService.Create]; sent is the time before that call. It moves no money.
//
// A purchase has no reference, so the object must be registered for this purchase alone and offered by no order.
// Reconcile knows the purchase by the transfer that paid for the object. It returns [ErrNotDone] if there is no such
// transfer. The outcome stays unknown if a payment names no object, if the object has orders, or if it was paid for twice
// or with another price. Other errors are those of [RewardService.Reconcile].
//
// API: GET /id/users, GET /fort/transfers, GET /objects/{oid}/orders/all/
func (s *PurchaseService) Reconcile(ctx context.Context, object ObjectID, params PurchaseParams, sent time.Time) (*Purchase, error) {
	args := s.c.args(opPurchaseReconcile)
	args.fail("object", checkID(object))
	args.fail("buyer", params.Buyer.check())
	args.amount("price", params.Price)
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
	return &Purchase{ID: paid.purchase, Transfer: t.ID, Object: paid.name, Buyer: params.Buyer}, nil
}

// judgePurchase looks for the object that a transfer paid for.
func (t *Transfer) judgePurchase(object ObjectID) verdict {
	switch paid := parseDetails(t.Description, nil).object; {
	case !t.Class.mayBe(TransferPurchase), paid != 0 && paid != object:
		return verdict{}
	case paid == object:
		return verdict{is: true}
	default:
		return verdict{doubt: "transfer %d may be this payment: it does not tell for which object"}
	}
}
