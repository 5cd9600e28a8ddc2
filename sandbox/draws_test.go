package sandbox_test

import (
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// These methods draw steps. They return false if a step is not possible yet.

func (l *life) seller(rt *rapid.T) *actor {
	return &l.sellers[rapid.IntRange(0, len(l.sellers)-1).Draw(rt, "seller")]
}

func (l *life) buyer(rt *rapid.T) *sandbox.Buyer {
	return rapid.SampledFrom(l.buyers).Draw(rt, "buyer")
}

func (l *life) user(rt *rapid.T) vingd.HUID { return rapid.SampledFrom(l.known).Draw(rt, "user") }

// amount draws few amounts, so that balances come down to the last cent.
func amount(rt *rapid.T) vingd.Cents {
	return rapid.SampledFrom([]vingd.Cents{1, 100, 250, 500, 2000}).Draw(rt, "amount")
}

func minutes(rt *rapid.T, from, to int) time.Duration {
	return time.Duration(rapid.IntRange(from, to).Draw(rt, "minutes")) * time.Minute
}

func (l *life) deposit(rt *rapid.T) (step, bool) {
	accounts := slices.Sorted(maps.Keys(l.model.held))
	accounts = slices.DeleteFunc(accounts, func(uid vingd.UID) bool { return uid <= reserve })
	return l.deposits(rapid.SampledFrom(accounts).Draw(rt, "account"), amount(rt)), true
}

func (l *life) order(rt *rapid.T) (step, bool) {
	price := rapid.SampledFrom([]vingd.Cents{0, 1, 100, 250, 500}).Draw(rt, "price")
	return l.seller(rt).orders(rt.Context(), price, minutes(rt, 0, 30)), true
}

func (l *life) pay(rt *rapid.T) (step, bool) {
	if len(l.model.orders) == 0 {
		return step{}, false
	}
	order := rapid.SampledFrom(l.model.orders).Draw(rt, "order")
	return pays(l.buyer(rt), order.id, rapid.Bool().Draw(rt, "anonymous")), true
}

func (l *life) verify(rt *rapid.T) (step, bool) {
	if len(l.model.purchases) == 0 {
		return step{}, false
	}
	p := rapid.SampledFrom(l.model.purchases).Draw(rt, "purchase")
	a := l.sellerOf(p)
	if rapid.IntRange(0, 9).Draw(rt, "another seller") == 9 {
		a = l.seller(rt)
	}
	return a.verifies(rt.Context(), p), true
}

func (l *life) commit(rt *rapid.T) (step, bool) {
	var verified []vingd.Purchase
	for _, p := range l.model.purchases {
		if p.verified != nil {
			verified = append(verified, *p.verified)
		}
	}
	if len(verified) == 0 {
		return step{}, false
	}
	p := rapid.SampledFrom(verified).Draw(rt, "purchase")
	wrong := vingd.TransferID(min(0, rapid.IntRange(-1, 8).Draw(rt, "wrong"))) // sometimes the transfer before, which did not pay p
	return l.seller(rt).commits(rt.Context(), p.ID, p.Transfer+wrong), true
}

func (l *life) reward(rt *rapid.T) (step, bool) {
	return l.seller(rt).rewards(rt.Context(), l.user(rt), amount(rt)), true
}

func (l *life) charge(rt *rapid.T) (step, bool) {
	return l.seller(rt).charges(rt.Context(), *l.seller(rt), l.user(rt), amount(rt)), true
}

func (l *life) watch(rt *rapid.T) (step, bool) {
	return l.seller(rt).watches(rt.Context(), l.user(rt)), true
}

func (l *life) allocate(rt *rapid.T) (step, bool) {
	group := rapid.SampledFrom([]vingd.GroupID{"", "a", "a", "b"}).Draw(rt, "group")
	return l.seller(rt).allocates(rt.Context(), amount(rt), group, minutes(rt, -1, 40)), true
}

func (l *life) redeem(rt *rapid.T) (step, bool) {
	vouchers := l.model.vouchers
	if len(vouchers) == 0 {
		return step{}, false
	}
	if rapid.IntRange(0, 3).Draw(rt, "of all") > 0 { // most of all vouchers have ended
		open := slices.DeleteFunc(slices.Clone(vouchers), func(v modelVoucher) bool { return v.last != vingd.VoucherActionAdd })
		if len(open) > 0 {
			vouchers = open
		}
	}
	return redeems(l.buyer(rt), rapid.SampledFrom(vouchers).Draw(rt, "voucher")), true
}

func (l *life) revoke(rt *rapid.T) (step, bool) {
	var f vingd.VoucherFilter
	switch kind := rapid.SampledFrom([]string{"code", "group", "last", "all"}).Draw(rt, "filter"); {
	case kind == "code" && len(l.model.vouchers) > 0:
		f.Code = rapid.SampledFrom(l.model.vouchers).Draw(rt, "voucher").code
	case kind == "group":
		f.Group = "a"
	case kind == "last":
		f.Last = 1
	}
	return l.seller(rt).revokes(rt.Context(), f), true
}
