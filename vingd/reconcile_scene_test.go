package vingd_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A scene is a sandbox, a client whose calls go wrong, and a judge, who is the same seller and sees what is there.
type scene struct {
	t      *testing.T
	sb     *sandbox.Sandbox
	client *vingd.Client
	judge  *vingd.Client
	me     vingd.UID
	reader vingd.HUID
	object vingd.ObjectID
}

// populate makes a user to reward, in whose name the seller may buy, and an object to sell.
func (s *scene) populate() {
	s.t.Helper()
	if err := s.sb.Deposit(s.sb.Seller(), 1_000_000_00); err != nil {
		s.t.Fatal(err)
	}
	s.me = s.sb.Seller()
	s.reader = must(s.judge.Users.Create(s.t.Context(), vingd.UserParams{Permissions: []vingd.Permission{vingd.PermissionPurchase}}))
	s.object = s.newObject("Article")
	must(s.judge.Rewards.Create(s.t.Context(), s.reader, vingd.RewardParams{Amount: 10_000_00}))
}

func (s *scene) newObject(name string) vingd.ObjectID {
	return must(s.judge.Objects.Create(s.t.Context(), vingd.ObjectParams{Name: name, URL: "https://shop.example/"}))
}

// must returns what a call of the judge's did, which never fails.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// An attempt is a call that moves money or makes something, with a reference of its own.
type attempt struct {
	make      func(context.Context, *vingd.Client) error
	reconcile func(ctx context.Context, c *vingd.Client, sent time.Time) (any, error)
	// made is what the books say that the call made, in what it would have returned.
	made func() []any
}

// others are the references of other calls: some numbered in the same way, and some that are not.
func others(ref string) []string {
	return []string{ref + "9", ref + "x", "a" + ref, "Thank you!", ""}
}

// unknowns are attempts of those operations that cannot be called again without doing them twice, or losing their result.
// Each prepares an attempt, and things that look like it.
var unknowns = map[string]func(s *scene, ref string) attempt{
	"rewardUser":     (*scene).reward,
	"createVoucher":  (*scene).voucher,
	"revokeVouchers": (*scene).revocation,
	"revokeVoucher":  (*scene).revocationOfOne,
	"createOrder":    (*scene).order,
	"createObject":   (*scene).thing,
	"purchaseObject": (*scene).purchase,
}

func (s *scene) reward(ref string) attempt {
	for _, other := range others(ref) {
		must(s.judge.Rewards.Create(s.t.Context(), s.reader, vingd.RewardParams{Amount: 3, Description: other}))
	}
	params := vingd.RewardParams{Amount: 3, Description: ref}
	return attempt{
		make: func(ctx context.Context, c *vingd.Client) error {
			_, err := c.Rewards.Create(ctx, s.reader, params)
			return err
		},
		reconcile: func(ctx context.Context, c *vingd.Client, sent time.Time) (any, error) {
			return c.Rewards.Reconcile(ctx, s.reader, params, sent)
		},
		made: func() (made []any) {
			for _, t := range must(s.judge.Transfers.List(s.t.Context(), vingd.TransferFilter{From: s.me})) {
				if note(t).Message == ref {
					made = append(made, t.ID)
				}
			}
			return made
		},
	}
}

// note is what the sandbox keeps with a transfer.
func note(t vingd.Transfer) (n struct {
	OID     vingd.ObjectID
	Message string
}) {
	if err := json.Unmarshal([]byte(t.Description), &n); err != nil {
		panic(err)
	}
	return n
}

func (s *scene) voucher(ref string) attempt {
	params := vingd.VoucherParams{Amount: 3, Message: "Enjoy!", Description: ref}
	if len(ref)%2 == 0 {
		params = vingd.VoucherParams{Amount: 3, Message: ref}
	}
	for _, other := range others(ref) {
		must(s.judge.Vouchers.Create(s.t.Context(), vingd.VoucherParams{Amount: 3, Message: "Enjoy!", Description: other}))
		must(s.judge.Vouchers.Create(s.t.Context(), vingd.VoucherParams{Amount: 3, Message: other}))
	}
	return attempt{
		make: func(ctx context.Context, c *vingd.Client) error {
			_, err := c.Vouchers.Create(ctx, params)
			return err
		},
		reconcile: func(ctx context.Context, c *vingd.Client, sent time.Time) (any, error) {
			return c.Vouchers.Reconcile(ctx, params, sent)
		},
		made: func() (made []any) {
			for _, v := range must(s.judge.Vouchers.List(s.t.Context(), vingd.VoucherFilter{})) {
				if v.Message == ref || v.Description == ref {
					made = append(made, &v)
				}
			}
			return made
		},
	}
}

func (s *scene) revocation(ref string) attempt {
	group := vingd.GroupID(ref)
	for _, g := range []vingd.GroupID{group, group, group, group + "a", ""} {
		must(s.judge.Vouchers.Create(s.t.Context(), vingd.VoucherParams{Amount: 3, Group: g}))
	}
	return s.revoking(vingd.VoucherFilter{Group: group, ValidAfter: vingd.In(0)}, vingd.HistoryFilter{Group: group})
}

func (s *scene) revocationOfOne(string) attempt {
	v := must(s.judge.Vouchers.Create(s.t.Context(), vingd.VoucherParams{Amount: 3}))
	return s.revoking(vingd.VoucherFilter{Code: v.Code}, vingd.HistoryFilter{Code: v.Code})
}

func (s *scene) revoking(filter vingd.VoucherFilter, log vingd.HistoryFilter) attempt {
	log.Action = vingd.VoucherActionRevoke
	return attempt{
		make: func(ctx context.Context, c *vingd.Client) error {
			_, err := c.Vouchers.Revoke(ctx, filter)
			return err
		},
		reconcile: func(ctx context.Context, c *vingd.Client, sent time.Time) (any, error) {
			return c.Vouchers.ReconcileRevoke(ctx, filter, sent)
		},
		made: func() []any {
			made := map[vingd.VoucherCode]vingd.TransferID{}
			for _, e := range must(s.judge.Vouchers.History(s.t.Context(), log)) {
				made[e.Voucher.Code] = e.Voucher.Transfer
			}
			if len(made) == 0 {
				return nil
			}
			return []any{made}
		},
	}
}

func (s *scene) order(ref string) attempt {
	for _, other := range others(ref) {
		must(s.judge.Orders.Create(s.t.Context(), s.object, vingd.OrderParams{Price: 3, Context: other}))
	}
	must(s.judge.Orders.Create(s.t.Context(), s.newObject("Other"), vingd.OrderParams{Price: 3, Context: ref}))
	params := vingd.OrderParams{Price: 3, Context: ref, Expires: vingd.In(time.Second)}
	return attempt{
		make: func(ctx context.Context, c *vingd.Client) error {
			_, err := c.Orders.Create(ctx, s.object, params)
			return err
		},
		reconcile: func(ctx context.Context, c *vingd.Client, sent time.Time) (any, error) {
			return c.Orders.Reconcile(ctx, s.object, params, sent)
		},
		made: func() (made []any) {
			for _, o := range must(s.judge.Orders.List(s.t.Context(), vingd.OrderFilter{Object: s.object, IncludeExpired: true})) {
				if o.Context == ref {
					made = append(made, &o)
				}
			}
			return made
		},
	}
}

func (s *scene) thing(ref string) attempt {
	params := vingd.ObjectParams{Name: ref, URL: "https://shop.example/1"}
	for i, other := range others(ref) {
		if other != "" {
			must(s.judge.Objects.Create(s.t.Context(), vingd.ObjectParams{Name: other, URL: fmt.Sprint(params.URL, i)}))
		}
	}
	return attempt{
		make: func(ctx context.Context, c *vingd.Client) error {
			_, err := c.Objects.Create(ctx, params)
			return err
		},
		reconcile: func(ctx context.Context, c *vingd.Client, sent time.Time) (any, error) {
			return c.Objects.Reconcile(ctx, params, sent)
		},
		made: func() (made []any) {
			for _, o := range must(s.judge.Objects.List(s.t.Context(), vingd.ObjectFilter{})) {
				if o.Name == params.Name && o.URL == params.URL {
					made = append(made, o.ID)
				}
			}
			return made
		},
	}
}

func (s *scene) purchase(ref string) attempt {
	object, params := s.newObject(ref), vingd.PurchaseParams{Buyer: s.reader, Price: 3}
	must(s.judge.Purchases.Create(s.t.Context(), s.newObject(ref), params))
	must(s.judge.Rewards.Create(s.t.Context(), s.reader, vingd.RewardParams{Amount: 3}))
	return attempt{
		make: func(ctx context.Context, c *vingd.Client) error {
			_, err := c.Purchases.Create(ctx, object, params)
			return err
		},
		reconcile: func(ctx context.Context, c *vingd.Client, sent time.Time) (any, error) {
			p, err := c.Purchases.Reconcile(ctx, object, params, sent)
			if p == nil {
				return nil, err
			}
			if p.Buyer != s.reader || p.ObjectName != ref || p.ID == 0 {
				return nil, fmt.Errorf("got %+v", p)
			}
			return p.Transfer, err
		},
		made: func() (made []any) {
			for _, t := range must(s.judge.Transfers.List(s.t.Context(), vingd.TransferFilter{To: s.me})) {
				if note(t).OID == object {
					made = append(made, t.ID)
				}
			}
			return made
		},
	}
}
