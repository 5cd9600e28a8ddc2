package sandbox_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A deed is something that somebody does: a call of the sandbox, and the same in the model.
type deed struct {
	name string
	// call makes the call, and keeps what came back.
	call func()
	// explain makes the step in a model, and returns why the model would have answered otherwise.
	explain func(*model) error
}

// answered returns an error unless a step answered as the model says.
func answered(got error, must int) error {
	switch status := statusOf(got); {
	case status == must:
		return nil
	case got == nil:
		return fmt.Errorf("got %d, must be %d", status, must)
	default:
		return fmt.Errorf("got %d, must be %d: %w", status, must, got)
	}
}

func (c *cast) deposits(to vingd.UID, amount vingd.Cents) deed {
	var err error
	return deed{
		name:    fmt.Sprintf("deposit %d to %d", amount, to),
		call:    func() { err = c.sandbox.Deposit(to, amount) },
		explain: func(m *model) error { return answered(err, m.deposit(to, amount)) },
	}
}

func (a *actor) orders(ctx context.Context, price vingd.Cents, lives time.Duration) deed {
	var got *vingd.Order
	var err error
	return deed{
		name: fmt.Sprintf("seller %d offers for %d, for %v", a.uid, price, lives),
		call: func() {
			got, err = a.client.Orders.Create(ctx, a.object, vingd.OrderParams{Price: price, AllowZero: true, Expires: vingd.In(lives)})
		},
		explain: func(m *model) error {
			if err == nil {
				m.orders = append(m.orders, modelOrder{got.ID, a.object, a.uid, price, m.now.Add(lives)})
			}
			return answered(err, http.StatusOK)
		},
	}
}

func pays(b *sandbox.Buyer, order vingd.OrderID, anonymous bool) deed {
	var token vingd.TokenID
	var err error
	return deed{
		name:    fmt.Sprintf("%s pays order %d, anonymously %t", b.Name(), order, anonymous),
		call:    func() { token, err = payFor(b, order, anonymous) },
		explain: func(m *model) error { return answered(err, m.pay(b.UID(), order, token, anonymous)) },
	}
}

// payFor pays an order, and returns the token.
func payFor(b *sandbox.Buyer, order vingd.OrderID, anonymous bool) (vingd.TokenID, error) {
	pay := b.Pay
	if anonymous {
		pay = b.PayAnonymously
	}
	back, err := pay(order)
	if err != nil {
		return "", err
	}
	callback, err := vingd.ParseCallback(back)
	return callback.Token, err
}

func (a *actor) verifies(ctx context.Context, p modelPurchase) deed {
	var got *vingd.Purchase
	var err error
	return deed{
		name: fmt.Sprintf("seller %d verifies a token for order %d", a.uid, p.order.id),
		call: func() { got, err = a.client.Purchases.Verify(ctx, p.order.object, p.token) },
		explain: func(m *model) error {
			if err == nil {
				if err := m.verification(a.uid, p.token, got); err != nil {
					return err
				}
			}
			return answered(err, m.verify(a.uid, p.token, got))
		},
	}
}

func (a *actor) commits(ctx context.Context, id vingd.PurchaseID, transfer vingd.TransferID) deed {
	var err error
	return deed{
		name:    fmt.Sprintf("seller %d commits purchase %d by transfer %d", a.uid, id, transfer),
		call:    func() { err = a.client.Purchases.Commit(ctx, &vingd.Purchase{ID: id, Transfer: transfer}) },
		explain: func(m *model) error { return answered(err, m.commit(a.uid, id, transfer)) },
	}
}

func (a *actor) rewards(ctx context.Context, to vingd.HUID, amount vingd.Cents) deed {
	var err error
	return deed{
		name:    fmt.Sprintf("seller %d rewards %s with %d", a.uid, to, amount),
		call:    func() { _, err = a.client.Rewards.Create(ctx, to, vingd.RewardParams{Amount: amount, AllowZero: true}) },
		explain: func(m *model) error { return answered(err, m.reward(a.uid, to, amount)) },
	}
}

// charges is a delegated purchase of an object of the owner's.
func (a *actor) charges(ctx context.Context, owner actor, user vingd.HUID, price vingd.Cents) deed {
	var got *vingd.Purchase
	var err error
	return deed{
		name: fmt.Sprintf("seller %d charges %s %d for an object of %d", a.uid, user, price, owner.uid),
		call: func() {
			got, err = a.client.Purchases.Create(ctx, owner.object, vingd.PurchaseParams{Buyer: user, Price: price, AllowZero: true})
		},
		explain: func(m *model) error {
			if err == nil && got.Buyer != user {
				return fmt.Errorf("%s was charged for %s", got.Buyer, user)
			}
			return answered(err, m.charge(a.uid, owner.uid, user, price))
		},
	}
}

// watches asks for a user's balance, which only her delegate may.
func (a *actor) watches(ctx context.Context, user vingd.HUID) deed {
	var got vingd.Cents
	var err error
	return deed{
		name: fmt.Sprintf("seller %d asks for the balance of %s", a.uid, user),
		call: func() { got, err = a.client.Accounts.BalanceOf(ctx, user) },
		explain: func(m *model) error {
			who := m.known[user]
			switch {
			case who.seller != a.uid:
				return answered(err, http.StatusNotFound)
			case !who.delegate:
				return answered(err, http.StatusForbidden)
			case err == nil && got != m.held[who.user]:
				return fmt.Errorf("user %d holds %d, must be %d", who.user, got, m.held[who.user])
			}
			return answered(err, http.StatusOK)
		},
	}
}

func (a *actor) allocates(ctx context.Context, amount vingd.Cents, group vingd.GroupID, lives time.Duration) deed {
	var got *vingd.Voucher
	var err error
	return deed{
		name: fmt.Sprintf("seller %d makes a voucher of %d, group %q, for %v", a.uid, amount, group, lives),
		call: func() {
			got, err = a.client.Vouchers.Create(ctx, vingd.VoucherParams{Amount: amount, AllowZero: true, Group: group, Expires: vingd.In(lives)})
		},
		explain: func(m *model) error {
			return answered(err, m.allocate(a.uid, amount, group, m.now.Add(lives), got))
		},
	}
}

func redeems(b *sandbox.Buyer, v modelVoucher) deed {
	var got vingd.Cents
	var err error
	return deed{
		name: fmt.Sprintf("%s redeems voucher %s", b.Name(), v.code),
		call: func() { got, err = b.Redeem(v.code) },
		explain: func(m *model) error {
			if err == nil && got != v.amount {
				return fmt.Errorf("got %d, must be %d", got, v.amount)
			}
			return answered(err, m.redeem(b.UID(), v.code))
		},
	}
}

// revokes revokes what the filter leaves, or everything.
func (a *actor) revokes(ctx context.Context, f vingd.VoucherFilter) deed {
	var got map[vingd.VoucherCode]vingd.TransferID
	var err error
	return deed{
		name: fmt.Sprintf("seller %d revokes voucher %q, group %q, last %d", a.uid, f.Code, f.Group, f.Last),
		call: func() {
			if f == (vingd.VoucherFilter{}) {
				got, err = a.client.Vouchers.RevokeAll(ctx)
			} else {
				got, err = a.client.Vouchers.Revoke(ctx, f)
			}
		},
		explain: func(m *model) error {
			status, codes := m.revoke(a.uid, f)
			slices.Sort(codes)
			if revoked := slices.Sorted(maps.Keys(got)); !slices.Equal(revoked, codes) {
				return fmt.Errorf("revoked %v, must be %v", revoked, codes)
			}
			return answered(err, status)
		},
	}
}
