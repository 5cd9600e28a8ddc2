package sandbox

import (
	"net/url"

	"github.com/vingd/vingd-api-go/vingd"
)

// A Buyer is a person with an account, doing without a browser what buyers do on the frontend.
type Buyer struct {
	sandbox *Sandbox
	uid     vingd.UID
	name    string
}

// NewBuyer adds a person with an account, and deposits balance there.
func (s *Sandbox) NewBuyer(name string, balance vingd.Cents) (*Buyer, error) {
	uid, err := s.broker.AddBuyer(name, balance)
	if err != nil {
		return nil, named(err)
	}
	return &Buyer{sandbox: s, uid: uid, name: name}, nil
}

// Name returns the name that she was given.
func (b *Buyer) Name() string { return b.name }

// UID returns the number of her account. Sellers know her by a huid instead.
func (b *Buyer) UID() vingd.UID { return b.uid }

// Balance returns what she can spend; what she has reserved by paying is not in it.
func (b *Buyer) Balance() vingd.Cents {
	balance, _ := b.sandbox.broker.Balance(b.uid) // her account exists as long as the sandbox
	return balance
}

// Pay confirms an order, and returns where her browser goes: the object's URL, with oid and tid added to its query.
//
// It reserves the price; the seller has it when she commits the purchase, and after 15 minutes it comes back.
// The error is [ErrNotFound], [ErrGone] or [ErrTooLittle].
func (b *Buyer) Pay(order vingd.OrderID) (*url.URL, error) { return b.pay(order, false) }

// PayAnonymously is like [Buyer.Pay], but the seller does not learn who pays.
func (b *Buyer) PayAnonymously(order vingd.OrderID) (*url.URL, error) { return b.pay(order, true) }

func (b *Buyer) pay(order vingd.OrderID, anonymously bool) (*url.URL, error) {
	receipt, err := b.sandbox.broker.Pay(b.uid, order, anonymously)
	if err != nil {
		return nil, named(err)
	}
	return receipt.Return, nil
}

// Redeem pays a voucher out to her, and returns its amount. Of code only letters and digits count, and case does not.
//
// The error is [ErrInvalid] for a mistyped code, [ErrNotFound], [ErrGone] for a voucher that is used, revoked or expired,
// or [ErrConflict] when she has redeemed another voucher of the same group.
func (b *Buyer) Redeem(code vingd.VoucherCode) (vingd.Cents, error) {
	amount, err := b.sandbox.broker.Redeem(b.uid, code)
	return amount, named(err)
}
