package vingd

import (
	"context"
	"iter"
	"slices"
	"time"
)

// query returns a look-up of transfers. Own puts the caller's account into the filter.
func (s *TransferService) query(own func(UID, *TransferFilter), judge func(*Transfer) verdict) lookUp[Transfer] {
	var uid UID
	return func(ctx context.Context, w window) (found sighting[Transfer], err error) {
		if uid, err = s.c.Users.accountID(ctx, uid); err != nil {
			return found, err
		}
		return query[Transfer]{
			rows: func(ctx context.Context, p page) iter.Seq2[Transfer, error] {
				filter := TransferFilter{Since: p.since, Until: p.until, First: p.first, Last: p.last}
				own(uid, &filter)
				return s.All(ctx, filter)
			},
			id:    func(t *Transfer) int64 { return int64(t.ID) },
			at:    func(t *Transfer) time.Time { return t.Time },
			judge: judge,
			oldest: func(ctx context.Context, n int) iter.Seq2[Transfer, error] {
				filter := TransferFilter{First: n}
				own(uid, &filter)
				return s.All(ctx, filter)
			},
			addUp: func(ctx context.Context, before time.Time) (bool, error) { return s.addUp(ctx, uid, before, nil) },
		}.look(ctx, w)
	}
}

// judgeReward compares a transfer with a reward.
func (t *Transfer) judgeReward(description reference, amount Cents) verdict {
	best := field{given: description}
	how := absent
	if t.Description == description.text { // it may be JSON itself
		best.text, how = t.Description, same
	}
	details := parseDetails(t.Description, func(text string) {
		if l := description.in(text); l > how {
			best.text, how = text, l
		}
	})
	possible := t.Class.mayBe(TransferDirect, TransferAdReward)
	if how < near && !possible {
		return verdict{}
	}
	v := judge("transfer %d may be this reward: nothing shows that the broker keeps descriptions", t.Amount.isNearly(amount), best)
	if details.cut && v.lacks != 0 { // another description may have a text because it is shorter
		v = verdict{doubt: "transfer %d may be this reward: its description is cut off"}
	}
	return v.unless(!possible, "transfer %d with this description has a class that rewards do not have")
}

// judgePurchase compares a transfer with the payment for an object.
func (t *Transfer) judgePurchase(object ObjectID) verdict {
	switch paid, possible := parseDetails(t.Description, nil).object, t.Class.mayBe(TransferPurchase); {
	case paid == object && !possible:
		return verdict{doubt: "transfer %d names the object, but has a class that purchases do not have"}
	case !possible, paid != 0 && paid != object:
		return verdict{}
	case paid == object:
		return verdict{is: true}
	default:
		return verdict{doubt: "transfer %d may be this payment: it names no object"}
	}
}

// mayBe reports whether c is one of others or an unknown class.
func (c TransferClass) mayBe(others ...TransferClass) bool {
	return c < TransferPurchase || c > TransferVoucherDeposited || slices.Contains(others, c)
}
