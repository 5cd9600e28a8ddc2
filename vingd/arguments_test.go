package vingd_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

const notUTF8 = "\xff"

// refused are calls with invalid arguments, and their errors.
var refused = []struct {
	do   func(ctx context.Context, c *vingd.Client) (any, error)
	want string
}{
	// Ids that are numbers.
	{func(ctx context.Context, c *vingd.Client) (any, error) { return c.Objects.Get(ctx, 0) },
		"getObject: id is 0, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) { return c.Objects.Get(ctx, -5) },
		"getObject: id is -5, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Objects.Update(ctx, 0, vingd.ObjectParams{Name: "n", URL: "u"})
	}, "updateObject: id is 0, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Objects.List(ctx, vingd.ObjectFilter{ID: -1})
	}, "listObjects: id is -1, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.Create(ctx, 0, vingd.OrderParams{Price: 1})
	}, "createOrder: object is 0, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) { return c.Orders.Get(ctx, math.MinInt64) },
		"getOrder: id is -9223372036854775808, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.List(ctx, vingd.OrderFilter{ID: -7})
	}, "listOrders: id is -7, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return rowsOf(c.Orders.All(ctx, vingd.OrderFilter{Object: -5}))
	}, "listOrders: object is -5, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) { return c.Purchases.Verify(ctx, 0, tid) },
		"verifyPurchase: object is 0, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return nil, c.Purchases.Commit(ctx, &vingd.Purchase{ID: 0, Transfer: 13})
	},
		"commitPurchase: id is 0, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return nil, c.Purchases.Commit(ctx, &vingd.Purchase{ID: 11, Transfer: -1})
	},
		"commitPurchase: transfer is -1, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Purchases.Create(ctx, -1, vingd.PurchaseParams{Buyer: huid, Price: 1})
	}, "purchaseObject: object is -1, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Transfers.List(ctx, vingd.TransferFilter{From: -1})
	}, "listTransfers: from is -1, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return rowsOf(c.Transfers.All(ctx, vingd.TransferFilter{From: 1, To: -2}))
	}, "listTransfers: to is -2, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.List(ctx, vingd.VoucherFilter{From: -1})
	}, "listVouchers: from is -1, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Revoke(ctx, vingd.VoucherFilter{To: -1})
	}, "revokeVouchers: to is -1, must be 1 or more"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.History(ctx, vingd.HistoryFilter{Voucher: -1001})
	}, "listVoucherHistory: voucher is -1001, must be 1 or more"},

	// Ids that are texts.
	{func(ctx context.Context, c *vingd.Client) (any, error) { return c.Accounts.BalanceOf(ctx, "") },
		`getUserBalance: user is "", must be 1 to 40 hexadecimal digits`},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Accounts.BalanceOf(ctx, "../../vouchers")
	}, `getUserBalance: user is "../../vouchers", must be 1 to 40 hexadecimal digits`},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Rewards.Create(ctx, huid+"0", vingd.RewardParams{Amount: 1})
	}, `rewardUser: user is "` + huid + `0", must be 1 to 40 hexadecimal digits`},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Purchases.Create(ctx, 5, vingd.PurchaseParams{Buyer: "ž\n", Price: 1})
	}, `purchaseObject: buyer is "\u017e\n", must be 1 to 40 hexadecimal digits`},
	{func(ctx context.Context, c *vingd.Client) (any, error) { return c.Purchases.Verify(ctx, 5, "") },
		"verifyPurchase: token must be 1 to 40 hexadecimal digits"},
	{func(ctx context.Context, c *vingd.Client) (any, error) { return c.Purchases.Verify(ctx, 5, tid+"0") },
		"verifyPurchase: token must be 1 to 40 hexadecimal digits"}, // the token is not in the error
	{func(ctx context.Context, c *vingd.Client) (any, error) { return c.Vouchers.Get(ctx, "") },
		`getVoucher: code is "", must be 1 to 64 letters, digits, dashes or underscores`},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Get(ctx, vingd.VoucherCode(strings.Repeat("A", 65)))
	}, `getVoucher: code is "` + strings.Repeat("A", 65) + `", must be 1 to 64 letters, digits, dashes or underscores`},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Get(ctx, vingd.VoucherCode(strings.Repeat("/", 1_000_000)))
	}, `getVoucher: code is "` + strings.Repeat("/", 80) + `\u2026", must be 1 to 64 letters, digits, dashes or underscores`},
	{func(ctx context.Context, c *vingd.Client) (any, error) { return c.Vouchers.Get(ctx, "history") },
		`getVoucher: code is "history", which names the voucher log`},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.List(ctx, vingd.VoucherFilter{Code: "history"})
	}, `listVouchers: code is "history", which names the voucher log`},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Revoke(ctx, vingd.VoucherFilter{Code: ".."})
	}, `revokeVouchers: code is "..", must be 1 to 64 letters, digits, dashes or underscores`},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return rowsOf(c.Vouchers.AllHistory(ctx, vingd.HistoryFilter{Code: "a b"}))
	}, `listVoucherHistory: code is "a b", must be 1 to 64 letters, digits, dashes or underscores`},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return rowsOf(c.Vouchers.All(ctx, vingd.VoucherFilter{Group: "a=b"}))
	}, `listVouchers: group is "a=b", must be 1 to 32 letters, digits, dashes or underscores`},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.History(ctx, vingd.HistoryFilter{Group: "a/first=1"})
	}, `listVoucherHistory: group is "a/first=1", must be 1 to 32 letters, digits, dashes or underscores`},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 1, Group: vingd.GroupID(strings.Repeat("g", 33))})
	}, `createVoucher: group is "` + strings.Repeat("g", 33) + `", must be 1 to 32 letters, digits, dashes or underscores`},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.History(ctx, vingd.HistoryFilter{Action: "Add"})
	}, `listVoucherHistory: action is "Add", must be add, use, revoke or expire`},

	// Money.
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.Create(ctx, 5, vingd.OrderParams{Context: "a"})
	}, "createOrder: price is 0.00, must be above zero, or AllowZero must be set"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Purchases.Create(ctx, 5, vingd.PurchaseParams{Buyer: huid})
	}, "purchaseObject: price is 0.00, must be above zero, or AllowZero must be set"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Rewards.Create(ctx, huid, vingd.RewardParams{})
	}, "rewardUser: amount is 0.00, must be above zero, or AllowZero must be set"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Create(ctx, vingd.VoucherParams{})
	}, "createVoucher: amount is 0.00, must be above zero, or AllowZero must be set"},
	{func(ctx context.Context, c *vingd.Client) (any, error) { return nil, c.Purchases.Commit(ctx, nil) },
		"commitPurchase: purchase is nil, must be the result of Verify"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.Create(ctx, 5, vingd.OrderParams{Price: -1})
	}, "createOrder: price is -0.01, must not be below zero"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Purchases.Create(ctx, 5, vingd.PurchaseParams{Buyer: huid, Price: math.MinInt64})
	}, "purchaseObject: price is -92233720368547758.08, must not be below zero"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Rewards.Create(ctx, huid, vingd.RewardParams{Amount: -75})
	}, "rewardUser: amount is -0.75, must not be below zero"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Create(ctx, vingd.VoucherParams{Amount: -12345})
	}, "createVoucher: amount is -123.45, must not be below zero"},

	// Texts that JSON would change in silence.
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Objects.Create(ctx, vingd.ObjectParams{Name: notUTF8, URL: "u"})
	}, "createObject: name must be UTF-8"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Objects.Update(ctx, 5, vingd.ObjectParams{Name: "n", URL: notUTF8})
	}, "updateObject: url must be UTF-8"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.Create(ctx, 5, vingd.OrderParams{Price: 1, Context: notUTF8})
	}, "createOrder: context must be UTF-8"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Rewards.Create(ctx, huid, vingd.RewardParams{Amount: 1, Description: notUTF8})
	}, "rewardUser: description must be UTF-8"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 1, Message: notUTF8})
	}, "createVoucher: message must be UTF-8"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 1, Description: notUTF8})
	}, "createVoucher: description must be UTF-8"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Users.Create(ctx, vingd.UserParams{Identities: map[string]string{notUTF8: "1"}})
	}, "createUser: identities must be UTF-8"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Users.Create(ctx, vingd.UserParams{Identities: map[string]string{"mail": notUTF8}})
	}, "createUser: identities must be UTF-8"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Users.Create(ctx, vingd.UserParams{Primary: notUTF8})
	}, "createUser: primary must be UTF-8"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Users.Create(ctx, vingd.UserParams{Permissions: []vingd.Permission{notUTF8}})
	}, "createUser: permissions must be UTF-8"},

	// Times that ISO 8601 has no four digits for.
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.Create(ctx, 5, vingd.OrderParams{Price: 1, Expires: vingd.At(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))})
	}, "createOrder: expires is in the year 10000, must be between 1 and 9999"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 1, Expires: vingd.At(time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC))})
	}, "createVoucher: expires is in the year -1, must be between 1 and 9999"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Objects.List(ctx, vingd.ObjectFilter{Since: vingd.At(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))})
	}, "listObjects: since is in the year 0, must be between 1 and 9999"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Revoke(ctx, vingd.VoucherFilter{ValidAfter: vingd.At(time.Time{})})
	}, "revokeVouchers: valid after is the zero time, must be a point in time"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.Create(ctx, 5, vingd.OrderParams{Price: 1, Expires: vingd.At(time.Time{})})
	}, "createOrder: expires is the zero time, must be a point in time"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Transfers.List(ctx, vingd.TransferFilter{From: 1, Until: vingd.At(time.Unix(1<<40, 0).UTC())})
	}, "listTransfers: until is in the year 36812, must be between 1 and 9999"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.List(ctx, vingd.VoucherFilter{ValidAfter: vingd.At(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))})
	}, "listVouchers: valid after is in the year 10000, must be between 1 and 9999"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.History(ctx, vingd.HistoryFilter{CreatedBefore: vingd.At(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))})
	}, "listVoucherHistory: created before is in the year 10000, must be between 1 and 9999"},

	// Counts.
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Objects.List(ctx, vingd.ObjectFilter{First: -1})
	}, "listObjects: first is below zero, must be the number of rows, or 0 for all"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.List(ctx, vingd.VoucherFilter{Last: -1})
	}, "listVouchers: last is below zero, must be the number of rows, or 0 for all"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Objects.List(ctx, vingd.ObjectFilter{First: 1, Last: 1})
	}, "listObjects: first is given together with last, must be given alone"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Transfers.List(ctx, vingd.TransferFilter{From: 1, First: 1, Last: 1})
	}, "listTransfers: first is given together with last, must be given alone"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.History(ctx, vingd.HistoryFilter{First: 1, Last: 1})
	}, "listVoucherHistory: first is given together with last, must be given alone"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Revoke(ctx, vingd.VoucherFilter{First: 1, Last: 1})
	}, "revokeVouchers: first is given together with last, must be given alone"},

	// Filters that leave too much.
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Revoke(ctx, vingd.VoucherFilter{})
	}, "revokeVouchers: filter is empty, which would revoke every voucher: use RevokeAll for that"},
	{func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Transfers.List(ctx, vingd.TransferFilter{First: 1})
	}, "listTransfers: filter must have from or to"},

	// Requests by hand.
	{request("GET", "", nil), "request: path is empty, must be the path of a resource, such as id/users"},
	{request("get", "id/users", nil), `request: method is "get", must be GET, POST, PUT or DELETE`},
	{request("", "id/users", nil), `request: method is "", must be GET, POST, PUT or DELETE`},
	{request("PATCH", "id/users", nil), `request: method is "PATCH", must be GET, POST, PUT or DELETE`},
	{request("CONNECT", "id/users", nil), `request: method is "CONNECT", must be GET, POST, PUT or DELETE`},
	{request("GET\r\nX: y", "id/users", nil), `request: method is "GET\r\nX: y", must be GET, POST, PUT or DELETE`},
	{request("POST", "id/users/", func() {}), "request: body must be valid for encoding/json: json: unsupported type: func()"},
	{request("POST", "id/users/", math.NaN()), "request: body must be valid for encoding/json: json: unsupported value: NaN"},
	{request("GET", "https://elsewhere.example.com/id/users", nil), "request: path must be relative to the endpoint"},
	{request("GET", "//elsewhere.example.com/id/users", nil), "request: path must not begin with two slashes"},
	{request("GET", "id/users?a=b", nil), "request: path must be escaped, without a query"},
	{request("GET", "id/users#a", nil), "request: path must be escaped, without a query"},
	{request("GET", "id/us ers", nil), "request: path must be escaped, without a query"},
	{request("GET", "id/us\ners", nil), "request: path must be escaped, without a query"},
	{request("GET", "id\\users", nil), "request: path must be escaped, without a query"},
	{request("GET", "id/users%", nil), "request: path must be escaped, without a query"},
	{request("GET", "id/users%zz", nil), "request: path must be escaped, without a query"},
	{request("GET", "id/usérs", nil), "request: path must be escaped, without a query"},
	{request("DELETE", `a"%2F..%2Fvouchers`, nil), "request: path must be escaped, without a query"}, // net/url would make slashes of the escapes
	{request("GET", "id/{users}", nil), "request: path must be escaped, without a query"},
	{request("GET", "..", nil), "request: path must not have the segments . and .."},
	{request("GET", "id/../vouchers", nil), "request: path must not have the segments . and .."},
	{request("GET", "./id/users", nil), "request: path must not have the segments . and .."},
	{request("DELETE", "vouchers/%2e%2E", nil), "request: path must not have the segments . and .."},
	{request("DELETE", "vouchers/%2e/", nil), "request: path must not have the segments . and .."},
}

func request(method, path string, body any) func(context.Context, *vingd.Client) (any, error) {
	return func(ctx context.Context, c *vingd.Client) (any, error) { return c.Request(ctx, method, path, body) }
}

func TestArguments(t *testing.T) {
	for _, test := range refused {
		t.Run(test.want, func(t *testing.T) {
			client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
				t.Errorf("sent %s %s", req.Method, req.URL)
				return nil, errors.ErrUnsupported
			}))
			got, err := test.do(t.Context(), client)
			wantArgumentError(t, err, test.want)
			if got != nil && !reflect.ValueOf(got).IsZero() {
				t.Errorf("returned %v beside the error", got)
			}
		})
	}
}

// Each operation that takes a text or a number has a row in refused.
func TestContract_ArgumentsAreRefused(t *testing.T) {
	missing := map[string]bool{}
	for _, in := range inputs(t, newBareClient(t, pipesAddress, &targets{})) {
		name, _, _ := strings.Cut(in.name, " ")
		if composedCalls[name] == nil {
			missing[callNamed(name).op] = true
		}
	}
	for _, row := range refused {
		op, _, _ := strings.Cut(row.want, ":")
		delete(missing, op)
	}
	for op := range missing {
		t.Errorf("add a call of %s with an invalid argument to refused", op)
	}
}

// wantArgumentError fails the test unless err says what is wrong with which argument, before anything was sent.
func wantArgumentError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != "vingd: "+want {
		t.Fatalf("got  %v\nwant vingd: %s", err, want)
	}
	var argument *vingd.ArgumentError
	if !errors.As(err, &argument) || !strings.HasPrefix(want, argument.Op+": "+argument.Argument+" "+argument.Problem) {
		t.Errorf("%#v does not say what %v says", argument, err)
	}
	outcome, unknown := vingd.OutcomeNotDone, strings.Contains(argument.Op, "reconcile")
	if unknown { // the call that Reconcile was asked about may have been done
		outcome = vingd.OutcomeUnknown
	}
	if !errors.Is(err, vingd.ErrInvalidArgument) || errors.Is(err, vingd.ErrInvalidData) || errors.Is(err, vingd.ErrOutcomeUnknown) != unknown {
		t.Errorf("%v is not an ErrInvalidArgument only", err)
	}
	if got := vingd.OutcomeOf(err); got != outcome {
		t.Errorf("the outcome is %v, want %v", got, outcome)
	}
	sayNothingSecret(t, err)
}

// The first argument that is wrong is the one that is named.
func TestArguments_FirstInvalid(t *testing.T) {
	client := newClient(t, pipesAddress, roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("something was sent")
		return nil, errors.ErrUnsupported
	}))
	_, err := client.Purchases.Create(t.Context(), 0, vingd.PurchaseParams{Buyer: "x", Price: -1})
	wantArgumentError(t, err, "purchaseObject: object is 0, must be 1 or more")
	_, err = client.Purchases.Create(t.Context(), 1, vingd.PurchaseParams{Buyer: "x", Price: -1})
	wantArgumentError(t, err, `purchaseObject: buyer is "x", must be 1 to 40 hexadecimal digits`)
}
