package broker

import (
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

// entitlements is how often a purchase can be verified.
const entitlements = 1

// A PurchaseState says where the money of a purchase is.
type PurchaseState int

// A purchase is reserved first, and then either of the others for good.
const (
	Reserved PurchaseState = iota
	Committed
	Refunded
)

// A Purchase is a buyer's payment for an object.
type Purchase struct {
	ID     vingd.PurchaseID
	State  PurchaseState
	Object vingd.ObjectID
	// Name is that of the object when it was bought.
	Name   string
	Seller vingd.UID
	Buyer  vingd.UID
	Price  vingd.Cents
	// HUID is the buyer as the seller sees her; empty when she stays unknown.
	HUID vingd.HUID
	// Order and Context are those of the order; a delegated purchase has none.
	Order   vingd.OrderID
	Context *string
	// Transfer took the money from the buyer. Ended brought it from the reserve to where it went, and is zero for a
	// delegated purchase, which reserves nothing.
	Transfer vingd.TransferID
	Ended    vingd.TransferID

	verified bool
	left     int
}

// Verify tells what a token stands for, and spends one entitlement of it.
func (b *Broker) Verify(caller vingd.UID, object vingd.ObjectID, token vingd.TokenID) (Purchase, error) {
	b.begin()
	defer b.mu.Unlock()
	p, ok := b.tokens[vingd.TokenID(strings.ToLower(string(token)))]
	switch {
	case !ok || p.Object != object || p.Seller != caller:
		return Purchase{}, refuse(ErrNotFound, "there is no such token for object %d", object)
	case p.State == Refunded:
		return Purchase{}, refuse(ErrForbidden, "the token has expired, and purchase %d was refunded", p.ID)
	case p.left == 0:
		return Purchase{}, refuse(ErrForbidden, "the user is no longer entitled to object %d", object)
	}
	p.left--
	p.verified = true
	return *p, nil
}

// Commit pays the seller. To commit a purchase again, with the same transfer, changes nothing.
func (b *Broker) Commit(caller vingd.UID, id vingd.PurchaseID, transfer vingd.TransferID) error {
	now := b.begin()
	defer b.mu.Unlock()
	if err := b.require(caller, FlagBusiness); err != nil {
		return err
	}
	p, ok := b.purchases[id]
	switch {
	case !ok || p.Seller != caller:
		return refuse(ErrNotFound, "there is no purchase %d", id)
	case p.Transfer != transfer:
		return refuse(ErrConflict, "purchase %d was not paid by transfer %d", id, transfer)
	case p.State == Refunded:
		return refuse(ErrConflict, "purchase %d was refunded already", id)
	case p.State == Committed:
		return nil
	case !p.verified:
		return refuse(ErrConflict, "purchase %d must be verified before it is committed", id)
	}
	p.Ended = b.release(p.Seller, p.Price, now, p.note(ledger.Purchase))
	p.State = Committed
	return nil
}

// Charge buys one of the caller's objects for a user who permits it, and pays the caller at once.
func (b *Broker) Charge(caller vingd.UID, object vingd.ObjectID, id vingd.HUID, price vingd.Cents) (Purchase, error) {
	now := b.begin()
	defer b.mu.Unlock()
	if err := b.require(caller, FlagPurchase); err != nil {
		return Purchase{}, err
	}
	o, err := b.object(caller, object)
	if err != nil {
		return Purchase{}, err
	}
	u, err := b.permitted(caller, id, PermitPurchase)
	if err != nil {
		return Purchase{}, err
	}
	p := &Purchase{
		ID: vingd.PurchaseID(b.nextID()), State: Committed, Object: o.ID, Name: o.Description.Name,
		Seller: caller, Buyer: u.uid, Price: price, HUID: b.huid(caller, u.uid),
	}
	p.Transfer, err = b.move(u.uid, caller, price, now, p.note(ledger.Purchase))
	if err != nil {
		return Purchase{}, err
	}
	b.purchases[p.ID] = p
	return *p, nil
}

// refund gives a reserved purchase's price back to the buyer.
func (b *Broker) refund(p *Purchase, at time.Time) {
	class := ledger.UnverifiedRefund
	if p.verified {
		class = ledger.Refund
	}
	p.Ended = b.release(p.Buyer, p.Price, at, p.note(class))
	p.State = Refunded
}

func (p *Purchase) note(class ledger.Class) ledger.Note {
	return ledger.Note{Class: class, Object: p.Object, Name: p.Name, Purchase: p.ID}
}
