package fire_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// An operation is a call of the client.
type operation struct {
	name    string
	prepare func(b *broker, reference string) attempt
	// safe says that the call changes nothing, idempotent that it may be sent again: the result is the same.
	safe, idempotent bool
	// reconciles says that there is a Reconcile for the call.
	reconciles bool
	// verifies says that the call is an unsafe GET.
	verifies bool
}

// An attempt is a call that is prepared, with a reference of its own.
type attempt struct {
	// call makes the call. A success that returns a wrong result is an errWrong.
	call func(context.Context, *vingd.Client) error
	// done returns how often the ledger has it.
	done func() int
	// reconcile finds out the outcome of the call, if that is possible. It returns an errWrong for a wrong result.
	reconcile func(ctx context.Context, c *vingd.Client, sent time.Time) error
}

// errWrong says that a call succeeded with a wrong result.
var errWrong = errors.New("wrong result")

// check returns err, or an errWrong if there is none and the result is not right.
func check(err error, right bool, result any) error {
	if err == nil && !right {
		return fmt.Errorf("%w: %+v", errWrong, result)
	}
	return err
}

// operations are those of the API: all that are not safe, and some that are.
var operations = []operation{
	{name: "verifyPurchase", prepare: prepareVerify, verifies: true},
	{name: "commitPurchase", idempotent: true, prepare: prepareCommit},
	{name: "purchaseObject", reconciles: true, prepare: prepareCharge},
	{name: "rewardUser", reconciles: true, prepare: prepareReward},
	{name: "createObject", reconciles: true, prepare: prepareObject},
	{name: "updateObject", idempotent: true, prepare: prepareUpdate},
	{name: "createOrder", reconciles: true, prepare: prepareOrder},
	{name: "createUser", prepare: prepareUser},
	{name: "createVoucher", reconciles: true, prepare: prepareVoucher},
	{name: "revokeVouchers", reconciles: true, prepare: prepareRevoke},
	{name: "request: POST rewards", prepare: prepareRawReward},
	{name: "request: GET of a token", prepare: prepareRawVerify, verifies: true},
	{name: "getBalance", safe: true, prepare: prepareBalance},
	{name: "getObject", safe: true, prepare: prepareGet},
	{name: "listVouchers", safe: true, prepare: prepareVoucherList},
	{name: "listTransfers", safe: true, prepare: prepareTransferList},
}

// timesPaid returns what counts how often an amount leaves the seller's account, or arrives there when it is negative.
func (b *broker) timesPaid(amount vingd.Cents) func() int {
	before := must(b.Balance(b.Seller()))
	return func() int {
		moved := before - must(b.Balance(b.Seller()))
		if moved%amount != 0 {
			panic(fmt.Sprintf("%d cents left the account, must be a multiple of %d", moved, amount))
		}
		return int(moved / amount)
	}
}

func (b *broker) newObject(name string) vingd.ObjectID {
	return must(b.direct.Objects.Create(context.Background(), vingd.ObjectParams{Name: name, URL: "http://localhost/"}))
}

// pay returns the token of a purchase of Ann's.
func (b *broker) pay() vingd.TokenID {
	return must(vingd.ParseCallback(must(b.ann.Pay(b.order)))).Token
}

// spent returns whether a token was verified, by verifying it: that succeeds only once.
func (b *broker) spent(token vingd.TokenID) func() int {
	return func() int {
		_, err := b.direct.Purchases.Verify(context.Background(), b.object, token)
		if err != nil && !errors.Is(err, vingd.ErrForbidden) {
			panic(err)
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

// lastTransfer returns the newest transfer that a filter selects.
func (b *broker) lastTransfer(f vingd.TransferFilter) vingd.Transfer {
	f.Last = 1
	return must(b.direct.Transfers.List(context.Background(), f))[0]
}

func prepareVerify(b *broker, _ string) attempt {
	token := b.pay()
	return attempt{
		call: func(ctx context.Context, c *vingd.Client) error {
			p, err := c.Purchases.Verify(ctx, b.object, token)
			return check(err, err != nil || p.ID != 0 && p.Order == b.order && p.ObjectName == "an object", p)
		},
		done: b.spent(token),
	}
}

func prepareCommit(b *broker, _ string) attempt {
	p := must(b.direct.Purchases.Verify(context.Background(), b.object, b.pay()))
	return attempt{
		call: func(ctx context.Context, c *vingd.Client) error { return c.Purchases.Commit(ctx, p) },
		done: b.timesPaid(-price),
	}
}

func prepareCharge(b *broker, reference string) attempt {
	object, params := b.newObject(reference), vingd.PurchaseParams{Buyer: b.friend, Price: 3}
	return attempt{
		call: func(ctx context.Context, c *vingd.Client) error {
			p, err := c.Purchases.Create(ctx, object, params)
			return check(err, err != nil || p.ID != 0 && p.Buyer == b.friend, p)
		},
		done: b.timesPaid(-3),
		reconcile: func(ctx context.Context, c *vingd.Client, sent time.Time) error {
			p, err := c.Purchases.Reconcile(ctx, object, params, sent)
			return check(err, err != nil || p.Transfer == b.lastTransfer(vingd.TransferFilter{To: b.Seller()}).ID, p)
		},
	}
}

func prepareReward(b *broker, reference string) attempt {
	params := vingd.RewardParams{Amount: 5, Description: reference}
	return attempt{
		call: func(ctx context.Context, c *vingd.Client) error {
			_, err := c.Rewards.Create(ctx, b.friend, params)
			return err
		},
		done: b.timesPaid(5),
		reconcile: func(ctx context.Context, c *vingd.Client, sent time.Time) error {
			id, err := c.Rewards.Reconcile(ctx, b.friend, params, sent)
			return check(err, err != nil || id == b.lastTransfer(vingd.TransferFilter{From: b.Seller()}).ID, id)
		},
	}
}

func prepareObject(b *broker, reference string) attempt {
	before := b.newObject("before")
	params := vingd.ObjectParams{Name: reference, URL: "http://localhost:80/article"}
	newest := func() vingd.Object {
		return must(b.direct.Objects.List(context.Background(), vingd.ObjectFilter{Last: 1}))[0]
	}
	return attempt{
		call: func(ctx context.Context, c *vingd.Client) error {
			id, err := c.Objects.Create(ctx, params)
			return check(err, id > before, id)
		},
		done: func() (made int) {
			for _, o := range must(b.direct.Objects.List(context.Background(), vingd.ObjectFilter{Last: 5})) {
				made += count(o.ID > before)
			}
			return made
		},
		reconcile: func(ctx context.Context, c *vingd.Client, sent time.Time) error {
			id, err := c.Objects.Reconcile(ctx, params, sent)
			return check(err, err != nil || id == newest().ID && id > before, id)
		},
	}
}

func prepareUpdate(b *broker, reference string) attempt {
	object := b.newObject("before")
	return attempt{
		call: func(ctx context.Context, c *vingd.Client) error {
			id, err := c.Objects.Update(ctx, object, vingd.ObjectParams{Name: reference, URL: "http://localhost/other"})
			return check(err, id == object, id)
		},
		done: func() int { return count(must(b.direct.Objects.Get(context.Background(), object)).Name != "before") },
	}
}

func prepareOrder(b *broker, reference string) attempt {
	object, params := b.newObject("to order"), vingd.OrderParams{Price: 7, Context: reference}
	orders := func() []vingd.Order {
		return must(b.direct.Orders.List(context.Background(), vingd.OrderFilter{Object: object, IncludeExpired: true}))
	}
	return attempt{
		call: func(ctx context.Context, c *vingd.Client) error {
			o, err := c.Orders.Create(ctx, object, params)
			return check(err, err != nil || int64(o.ID) > int64(object), o)
		},
		done: func() int { return len(orders()) },
		reconcile: func(ctx context.Context, c *vingd.Client, sent time.Time) error {
			o, err := c.Orders.Reconcile(ctx, object, params, sent)
			return check(err, err != nil || len(orders()) == 1 && o.ID == orders()[0].ID, o)
		},
	}
}

// prepareUser counts by the numbers of accounts, which are consecutive.
func prepareUser(b *broker, _ string) attempt {
	before := must(b.AddBuyer("before", 0)).UID()
	return attempt{
		call: func(ctx context.Context, c *vingd.Client) error {
			_, err := c.Users.Create(ctx, vingd.UserParams{Identities: map[string]string{"mail": "user@example.com"}, Primary: "mail"})
			return err
		},
		done: func() int { return int(must(b.AddBuyer("after", 0)).UID()-before) - 1 },
	}
}

func prepareVoucher(b *broker, reference string) attempt {
	params := vingd.VoucherParams{Amount: 11, Message: reference}
	return attempt{
		call: func(ctx context.Context, c *vingd.Client) error {
			v, err := c.Vouchers.Create(ctx, params)
			return check(err, err != nil || v.Code != "" && v.Amount == 11, v)
		},
		done: b.timesPaid(11),
		reconcile: func(ctx context.Context, c *vingd.Client, sent time.Time) error {
			v, err := c.Vouchers.Reconcile(ctx, params, sent)
			newest := must(b.direct.Vouchers.History(ctx, vingd.HistoryFilter{Action: vingd.VoucherActionAdd, Last: 1}))[0]
			return check(err, err != nil || v.ID == newest.Voucher.ID, v)
		},
	}
}

// prepareRevoke revokes the two vouchers of a group.
func prepareRevoke(b *broker, _ string) attempt {
	b.groups++
	group := vingd.GroupID(fmt.Sprintf("g%06d", b.groups))
	for range 2 {
		must(b.direct.Vouchers.Create(context.Background(), vingd.VoucherParams{Amount: 13, Message: "to revoke", Group: group}))
	}
	filter := vingd.VoucherFilter{Group: group}
	return attempt{
		call: func(ctx context.Context, c *vingd.Client) error {
			revoked, err := c.Vouchers.Revoke(ctx, filter)
			return check(err, len(revoked) == 2, revoked)
		},
		done: b.timesPaid(-26),
		reconcile: func(ctx context.Context, c *vingd.Client, sent time.Time) error {
			revoked, err := c.Vouchers.ReconcileRevoke(ctx, filter, sent)
			return check(err, len(revoked) == 2, revoked)
		},
	}
}

func prepareRawReward(b *broker, reference string) attempt {
	body := map[string]any{"huid_to": b.friend, "amount": 17, "description": reference}
	return attempt{
		call: func(ctx context.Context, c *vingd.Client) error {
			_, err := c.Request(ctx, http.MethodPost, "rewards", body)
			return err
		},
		done: b.timesPaid(17),
	}
}

func prepareRawVerify(b *broker, _ string) attempt {
	token := b.pay()
	return attempt{
		call: func(ctx context.Context, c *vingd.Client) error {
			_, err := c.Request(ctx, http.MethodGet, fmt.Sprintf("objects/%d/tokens/%s", b.object, token), nil)
			return err
		},
		done: b.spent(token),
	}
}

func zero() int { return 0 }

func prepareBalance(b *broker, _ string) attempt {
	want := must(b.Balance(b.Seller()))
	return attempt{done: zero, call: func(ctx context.Context, c *vingd.Client) error {
		got, err := c.Accounts.Balance(ctx)
		return check(err, got == want, got)
	}}
}

func prepareGet(b *broker, _ string) attempt {
	return attempt{done: zero, call: func(ctx context.Context, c *vingd.Client) error {
		o, err := c.Objects.Get(ctx, b.object)
		return check(err, err != nil || o.ID == b.object && o.Name == "an object", o)
	}}
}

func prepareVoucherList(b *broker, _ string) attempt {
	return attempt{done: zero, call: func(ctx context.Context, c *vingd.Client) error {
		vouchers, err := c.Vouchers.List(ctx, vingd.VoucherFilter{Group: b.group})
		return check(err, len(vouchers) == 5 && vouchers[4].Group == b.group, vouchers)
	}}
}

func prepareTransferList(b *broker, _ string) attempt {
	return attempt{done: zero, call: func(ctx context.Context, c *vingd.Client) error {
		transfers, err := c.Transfers.List(ctx, vingd.TransferFilter{From: b.Seller(), Last: 1})
		return check(err, len(transfers) == 1 && transfers[0].From == b.Seller(), transfers)
	}}
}
