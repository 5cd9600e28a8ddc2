package broker

import (
	"database/sql"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// entitlements is the number of times that a purchase can be verified.
const entitlements = 1

// A PurchaseState is the state of a purchase's money.
type PurchaseState string

// A purchase is reserved at first. Committed and refunded are final.
const (
	Reserved  PurchaseState = "reserved"
	Committed PurchaseState = "committed"
	Refunded  PurchaseState = "refunded"
)

// A Purchase is a buyer's payment for an object.
type Purchase struct {
	ID     vingd.PurchaseID
	State  PurchaseState
	Object vingd.ObjectID
	// Name is the object's name at the time of the purchase.
	Name   string
	Seller vingd.UID
	Buyer  vingd.UID
	Price  vingd.Cents
	// HUID is the seller's id of the buyer. It is empty if the buyer paid anonymously.
	HUID vingd.HUID
	// Order and Context are those of the order. A delegated purchase has neither.
	Order   vingd.OrderID
	Context *string
	// Transfer took the money from the buyer. Ended moved it from the reserve to the seller or back. Ended is zero while the
	// purchase is reserved, and for a delegated purchase, which reserves no money.
	Transfer vingd.TransferID
	Ended    vingd.TransferID

	token vingd.TokenID
	// due is the time at which the purchase is refunded unless it is committed. It is nil for a delegated purchase.
	due *time.Time
	// entitled is the number of times that the purchase can still be verified, and verified the number of times that it was.
	entitled, verified int64
}

const (
	purchaseColumns = `id, state, object, name, seller, buyer, price, huid, sold_by, context, transfer, ended,
		token, due, entitled, verified`
	insertPurchase = "INSERT INTO purchases (" + purchaseColumns +
		") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
	selectPurchase = "SELECT " + purchaseColumns + " FROM purchases WHERE id = $1"
	selectToken    = "SELECT " + purchaseColumns + " FROM purchases WHERE token = $1"
	verifyPurchase = "UPDATE purchases SET entitled = entitled - 1, verified = verified + 1 WHERE id = $1"
	endPurchase    = "UPDATE purchases SET state = $2, ended = $3 WHERE id = $1"
)

// over reports whether a purchase is due to be refunded at a time. A step that is behind sees such purchases.
func (p *Purchase) over(at time.Time) bool { return p.State == Reserved && !p.due.After(at) }

// Verify returns the purchase of a token, and uses up one of its entitlements. It returns [ErrNotFound] if the token is
// unknown, and [ErrForbidden] if it has expired or was verified before.
func (b *Broker) Verify(caller vingd.UID, object vingd.ObjectID, token vingd.TokenID) (Purchase, error) {
	return inStep(b, func(s *step) (Purchase, error) {
		p, ok, err := store.Find(s.Tx, scanPurchase, selectToken, strings.ToLower(string(token)))
		switch {
		case err != nil:
			return Purchase{}, err
		case !ok || p.Object != object || p.Seller != caller:
			return Purchase{}, refuse(ErrNotFound, "there is no such token for object %d", object)
		case p.State == Refunded, p.over(s.now):
			return Purchase{}, refuse(ErrForbidden, "the token has expired, and purchase %d was refunded", p.ID)
		case p.entitled == 0:
			return Purchase{}, refuse(ErrForbidden, "the user is no longer entitled to object %d", object)
		}
		_, err = s.Exec(verifyPurchase, p.ID)
		return p, err
	})
}

// Commit pays the seller. A second commit with the same transfer changes nothing. Commit returns [ErrConflict] if the
// purchase was refunded or never verified, or if another transfer paid it.
func (b *Broker) Commit(caller vingd.UID, id vingd.PurchaseID, transfer vingd.TransferID) error {
	return b.do(func(s *step) error {
		if err := s.require(caller, FlagBusiness); err != nil {
			return err
		}
		p, ok, err := store.Find(s.Tx, scanPurchase, selectPurchase, id)
		switch {
		case err != nil:
			return err
		case !ok || p.Seller != caller:
			return refuse(ErrNotFound, "there is no purchase %d", id)
		case p.Transfer != transfer:
			return s.notPaidBy(id, transfer)
		case p.State == Refunded, p.over(s.now):
			return refuse(ErrConflict, "purchase %d was refunded already", id)
		case p.State == Committed:
			return nil
		case p.verified == 0:
			return refuse(ErrConflict, "purchase %d must be verified before it is committed", id)
		}
		return s.end(p, Committed, p.Seller, vingd.TransferPurchase, s.now)
	})
}

// notPaidBy refuses a transfer that did not pay the purchase.
func (s *step) notPaidBy(id vingd.PurchaseID, transfer vingd.TransferID) error {
	_, exists, err := s.books.Transfer(transfer)
	switch {
	case err != nil:
		return err
	case !exists:
		return refuse(ErrNotFound, "there is no transfer %d", transfer)
	default:
		return refuse(ErrConflict, "purchase %d was not paid by transfer %d", id, transfer)
	}
}

// Charge buys one of the caller's objects for a user, and pays the caller at once. It returns [ErrForbidden] unless the user
// has granted the caller [PermitPurchase].
func (b *Broker) Charge(caller vingd.UID, object vingd.ObjectID, id vingd.HUID, price vingd.Cents) (Purchase, error) {
	return inStep(b, func(s *step) (Purchase, error) {
		if err := s.require(caller, FlagPurchase); err != nil {
			return Purchase{}, err
		}
		o, err := s.object(caller, object)
		if err != nil {
			return Purchase{}, err
		}
		uid, err := s.permitted(caller, id, PermitPurchase)
		if err != nil {
			return Purchase{}, err
		}
		n, err := s.nextID()
		if err != nil {
			return Purchase{}, err
		}
		p := Purchase{
			ID: vingd.PurchaseID(n), State: Committed, Object: o.ID, Name: o.Description.Name,
			Seller: caller, Buyer: uid, Price: price, HUID: vingd.HUID(strings.ToLower(string(id))),
		}
		if p.Transfer, err = s.move(uid, caller, price, s.now, p.note(vingd.TransferPurchase)); err != nil {
			return Purchase{}, err
		}
		return p, s.addPurchase(&p)
	})
}

// refund returns the price of a reserved purchase to the buyer.
func (s *step) refund(p Purchase, at time.Time) error {
	class := vingd.TransferUnverifiedRefund
	if p.verified > 0 {
		class = vingd.TransferRefund
	}
	return s.end(p, Refunded, p.Buyer, class, at)
}

// end moves the price of a reserved purchase from the reserve to an account.
func (s *step) end(p Purchase, as PurchaseState, to vingd.UID, class vingd.TransferClass, at time.Time) error {
	ended, err := s.release(to, p.Price, at, p.note(class))
	if err != nil {
		return err
	}
	_, err = s.Exec(endPurchase, p.ID, as, ended)
	return err
}

func (p *Purchase) note(class vingd.TransferClass) ledger.Note {
	return ledger.Note{Class: class, Object: p.Object, Name: p.Name, Purchase: p.ID}
}

func (s *step) addPurchase(p *Purchase) error {
	var due *int64
	if p.due != nil {
		due = new(p.due.UnixMicro())
	}
	_, err := s.Exec(insertPurchase, p.ID, p.State, p.Object, p.Name, p.Seller, p.Buyer, p.Price,
		store.OrNull(p.HUID), store.OrNull(p.Order), p.Context, p.Transfer, store.OrNull(p.Ended),
		store.OrNull(p.token), due, p.entitled, p.verified)
	return err
}

func scanPurchase(row store.Row) (p Purchase, err error) {
	var due sql.NullInt64
	err = row.Scan(&p.ID, &p.State, &p.Object, &p.Name, &p.Seller, &p.Buyer, &p.Price,
		store.Zero(&p.HUID), store.Zero(&p.Order), &p.Context, &p.Transfer, store.Zero(&p.Ended),
		store.Zero(&p.token), &due, &p.entitled, &p.verified)
	if due.Valid {
		p.due = new(time.UnixMicro(due.Int64).UTC())
	}
	return p, err
}
