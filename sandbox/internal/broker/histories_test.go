package broker_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
	"pgregory.net/rapid"
)

// A history is a random sequence of steps on a scene, with the state that the test expects.
type history struct {
	*scene

	t        *rapid.T
	issued   vingd.Cents
	bought   []broker.Receipt
	verified []broker.Purchase
	vouchers []broker.Voucher
	redeemed map[vingd.VoucherCode]bool
	groups   map[vingd.GroupID]bool
}

// After every step of a random history the books are right, and nothing has happened twice.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &scene{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
		var err error
		if s.Broker, err = broker.New(func() time.Time { return s.now }, ""); err != nil {
			rt.Fatal(err)
		}
		defer s.Close() //nolint:errcheck // it is in memory
		s.populate(t)
		h := &history{
			scene: s, t: rt, issued: 2000,
			redeemed: make(map[vingd.VoucherCode]bool), groups: make(map[vingd.GroupID]bool),
		}
		rt.Repeat(map[string]func(*rapid.T){
			"":        h.check,
			"deposit": h.deposit, "pay": h.pay, "verify": h.verify, "commit": h.commit, "reward": h.reward,
			"allocate": h.allocate, "redeem": h.redeem, "revoke": h.revoke, "wait": h.wait,
		})
	})
}

func (h *history) amount() vingd.Cents {
	return vingd.Cents(rapid.SampledFrom([]int64{-1, 0, 1, 10, 300, 999, 5000}).Draw(h.t, "amount"))
}

// refused reports whether a step was refused. It fails the test if err is of none of the kinds.
func (h *history) refused(err error, kinds ...error) bool {
	if err != nil && !slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) }) {
		h.t.Fatal(err)
	}
	return err != nil
}

func (h *history) check(*rapid.T) {
	if err := h.Check(); err != nil {
		h.t.Fatal(err)
	}
	minted, err := collect(h.Transfers(h.seller, broker.TransferFilter{From: new(broker.Mint), To: &h.seller}))
	if err != nil {
		h.t.Fatal(err)
	}
	toBuyer, err := collect(h.Transfers(h.buyer, broker.TransferFilter{From: new(broker.Mint), To: &h.buyer}))
	if err != nil {
		h.t.Fatal(err)
	}
	var issued vingd.Cents
	for _, tr := range append(minted, toBuyer...) {
		issued += tr.Amount
	}
	if issued != h.issued {
		h.t.Fatalf("the mint issued %v, must be %v", issued, h.issued)
	}
}

func (h *history) deposit(*rapid.T) {
	amount := h.amount()
	if !h.refused(h.Deposit(h.buyer, amount), broker.ErrInvalid) {
		h.issued += amount
	}
}

func (h *history) pay(*rapid.T) {
	r, err := h.Pay(h.buyer, h.order, rapid.Bool().Draw(h.t, "anonymously"))
	if !h.refused(err, broker.ErrTooLittle) {
		h.bought = append(h.bought, r)
	}
}

func (h *history) verify(*rapid.T) {
	if len(h.bought) == 0 {
		return
	}
	r := rapid.SampledFrom(h.bought).Draw(h.t, "token")
	p, err := h.Verify(h.seller, h.object, r.Token)
	if h.refused(err, broker.ErrForbidden) {
		return
	}
	if slices.ContainsFunc(h.verified, func(other broker.Purchase) bool { return other.ID == p.ID }) {
		h.t.Fatalf("purchase %d was verified twice", p.ID)
	}
	h.verified = append(h.verified, p)
}

func (h *history) commit(*rapid.T) {
	if len(h.verified) == 0 {
		return
	}
	p := rapid.SampledFrom(h.verified).Draw(h.t, "purchase")
	wrong := vingd.TransferID(rapid.IntRange(0, 1).Draw(h.t, "wrong"))
	err := h.Commit(h.seller, p.ID, p.Transfer+wrong)
	if !h.refused(err, broker.ErrConflict, broker.ErrNotFound) && wrong != 0 { // the next transfer did not pay p
		h.t.Fatal("a purchase was committed by a transfer that did not pay it")
	}
}

func (h *history) reward(*rapid.T) {
	if len(h.verified) == 0 {
		return
	}
	_, err := h.Reward(h.seller, h.verified[0].HUID, h.amount(), "")
	h.refused(err, broker.ErrInvalid, broker.ErrTooLittle, broker.ErrNotFound) // an anonymous buyer has no huid
}

func (h *history) allocate(*rapid.T) {
	v, err := h.CreateVoucher(h.seller, broker.NewVoucher{
		Amount: h.amount(),
		Until:  new(h.now.Add(time.Duration(rapid.IntRange(-1, 3).Draw(h.t, "hours")) * time.Hour)),
		Group:  rapid.SampledFrom([]vingd.GroupID{"", "a", "b"}).Draw(h.t, "group"),
	})
	if !h.refused(err, broker.ErrInvalid, broker.ErrTooLittle) {
		h.vouchers = append(h.vouchers, v)
	}
}

func (h *history) redeem(*rapid.T) {
	if len(h.vouchers) == 0 {
		return
	}
	v := rapid.SampledFrom(h.vouchers).Draw(h.t, "voucher")
	_, err := h.Redeem(h.buyer, v.Code)
	if h.refused(err, broker.ErrGone, broker.ErrConflict) {
		return
	}
	if h.redeemed[v.Code] || v.Group != "" && h.groups[v.Group] || !h.now.Before(v.Until) {
		h.t.Fatalf("voucher %s of group %q was redeemed at %v", v.Code, v.Group, h.now)
	}
	h.redeemed[v.Code], h.groups[v.Group] = true, true
}

func (h *history) revoke(*rapid.T) {
	refunds, err := h.Revoke(h.seller, broker.VoucherFilter{
		Group: new(rapid.SampledFrom([]vingd.GroupID{"a", "b"}).Draw(h.t, "group")),
		Last:  rapid.Ptr(rapid.Int64Range(1, 2), true).Draw(h.t, "last"),
	})
	h.refused(err)
	for code := range refunds {
		if h.redeemed[code] {
			h.t.Fatalf("voucher %s was redeemed, and revoked", code)
		}
		h.redeemed[code] = true // it has ended
	}
}

func (h *history) wait(*rapid.T) {
	h.now = h.now.Add(time.Duration(rapid.IntRange(-1, 40).Draw(h.t, "minutes")) * 5 * time.Minute)
}
