package vingd_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A missing argument is an error, not a panic.
func TestMisuse(t *testing.T) {
	t.Run("nil option", func(t *testing.T) {
		for _, options := range [][]vingd.Option{{nil}, {vingd.WithSandbox(), nil}} {
			_, err := vingd.New(vingd.Password(username, password), options...)
			wantArgumentError(t, err, "new: option is nil, must be an option of this package")
		}
	})
	t.Run("nil http.Client", func(t *testing.T) { // is as good as none
		if _, err := vingd.New(vingd.Password(username, password), vingd.WithHTTPClient(nil)); err != nil {
			t.Error(err)
		}
	})
	all := append(eachCall(), unsafeCalls()...)
	for op, do := range map[string]func(context.Context, *vingd.Client) (any, error){
		"reconcileObject": func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Objects.Reconcile(ctx, vingd.ObjectParams{Name: "Article 12", URL: "https://localhost/"}, now)
		},
		"reconcileOrder": func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Orders.Reconcile(ctx, 5, vingd.OrderParams{Price: 1, Context: "order-17"}, now)
		},
		"reconcilePurchase": func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Purchases.Reconcile(ctx, 5, vingd.PurchaseParams{Buyer: huid, Price: 1}, now)
		},
		"reconcileReward": func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Rewards.Reconcile(ctx, huid, vingd.RewardParams{Amount: 1, Description: "reward-17"}, now)
		},
		"reconcileVoucher": func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Vouchers.Reconcile(ctx, vingd.VoucherParams{Amount: 1, Message: "voucher-17"}, now)
		},
		"reconcileRevocation": func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Vouchers.ReconcileRevoke(ctx, vingd.VoucherFilter{}, now)
		},
	} {
		all = append(all, call{name: op, op: op, do: do})
	}
	for _, c := range all {
		t.Run("zero Client/"+c.name, func(t *testing.T) {
			_, err := c.do(t.Context(), &vingd.Client{})
			wantArgumentError(t, err, c.op+": client is the zero Client, must come from New")
		})
	}
	t.Run("zero Client", func(t *testing.T) {
		var client vingd.Client
		client.CloseIdleConnections()
		if urls := client.Orders.URLs(7); urls != (vingd.URLs{}) {
			t.Errorf("an order has the addresses %v", urls)
		}
		if urls := client.Vouchers.URLs(code); urls != (vingd.URLs{}) {
			t.Errorf("a voucher has the addresses %v", urls)
		}
	})
}

// A segment may hide slashes and dots in escapes, and a server or proxy may see a path to something else then.
func TestRequest_EscapedTraversal(t *testing.T) {
	sent := 0
	client := newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
		sent++
		return reply(req, 200, `{"data": {}}`), nil
	}))
	for _, path := range []string{
		"fort/%2e%2e%2fid/users", "fort/%2E%2E%2Fid/users", "fort/..%2fid/users", "fort/%2e%2e%5cid%5cusers", "fort/..%5cid",
		"fort/a%2f..%2f..%2fid", "fort/a%5c..%5cid", "fort/%2f..", "fort/..%2f", "%2e%2e%2fid", "fort/%2e%2f%2e", "fort/.%2f", "fort/%5c.",
	} {
		if _, err := client.Request(t.Context(), http.MethodGet, path, nil); !errors.Is(err, vingd.ErrInvalidArgument) || sent != 0 {
			t.Errorf("%s: sent %d times, and the error is %v", path, sent, err)
		}
		sent = 0
	}
	for _, path := range []string{"fort/a%2fb", "vouchers/gid=a%5cb", "fort/a..b", "fort/...", "fort/%2f", "fort/a.%2fb"} {
		if _, err := client.Request(t.Context(), http.MethodGet, path, nil); err != nil || sent != 1 {
			t.Errorf("%s: sent %d times, and the error is %v", path, sent, err)
		}
		sent = 0
	}
}

// No span before now lies after it.
func TestTime_Limits(t *testing.T) {
	sent := 0
	client := newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
		sent++
		return reply(req, 200, `{"data": {"id": 1}}`), nil
	}))
	for _, d := range []time.Duration{math.MinInt64, math.MinInt64 + 1} { // 292 years hence
		if past, text := vingd.Ago(d), vingd.Ago(d).String(); text != "in 2562047h47m16.854775807s" {
			t.Errorf("Ago(%d) is %s (%+v)", d, text, past)
		}
		if _, err := client.Orders.Create(t.Context(), 5, vingd.OrderParams{Price: 1, Expires: vingd.Ago(d)}); err != nil {
			t.Errorf("Ago(%d): %v", d, err)
		}
	}
	if text := vingd.In(math.MinInt64).String(); text != "2562047h47m16.854775808s ago" {
		t.Errorf("In(math.MinInt64) is %s", text)
	}
}

// A nil context is an argument error, as for net/http, and nothing is sent.
func TestCalls_NilContext(t *testing.T) {
	client := newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
		t.Errorf("%s was sent", req.URL)
		return reply(req, 200, `{"data": {}}`), nil
	}))
	var none context.Context
	for _, c := range calls {
		_, err := c.do(none, client)
		wantArgumentError(t, err, c.op+": ctx is nil, must not be nil")
	}
	_, err := client.Rewards.Reconcile(none, huid, vingd.RewardParams{Amount: 1, Description: "payroll no. 1"}, now)
	wantArgumentError(t, err, "reconcileReward: ctx is nil, must not be nil")
}
