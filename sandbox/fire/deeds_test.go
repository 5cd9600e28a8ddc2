package fire_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// A deed is a call of the client, and how the judge finds out what came of it.
type deed struct {
	name string
	// prepare returns the call, and what asks the ledger afterwards how often it was done. n is no other call's.
	prepare func(t testing.TB, h *house, n int) (call deedCall, done func() int)
	// reads says that there is nothing to be done, and settles that it may be sent again: it ends in the same state.
	reads, settles bool
}

// deedCall makes a call. A success that returns what is not so is an error of the judge's.
type deedCall func(context.Context, *vingd.Client) error

// errWrong says that a call succeeded and returned what is not so.
var errWrong = errors.New("returned what is not so")

func wrong(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errWrong, fmt.Sprintf(format, args...))
}

// deeds are the operations of the API: all that act or settle, and some that read.
var deeds = []deed{
	{name: "purchases.verify", prepare: prepareVerify},
	{name: "purchases.commit", settles: true, prepare: prepareCommit},
	{name: "purchases.create", prepare: prepareCharge},
	{name: "rewards.create", prepare: prepareReward},
	{name: "objects.create", prepare: prepareObject},
	{name: "objects.update", settles: true, prepare: prepareUpdate},
	{name: "orders.create", prepare: prepareOrder},
	{name: "users.create", prepare: prepareUser},
	{name: "vouchers.create", prepare: prepareVoucher},
	{name: "vouchers.revoke", prepare: prepareRevoke},
	{name: "request: a reward", prepare: prepareRawReward},
	{name: "request: a GET that spends", prepare: prepareRawVerify},
	{name: "accounts.balance", reads: true, prepare: prepareBalance},
	{name: "objects.get", reads: true, prepare: prepareGet},
	{name: "vouchers.list", reads: true, prepare: prepareVoucherList},
	{name: "transfers.list", reads: true, prepare: prepareTransferList},
}

// times returns what asks how often an amount went from the seller's account, or came there when it is below zero.
func times(t testing.TB, h *house, amount vingd.Cents) func() int {
	t.Helper()
	before := must(h.Balance(h.Seller()))(t)
	return func() int {
		moved := before - must(h.Balance(h.Seller()))(t)
		if moved%amount != 0 {
			t.Errorf("%d cents went, must be so many times %d", moved, amount)
		}
		return int(moved / amount)
	}
}

func (h *house) pay(t testing.TB) vingd.TokenID {
	t.Helper()
	back := must(h.ann.Pay(h.order))(t)
	return must(vingd.ParseCallbackQuery(back.Query()))(t).Token
}

// spent asks whether a token was verified, by verifying it: that succeeds once, whoever does it.
func (h *house) spent(t testing.TB, token vingd.TokenID) func() int {
	return func() int {
		_, err := h.clean.Purchases.Verify(t.Context(), h.object, token)
		if err != nil && !errors.Is(err, vingd.ErrForbidden) {
			t.Error(err)
		}
		return count(err != nil)
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

func prepareVerify(t testing.TB, h *house, _ int) (deedCall, func() int) {
	token := h.pay(t)
	return func(ctx context.Context, c *vingd.Client) error {
		p, err := c.Purchases.Verify(ctx, h.object, token)
		if err == nil && (p.ID == 0 || p.Order != h.order || p.Object != "an object") {
			return wrong("%+v", *p)
		}
		return err
	}, h.spent(t, token)
}

func prepareCommit(t testing.TB, h *house, _ int) (deedCall, func() int) {
	p := must(h.clean.Purchases.Verify(t.Context(), h.object, h.pay(t)))(t)
	return func(ctx context.Context, c *vingd.Client) error {
		return c.Purchases.Commit(ctx, p.ID, p.Transfer)
	}, times(t, h, -h.price)
}

func prepareCharge(t testing.TB, h *house, _ int) (deedCall, func() int) {
	return func(ctx context.Context, c *vingd.Client) error {
		p, err := c.Purchases.Create(ctx, h.object, vingd.PurchaseParams{Buyer: h.friend, Price: 3})
		if err == nil && (p.ID == 0 || p.Buyer != h.friend) {
			return wrong("%+v", *p)
		}
		return err
	}, times(t, h, -3)
}

func prepareReward(t testing.TB, h *house, n int) (deedCall, func() int) {
	return func(ctx context.Context, c *vingd.Client) error {
		_, err := c.Rewards.Create(ctx, h.friend, vingd.RewardParams{Amount: 5, Description: fmt.Sprintf("reward %06d", n)})
		return err
	}, times(t, h, 5)
}

func prepareObject(t testing.TB, h *house, n int) (deedCall, func() int) {
	name := fmt.Sprintf("object %06d", n)
	return func(ctx context.Context, c *vingd.Client) error {
			id, err := c.Objects.Create(ctx, vingd.ObjectParams{Name: name, URL: "http://localhost/"})
			if err == nil && id <= h.object {
				return wrong("object %d", id)
			}
			return err
		}, func() (made int) {
			for _, o := range must(h.clean.Objects.List(t.Context(), vingd.ObjectFilter{Last: 3}))(t) {
				made += count(o.Name == name)
			}
			return made
		}
}

func prepareUpdate(t testing.TB, h *house, n int) (deedCall, func() int) {
	const url = "http://localhost/other"
	object := must(h.clean.Objects.Create(t.Context(), vingd.ObjectParams{Name: "before", URL: url}))(t)
	name := fmt.Sprintf("update %06d", n)
	return func(ctx context.Context, c *vingd.Client) error {
			id, err := c.Objects.Update(ctx, object, vingd.ObjectParams{Name: name, URL: url})
			if err == nil && id != object {
				return wrong("object %d", id)
			}
			return err
		}, func() int {
			return count(must(h.clean.Objects.Get(t.Context(), object))(t).Name == name)
		}
}

func prepareOrder(t testing.TB, h *house, _ int) (deedCall, func() int) {
	object := must(h.clean.Objects.Create(t.Context(), vingd.ObjectParams{Name: "to order", URL: "http://localhost/"}))(t)
	return func(ctx context.Context, c *vingd.Client) error {
			o, err := c.Orders.Create(ctx, object, vingd.OrderParams{Price: 7, Context: "some context"})
			if err == nil && int64(o.ID) <= int64(object) {
				return wrong("order %d", o.ID)
			}
			return err
		}, func() int {
			return len(must(h.clean.Orders.List(t.Context(), vingd.OrderFilter{Object: object}))(t))
		}
}

// prepareUser counts by the numbers of accounts, which are given out one after the other.
func prepareUser(t testing.TB, h *house, _ int) (deedCall, func() int) {
	before := must(h.NewBuyer("before", 0))(t).UID()
	return func(ctx context.Context, c *vingd.Client) error {
			_, err := c.Users.Create(ctx, vingd.UserParams{Identities: map[string]string{"mail": "user@example.com"}, Primary: "mail"})
			return err
		}, func() int {
			return int(must(h.NewBuyer("after", 0))(t).UID()-before) - 1
		}
}

func prepareVoucher(t testing.TB, h *house, n int) (deedCall, func() int) {
	return func(ctx context.Context, c *vingd.Client) error {
		v, err := c.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 11, Message: fmt.Sprintf("voucher %06d", n)})
		if err == nil && (v.Code == "" || v.Amount != 11) {
			return wrong("%+v", *v)
		}
		return err
	}, times(t, h, 11)
}

func prepareRevoke(t testing.TB, h *house, _ int) (deedCall, func() int) {
	v := must(h.clean.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 13, Message: "to revoke"}))(t)
	return func(ctx context.Context, c *vingd.Client) error {
		revoked, err := c.Vouchers.Revoke(ctx, vingd.VoucherFilter{Code: v.Code})
		if err == nil && (len(revoked) != 1 || revoked[v.Code] == 0) {
			return wrong("%v, for voucher %s", revoked, v.Code)
		}
		return err
	}, times(t, h, -13)
}

func prepareRawReward(t testing.TB, h *house, n int) (deedCall, func() int) {
	body := map[string]any{"huid_to": h.friend, "amount": 17, "description": fmt.Sprintf("request %06d", n)}
	return func(ctx context.Context, c *vingd.Client) error {
		_, err := c.Request(ctx, http.MethodPost, "rewards", body)
		return err
	}, times(t, h, 17)
}

func prepareRawVerify(t testing.TB, h *house, _ int) (deedCall, func() int) {
	token := h.pay(t)
	return func(ctx context.Context, c *vingd.Client) error {
		_, err := c.Request(ctx, http.MethodGet, fmt.Sprintf("objects/%d/tokens/%s", h.object, token), nil)
		return err
	}, h.spent(t, token)
}

func nothing() int { return 0 }

func prepareBalance(t testing.TB, h *house, _ int) (deedCall, func() int) {
	want := must(h.Balance(h.Seller()))(t)
	return func(ctx context.Context, c *vingd.Client) error {
		got, err := c.Accounts.Balance(ctx)
		if err == nil && got != want {
			return wrong("%v, must be %v", got, want)
		}
		return err
	}, nothing
}

func prepareGet(_ testing.TB, h *house, _ int) (deedCall, func() int) {
	return func(ctx context.Context, c *vingd.Client) error {
		o, err := c.Objects.Get(ctx, h.object)
		if err == nil && (o.ID != h.object || o.Name != "an object") {
			return wrong("%+v", *o)
		}
		return err
	}, nothing
}

// prepareVoucherList lists five vouchers of a group of their own.
func prepareVoucherList(t testing.TB, h *house, n int) (deedCall, func() int) {
	group := vingd.GroupID(fmt.Sprintf("g%06d", n))
	for range 5 {
		must(h.clean.Vouchers.Create(t.Context(), vingd.VoucherParams{Message: "one of five", Group: group}))(t)
	}
	return func(ctx context.Context, c *vingd.Client) error {
		vouchers, err := c.Vouchers.List(ctx, vingd.VoucherFilter{Group: group})
		if err == nil && (len(vouchers) != 5 || vouchers[4].Group != group) {
			return wrong("%+v", vouchers)
		}
		return err
	}, nothing
}

func prepareTransferList(_ testing.TB, h *house, _ int) (deedCall, func() int) {
	return func(ctx context.Context, c *vingd.Client) error {
		transfers, err := c.Transfers.List(ctx, vingd.TransferFilter{From: h.Seller(), Last: 1})
		if err == nil && (len(transfers) != 1 || transfers[0].From != h.Seller()) {
			return wrong("%+v", transfers)
		}
		return err
	}, nothing
}
