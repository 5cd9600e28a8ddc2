package sandbox

import (
	"net/url"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// A Buyer is a person with an account, who pays and redeems without a browser. After [Sandbox.Reset] the account is gone:
// payments and redemptions return [ErrGone].
type Buyer struct {
	broker *broker.Broker // until the sandbox is reset
	uid    vingd.UID
	name   string
}

// AddBuyer adds a person with an account, and deposits balance there. It returns [ErrInvalid] if balance is below zero.
func (s *Sandbox) AddBuyer(name string, balance vingd.Cents) (*Buyer, error) {
	bound := s.broker.UntilReset()
	uid, err := bound.AddBuyer(name, balance)
	if err != nil {
		return nil, named(err)
	}
	return &Buyer{broker: bound, uid: uid, name: name}, nil
}

// FindBuyer returns the newest buyer with a name, such as one of the fixtures. It returns [ErrNotFound] if there is none.
func (s *Sandbox) FindBuyer(name string) (*Buyer, error) {
	bound := s.broker.UntilReset()
	found, err := bound.FindBuyer(name)
	if err != nil {
		return nil, named(err)
	}
	return &Buyer{broker: bound, uid: found.UID, name: found.Name}, nil
}

// Name returns the buyer's name.
func (b *Buyer) Name() string { return b.name }

// UID returns the number of the buyer's account. Each seller knows the buyer by a huid instead.
func (b *Buyer) UID() vingd.UID { return b.uid }

// Balance returns the money that the buyer can spend. Reserved money does not count. It returns zero if the account is gone.
func (b *Buyer) Balance() vingd.Cents {
	balance, _ := b.broker.Balance(b.uid)
	return balance
}

// Pay pays an order, and returns the URL to which the buyer's browser returns: the object's URL, with oid, tid and token in
// its query.
//
// Pay reserves the price. The seller receives it by committing the purchase. If the seller does not, the buyer is refunded
// after 15 minutes.
//
// It returns [ErrNotFound] if there is no such order, [ErrGone] if the order has expired, and [ErrLowBalance] if the balance
// is too low.
func (b *Buyer) Pay(order vingd.OrderID) (*url.URL, error) { return b.pay(order, false) }

// PayAnonymously is like [Buyer.Pay], but the seller receives no huid of the buyer.
func (b *Buyer) PayAnonymously(order vingd.OrderID) (*url.URL, error) { return b.pay(order, true) }

func (b *Buyer) pay(order vingd.OrderID, anonymously bool) (*url.URL, error) {
	receipt, err := b.broker.Pay(b.uid, order, anonymously)
	if err != nil {
		return nil, named(err)
	}
	return receipt.Return(), nil
}

// Redeem pays the amount of a voucher to the buyer, and returns it. Redeem ignores case, and everything but letters and
// digits, in code. It returns
//   - [ErrInvalid] if the code is mistyped,
//   - [ErrNotFound] if there is no such voucher,
//   - [ErrGone] if the voucher is used, revoked or expired,
//   - [ErrConflict] if the buyer has redeemed another voucher of the same group.
func (b *Buyer) Redeem(code vingd.VoucherCode) (vingd.Cents, error) {
	amount, err := b.broker.Redeem(b.uid, code)
	return amount, named(err)
}
