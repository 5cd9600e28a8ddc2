package sandbox_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// What follows draws deeds. Each returns nil when there is nothing yet to do it with.

func (l *life) seller(rt *rapid.T) actor { return rapid.SampledFrom(l.sellers).Draw(rt, "seller") }

func (l *life) buyer(rt *rapid.T) *sandbox.Buyer {
	return rapid.SampledFrom(l.buyers).Draw(rt, "buyer")
}

// amount draws few amounts, so that balances come down to the last cent.
func amount(rt *rapid.T) vingd.Cents {
	return vingd.Cents(rapid.SampledFrom([]int{1, 100, 250, 500, 2000}).Draw(rt, "amount"))
}

func (l *life) deposit(rt *rapid.T) *deed {
	accounts := slices.Sorted(maps.Keys(l.model.held))
	accounts = slices.DeleteFunc(accounts, func(uid vingd.UID) bool { return uid <= reserve })
	to, amount := rapid.SampledFrom(accounts).Draw(rt, "account"), amount(rt)
	var err error
	return &deed{
		name:    fmt.Sprintf("deposit %d to %d", amount, to),
		call:    func() { err = l.sandbox.Deposit(to, amount) },
		explain: func(m *model) error { return answered(err, m.deposit(to, amount)) },
	}
}

func (l *life) order(rt *rapid.T) *deed {
	a := l.seller(rt)
	price := rapid.SampledFrom([]vingd.Cents{0, 1, 100, 250, 500}).Draw(rt, "price")
	lives := time.Duration(rapid.IntRange(0, 30).Draw(rt, "minutes")) * time.Minute
	ctx := rt.Context()
	var got *vingd.Order
	var err error
	return &deed{
		name: fmt.Sprintf("order of seller %d for %d, for %v", a.uid, price, lives),
		call: func() {
			got, err = a.client.Orders.Create(ctx, a.object, vingd.OrderParams{Price: price, Expires: vingd.In(lives)})
		},
		explain: func(m *model) error {
			if err == nil {
				m.orders = append(m.orders, modelOrder{got.ID, a.object, a.uid, price, m.now.Add(lives)})
			}
			return answered(err, http.StatusOK)
		},
	}
}

func (l *life) pay(rt *rapid.T) *deed {
	if len(l.model.orders) == 0 {
		return nil
	}
	b, order := l.buyer(rt), rapid.SampledFrom(l.model.orders).Draw(rt, "order")
	anonymous := rapid.Bool().Draw(rt, "anonymous")
	var token vingd.TokenID
	var err error
	return &deed{
		name: fmt.Sprintf("%s pays order %d, anonymously %t", b.Name(), order.id, anonymous),
		call: func() { token, err = payFor(b, order.id, anonymous) },
		explain: func(m *model) error {
			return answered(err, m.pay(b.UID(), order.id, token, anonymous))
		},
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
	callback, err := vingd.ParseCallbackQuery(back.Query())
	return callback.Token, err
}

func (l *life) verify(rt *rapid.T) *deed {
	if len(l.model.purchases) == 0 {
		return nil
	}
	p := rapid.SampledFrom(l.model.purchases).Draw(rt, "purchase")
	a := l.sellerOf(p)
	if rapid.IntRange(0, 9).Draw(rt, "another seller") == 9 {
		a = l.seller(rt)
	}
	ctx := rt.Context()
	var got *vingd.Purchase
	var err error
	return &deed{
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

func (l *life) commit(rt *rapid.T) *deed {
	var verified []vingd.Purchase
	for _, p := range l.model.purchases {
		if p.verified != nil {
			verified = append(verified, *p.verified)
		}
	}
	if len(verified) == 0 {
		return nil
	}
	a, p := l.seller(rt), rapid.SampledFrom(verified).Draw(rt, "purchase")
	wrong := vingd.TransferID(max(0, rapid.IntRange(-8, 1).Draw(rt, "wrong")))
	ctx := rt.Context()
	var err error
	return &deed{
		name:    fmt.Sprintf("seller %d commits purchase %d by transfer %d", a.uid, p.ID, p.Transfer+wrong),
		call:    func() { err = a.client.Purchases.Commit(ctx, p.ID, p.Transfer+wrong) },
		explain: func(m *model) error { return answered(err, m.commit(a.uid, p.ID, p.Transfer+wrong)) },
	}
}

func (l *life) reward(rt *rapid.T) *deed {
	a, to, amount := l.seller(rt), rapid.SampledFrom(l.known).Draw(rt, "user"), amount(rt)
	ctx := rt.Context()
	var err error
	return &deed{
		name:    fmt.Sprintf("seller %d rewards %d with %d", a.uid, l.model.known[to].user, amount),
		call:    func() { _, err = a.client.Rewards.Create(ctx, to, vingd.RewardParams{Amount: amount}) },
		explain: func(m *model) error { return answered(err, m.reward(a.uid, to, amount)) },
	}
}

func (l *life) charge(rt *rapid.T) *deed {
	a, owner, amount := l.seller(rt), l.seller(rt), amount(rt)
	user := rapid.SampledFrom(l.known).Draw(rt, "user")
	ctx := rt.Context()
	var got *vingd.Purchase
	var err error
	return &deed{
		name: fmt.Sprintf("seller %d charges %d %d for an object of %d", a.uid, l.model.known[user].user, amount, owner.uid),
		call: func() {
			got, err = a.client.Purchases.Create(ctx, owner.object, vingd.PurchaseParams{Buyer: user, Price: amount})
		},
		explain: func(m *model) error {
			if err == nil && got.Buyer != user {
				return fmt.Errorf("%s was charged for %s", got.Buyer, user)
			}
			return answered(err, m.charge(a.uid, owner.uid, user, amount))
		},
	}
}

// watch asks for a user's balance, which only her delegate may.
func (l *life) watch(rt *rapid.T) *deed {
	a, user := l.seller(rt), rapid.SampledFrom(l.known).Draw(rt, "user")
	ctx := rt.Context()
	var got vingd.Cents
	var err error
	return &deed{
		name: fmt.Sprintf("seller %d asks for the balance of %d", a.uid, l.model.known[user].user),
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

func (l *life) allocate(rt *rapid.T) *deed {
	a, amount := l.seller(rt), amount(rt)
	group := rapid.SampledFrom([]vingd.GroupID{"", "a", "a", "b"}).Draw(rt, "group")
	lives := time.Duration(rapid.IntRange(-1, 40).Draw(rt, "minutes")) * time.Minute
	ctx := rt.Context()
	var got *vingd.Voucher
	var err error
	return &deed{
		name: fmt.Sprintf("seller %d makes a voucher of %d, group %q, for %v", a.uid, amount, group, lives),
		call: func() {
			got, err = a.client.Vouchers.Create(ctx, vingd.VoucherParams{Amount: amount, Group: group, Expires: vingd.In(lives)})
		},
		explain: func(m *model) error {
			return answered(err, m.allocate(a.uid, amount, group, m.now.Add(lives), got))
		},
	}
}

func (l *life) redeem(rt *rapid.T) *deed {
	if len(l.model.vouchers) == 0 {
		return nil
	}
	vouchers := l.model.vouchers
	if rapid.IntRange(0, 3).Draw(rt, "of all") > 0 { // of all there are, most are over
		open := slices.DeleteFunc(slices.Clone(vouchers), func(v modelVoucher) bool { return v.last != vingd.VoucherAdded })
		if len(open) > 0 {
			vouchers = open
		}
	}
	b, v := l.buyer(rt), rapid.SampledFrom(vouchers).Draw(rt, "voucher")
	var got vingd.Cents
	var err error
	return &deed{
		name: fmt.Sprintf("%s redeems voucher %d", b.Name(), v.id),
		call: func() { got, err = b.Redeem(v.code) },
		explain: func(m *model) error {
			if err == nil && got != v.amount {
				return fmt.Errorf("got %d, must be %d", got, v.amount)
			}
			return answered(err, m.redeem(b.UID(), v.code))
		},
	}
}

func (l *life) revoke(rt *rapid.T) *deed {
	a := l.seller(rt)
	var f vingd.VoucherFilter
	switch kind := rapid.SampledFrom([]string{"code", "group", "last", "all"}).Draw(rt, "filter"); {
	case kind == "code" && len(l.model.vouchers) > 0:
		f.Code = rapid.SampledFrom(l.model.vouchers).Draw(rt, "voucher").code
	case kind == "group":
		f.Group = "a"
	case kind == "last":
		f.Last = 1
	}
	ctx := rt.Context()
	var got map[vingd.VoucherCode]vingd.TransferID
	var err error
	return &deed{
		name: fmt.Sprintf("seller %d revokes, filter %+v", a.uid, f),
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
