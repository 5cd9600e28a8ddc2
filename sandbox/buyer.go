package sandbox

import (
	"net/url"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// A Buyer is a person with an account, doing without a browser what buyers do on the frontend. After [Sandbox.Reset] the
// account is gone, and every call returns [ErrGone].
type Buyer struct {
	broker *broker.Broker // until the sandbox is reset
	uid    vingd.UID
	name   string
}

// NewBuyer adds a person with an account, and deposits balance there.
func (s *Sandbox) NewBuyer(name string, balance vingd.Cents) (*Buyer, error) {
	bound := s.broker.UntilReset()
	uid, err := bound.AddBuyer(name, balance)
	if err != nil {
		return nil, named(err)
	}
	return &Buyer{broker: bound, uid: uid, name: name}, nil
}

// FindBuyer returns the newest buyer of a name, such as one of the fixtures. The error is [ErrNotFound] if there is none.
func (s *Sandbox) FindBuyer(name string) (*Buyer, error) {
	bound := s.broker.UntilReset()
	found, err := bound.FindBuyer(name)
	if err != nil {
		return nil, named(err)
	}
	return &Buyer{broker: bound, uid: found.UID, name: found.Name}, nil
}

// Name returns the name that she was given.
func (b *Buyer) Name() string { return b.name }

// UID returns the number of her account. Sellers know her by a huid instead.
func (b *Buyer) UID() vingd.UID { return b.uid }

// Balance returns what the buyer can spend, and nothing of what is reserved. It is zero when the account is gone.
func (b *Buyer) Balance() vingd.Cents {
	balance, _ := b.broker.Balance(b.uid)
	return balance
}

// Pay confirms an order, and returns where her browser goes: the object's URL, with oid, tid and token in its query.
//
// It reserves the price; the seller has it when she commits the purchase, and after 15 minutes it comes back.
// The error is [ErrNotFound], [ErrGone] or [ErrTooLittle].
func (b *Buyer) Pay(order vingd.OrderID) (*url.URL, error) { return b.pay(order, false) }

// PayAnonymously is like [Buyer.Pay], but the seller does not learn who pays.
func (b *Buyer) PayAnonymously(order vingd.OrderID) (*url.URL, error) { return b.pay(order, true) }

func (b *Buyer) pay(order vingd.OrderID, anonymously bool) (*url.URL, error) {
	receipt, err := b.broker.Pay(b.uid, order, anonymously)
	if err != nil {
		return nil, named(err)
	}
	return receipt.Return(), nil
}

// Redeem pays a voucher out to her, and returns its amount. Of code only letters and digits count, and case does not.
//
// The error is [ErrInvalid] for a mistyped code, [ErrNotFound], [ErrGone] for a voucher that is used, revoked or expired,
// or [ErrConflict] when she has redeemed another voucher of the same group.
func (b *Buyer) Redeem(code vingd.VoucherCode) (vingd.Cents, error) {
	amount, err := b.broker.Redeem(b.uid, code)
	return amount, named(err)
}
