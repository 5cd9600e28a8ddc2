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

// A step is a call of the sandbox, and the same call of the model.
type step struct {
	name string
	// call makes the call, and keeps the result.
	call func()
	// explain makes the call of a model. It returns an error if the model has a different result.
	explain func(*model) error
}

// checkStatus returns an error unless the status of a step is the status of the model.
func checkStatus(got error, must int) error {
	switch status := statusOf(got); {
	case status == must:
		return nil
	case got == nil:
		return fmt.Errorf("got %d, must be %d", status, must)
	default:
		return fmt.Errorf("got %d, must be %d: %w", status, must, got)
	}
}

func (c *participants) deposits(to vingd.UID, amount vingd.Cents) step {
	var err error
	return step{
		name:    fmt.Sprintf("deposit %d to %d", amount, to),
		call:    func() { err = c.sandbox.Deposit(to, amount) },
		explain: func(m *model) error { return checkStatus(err, m.deposit(to, amount)) },
	}
}

func (a *actor) orders(ctx context.Context, price vingd.Cents, lives time.Duration) step {
	var got *vingd.Order
	var err error
	return step{
		name: fmt.Sprintf("seller %d offers for %d, for %v", a.uid, price, lives),
		call: func() {
			got, err = a.client.Orders.Create(ctx, a.object, vingd.OrderParams{Price: price, AllowZero: true, Expires: vingd.In(lives)})
		},
		explain: func(m *model) error {
			if err == nil {
				m.orders = append(m.orders, modelOrder{got.ID, a.object, a.uid, price, m.now.Add(lives)})
			}
			return checkStatus(err, http.StatusOK)
		},
	}
}

func pays(b *sandbox.Buyer, order vingd.OrderID, anonymous bool) step {
	var token vingd.TokenID
	var err error
	return step{
		name:    fmt.Sprintf("%s pays order %d, anonymously %t", b.Name(), order, anonymous),
		call:    func() { token, err = payFor(b, order, anonymous) },
		explain: func(m *model) error { return checkStatus(err, m.pay(b.UID(), order, token, anonymous)) },
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

func (a *actor) verifies(ctx context.Context, p modelPurchase) step {
	var got *vingd.Purchase
	var err error
	return step{
		name: fmt.Sprintf("seller %d verifies a token for order %d", a.uid, p.order.id),
		call: func() { got, err = a.client.Purchases.Verify(ctx, p.order.object, p.token) },
		explain: func(m *model) error {
			if err == nil {
				if err := m.verification(a.uid, p.token, got); err != nil {
					return err
				}
			}
			return checkStatus(err, m.verify(a.uid, p.token, got))
		},
	}
}

func (a *actor) commits(ctx context.Context, id vingd.PurchaseID, transfer vingd.TransferID) step {
	var err error
	return step{
		name:    fmt.Sprintf("seller %d commits purchase %d by transfer %d", a.uid, id, transfer),
		call:    func() { err = a.client.Purchases.Commit(ctx, &vingd.Purchase{ID: id, Transfer: transfer}) },
		explain: func(m *model) error { return checkStatus(err, m.commit(a.uid, id, transfer)) },
	}
}

func (a *actor) rewards(ctx context.Context, to vingd.HUID, amount vingd.Cents) step {
	var err error
	return step{
		name:    fmt.Sprintf("seller %d rewards %s with %d", a.uid, to, amount),
		call:    func() { _, err = a.client.Rewards.Create(ctx, to, vingd.RewardParams{Amount: amount, AllowZero: true}) },
		explain: func(m *model) error { return checkStatus(err, m.reward(a.uid, to, amount)) },
	}
}

// charges is a delegated purchase of an object of the owner.
func (a *actor) charges(ctx context.Context, owner actor, user vingd.HUID, price vingd.Cents) step {
	var got *vingd.Purchase
	var err error
	return step{
		name: fmt.Sprintf("seller %d charges %s %d for an object of %d", a.uid, user, price, owner.uid),
		call: func() {
			got, err = a.client.Purchases.Create(ctx, owner.object, vingd.PurchaseParams{Buyer: user, Price: price, AllowZero: true})
		},
		explain: func(m *model) error {
			if err == nil && got.Buyer != user {
				return fmt.Errorf("%s was charged for %s", got.Buyer, user)
			}
			return checkStatus(err, m.charge(a.uid, owner.uid, user, price))
		},
	}
}

// watches asks for a user's balance, as only the user's delegate may.
func (a *actor) watches(ctx context.Context, user vingd.HUID) step {
	var got vingd.Cents
	var err error
	return step{
		name: fmt.Sprintf("seller %d asks for the balance of %s", a.uid, user),
		call: func() { got, err = a.client.Accounts.BalanceOf(ctx, user) },
		explain: func(m *model) error {
			who := m.known[user]
			switch {
			case who.seller != a.uid:
				return checkStatus(err, http.StatusNotFound)
			case !who.delegate:
				return checkStatus(err, http.StatusForbidden)
			case err == nil && got != m.held[who.user]:
				return fmt.Errorf("user %d holds %d, must be %d", who.user, got, m.held[who.user])
			}
			return checkStatus(err, http.StatusOK)
		},
	}
}

func (a *actor) allocates(ctx context.Context, amount vingd.Cents, group vingd.GroupID, lives time.Duration) step {
	var got *vingd.Voucher
	var err error
	return step{
		name: fmt.Sprintf("seller %d makes a voucher of %d, group %q, for %v", a.uid, amount, group, lives),
		call: func() {
			got, err = a.client.Vouchers.Create(ctx, vingd.VoucherParams{Amount: amount, AllowZero: true, Group: group, Expires: vingd.In(lives)})
		},
		explain: func(m *model) error {
			return checkStatus(err, m.allocate(a.uid, amount, group, m.now.Add(lives), got))
		},
	}
}

func redeems(b *sandbox.Buyer, v modelVoucher) step {
	var got vingd.Cents
	var err error
	return step{
		name: fmt.Sprintf("%s redeems voucher %s", b.Name(), v.code),
		call: func() { got, err = b.Redeem(v.code) },
		explain: func(m *model) error {
			if err == nil && got != v.amount {
				return fmt.Errorf("got %d, must be %d", got, v.amount)
			}
			return checkStatus(err, m.redeem(b.UID(), v.code))
		},
	}
}

// revokes revokes the vouchers that match the filter.
func (a *actor) revokes(ctx context.Context, f vingd.VoucherFilter) step {
	var got map[vingd.VoucherCode]vingd.TransferID
	var err error
	return step{
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
			return checkStatus(err, status)
		},
	}
}
