package vingd_test

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/tlstest"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

// methodKind tells whether a call may be retried.
type methodKind int

const (
	safe       methodKind = iota // changes nothing
	idempotent                   // a second call changes nothing
	unsafe                       // a second call acts again
)

// call is a call of the facade, and what it is on the wire.
type call struct {
	name string // its name in Go
	op   string // its name in errors
	kind methodKind
	do   func(ctx context.Context, c *vingd.Client) (any, error)

	method, path string // the path below the endpoint, escaped
	body         string // JSON, or empty for none
	data         string // the data of a response
	want         any    // the result of the call
}

const (
	huid = "5b7c1a9d2e3f405162738495a6b7c8d9e0f1a2b3"
	tid  = "3fdac0f6b5ab4aab9e6e2e3e4b3f2e1d0c9b8a79"
	code = "LXKG-TBR-HQV"

	objectData = `{"oid": 5, "timestamp_created": "2026-01-01T00:00:00+00:00",
		"timestamp_modified": "2026-01-02T03:04:05Z", "description": {"name": "My test object", "url": "http://localhost:666/"}}`
	orderData = `{"id": 7, "oid": 5, "price": 200, "context": "optional purchase details",
		"order_expires": "2026-01-02T03:19:05.678901+00:00", "timestamp_created": "2026-01-02T03:04:05.678901+00:00"}`
	purchaseData = `{"object": "My test object", "huid": "` + huid + `", "context": "optional purchase details",
		"orderid": 7, "purchaseid": 11, "transferid": 13, "reclaimed": false}`
	voucherFields = `"vid": 1001, "vid_encoded": "LXKG-TBR-HQV", "amount_allocated": 100, "amount_vouched": 100,
		"id_fort_transfer": 777, "fee": 0, "uid_from": 4711, "uid_proxy": 1, "uid_to": null, "gid": "summer",
		"ts_valid_until": "2026-01-16T03:04:05.678901+00:00", "description": null, "message": "Thank you for reading"`
	voucherData  = `{` + voucherFields + `}`
	logData      = `{"id": 9001, "action": "add", "ts_created": "2026-01-02 03:04:05.678901+0000", ` + voucherFields + `}`
	transferData = `{"id": 13, "amount": 199, "uid_from": 4712, "uid_to": 4711, "uid_proxy": 1,
		"timestamp": "2026-01-02 03:04:05+00:00", "description": "{\"class\": 1, \"oid\": 5}"}`
)

var (
	object = vingd.Object{
		ID: 5, Name: "My test object", URL: "http://localhost:666/",
		Created:     time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Modified:    time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Description: json.RawMessage(`{"name": "My test object", "url": "http://localhost:666/"}`),
	}
	order = vingd.Order{
		ID: 7, Object: 5, Price: 200, Context: "optional purchase details",
		Expires: now.Add(15 * time.Minute), Created: now,
	}
	purchase = vingd.Purchase{
		ID: 11, Transfer: 13, Order: 7, ObjectName: "My test object", Buyer: huid, Context: "optional purchase details",
	}
	voucher = vingd.Voucher{
		ID: 1001, Code: code, Amount: 100, Allocated: 100, Transfer: 777, From: 4711, Proxy: 1, Group: "summer",
		ValidUntil: now.Add(14 * 24 * time.Hour), Message: "Thank you for reading",
	}
	logEntry = vingd.LogEntry{ID: 9001, Action: vingd.VoucherActionAdd, Time: now, Voucher: voucher}
	transfer = vingd.Transfer{
		ID: 13, Amount: 199, From: 4712, To: 4711, Proxy: 1, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Class: vingd.TransferPurchase, Description: `{"class": 1, "oid": 5}`,
	}

	// Halfway to nowhere: a zone that is no whole number of hours.
	since   = vingd.At(time.Date(2026, 1, 2, 3, 4, 5, 999, time.FixedZone("", -(3*3600+30*60))))
	allOf   = vingd.VoucherFilter{Code: code, From: 4711, To: 4712, Group: "summer", ValidAfter: since, ValidBefore: vingd.In(time.Hour), First: 3}
	allPath = "/from=4711/to=4712/gid=summer/valid_after=20260102T030405-0330/valid_before=20260102T040405%2B0000/first=3"
)

// calls are all calls of the facade, the first row of each being the one that other tests take.
var calls = []call{
	{"Accounts.Balance", "getBalance", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) { return c.Accounts.Balance(ctx) },
		"GET", "/fort/accounts", "", `{"uid": 4711, "balance": 12345}`, vingd.Cents(12345)},
	{"Accounts.Balance", "getBalance", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) { return c.Accounts.Balance(ctx) },
		"GET", "/fort/accounts", "", `{"balance": -5}`, vingd.Cents(-5)},
	{"Accounts.BalanceOf", "getUserBalance", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) { return c.Accounts.BalanceOf(ctx, huid) },
		"GET", "/fort/accounts/" + huid, "", `{"balance": 12345}`, vingd.Cents(12345)},

	{"Objects.Create", "createObject", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Objects.Create(ctx, vingd.ObjectParams{Name: "My <test> object", URL: "http://localhost:666/"})
		},
		"POST", "/registry/objects/", `{"description": {"name": "My <test> object", "url": "http://localhost:666/"}}`,
		`{"oid": 5}`, vingd.ObjectID(5)},
	{"Objects.Create", "createObject", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Objects.Create(ctx, vingd.ObjectParams{Name: "Članak ☂", URL: "http://localhost:666/"})
		},
		"POST", "/registry/objects/", `{"description": {"name": "Članak ☂", "url": "http://localhost:666/"}}`,
		`{"oids": [5], "errors": []}`, vingd.ObjectID(5)},
	{"Objects.Update", "updateObject", idempotent,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Objects.Update(ctx, 5, vingd.ObjectParams{Name: "New name", URL: "http://localhost:666/"})
		},
		"PUT", "/registry/objects/5/", `{"description": {"name": "New name", "url": "http://localhost:666/"}}`,
		`{"oids": [5], "errors": []}`, vingd.ObjectID(5)},
	{"Objects.Get", "getObject", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) { return c.Objects.Get(ctx, 5) },
		"GET", "/registry/objects/5", "", objectData, &object},
	{"Objects.List", "listObjects", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Objects.List(ctx, vingd.ObjectFilter{})
		},
		"GET", "/registry/objects", "", `[` + objectData + `]`, []vingd.Object{object}},
	{"Objects.List", "getObject", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Objects.List(ctx, vingd.ObjectFilter{ID: 5, Since: since, Until: vingd.At(now), Last: 2})
		},
		"GET", "/registry/objects/5/since=20260102T030405-0330/until=20260102T030405%2B0000/last=2", "",
		objectData, []vingd.Object{object}},
	{"Objects.All", "listObjects", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return rowsOf(c.Objects.All(ctx, vingd.ObjectFilter{Since: vingd.Ago(time.Hour), First: 9}))
		},
		"GET", "/registry/objects/since=20260102T020405%2B0000/first=9", "", `[` + objectData + `]`, []vingd.Object{object}},

	{"Orders.Create", "createOrder", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Orders.Create(ctx, 5, vingd.OrderParams{Price: 200})
		},
		"POST", "/objects/5/orders/", `{"price": 200, "order_expires": "2026-01-02T03:19:05.678901+00:00", "context": null}`,
		`{"id": 7}`, &vingd.Order{ID: 7, Object: 5, Price: 200, Expires: now.Add(15 * time.Minute)}},
	{"Orders.Create", "createOrder", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Orders.Create(ctx, 5, vingd.OrderParams{Price: 200, Context: "ctx", Expires: vingd.At(time.Unix(0, 0).UTC())})
		},
		"POST", "/objects/5/orders/", `{"price": 200, "order_expires": "1970-01-01T00:00:00+00:00", "context": "ctx"}`,
		`{"ids": [7], "errors": []}`, &vingd.Order{ID: 7, Object: 5, Price: 200, Context: "ctx", Expires: time.Unix(0, 0).UTC()}},
	{"Orders.Get", "getOrder", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) { return c.Orders.Get(ctx, 7) },
		"GET", "/orders/7", "", orderData, &order},
	{"Orders.List", "listOrders", safe, orders(vingd.OrderFilter{}),
		"GET", "/orders/", "", `[` + orderData + `]`, []vingd.Order{order}},
	{"Orders.List", "listAllOrders", safe, orders(vingd.OrderFilter{IncludeExpired: true}),
		"GET", "/orders/all/", "", `[]`, []vingd.Order{}},
	{"Orders.List", "getOrder", safe, orders(vingd.OrderFilter{ID: 7}),
		"GET", "/orders/7", "", orderData, []vingd.Order{order}},
	{"Orders.List", "getAnyOrder", safe, orders(vingd.OrderFilter{ID: 7, IncludeExpired: true}),
		"GET", "/orders/all/7", "", orderData, []vingd.Order{order}},
	{"Orders.List", "listObjectOrders", safe, orders(vingd.OrderFilter{Object: 5}),
		"GET", "/objects/5/orders/", "", `[` + orderData + `]`, []vingd.Order{order}},
	{"Orders.List", "listAllObjectOrders", safe, orders(vingd.OrderFilter{Object: 5, IncludeExpired: true}),
		"GET", "/objects/5/orders/all/", "", `[` + orderData + `]`, []vingd.Order{order}},
	{"Orders.List", "getObjectOrder", safe, orders(vingd.OrderFilter{Object: 5, ID: 7}),
		"GET", "/objects/5/orders/7", "", orderData, []vingd.Order{order}},
	{"Orders.List", "getAnyObjectOrder", safe, orders(vingd.OrderFilter{Object: 5, ID: 7, IncludeExpired: true}),
		"GET", "/objects/5/orders/all/7", "", orderData, []vingd.Order{order}},
	{"Orders.All", "listOrders", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return rowsOf(c.Orders.All(ctx, vingd.OrderFilter{}))
		},
		"GET", "/orders/", "", `[` + orderData + `]`, []vingd.Order{order}},
	{"Orders.All", "listAllObjectOrders", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return rowsOf(c.Orders.All(ctx, vingd.OrderFilter{Object: 5, IncludeExpired: true}))
		},
		"GET", "/objects/5/orders/all/", "", `[` + orderData + `]`, []vingd.Order{order}},

	{"Purchases.Verify", "verifyPurchase", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) { return c.Purchases.Verify(ctx, 5, tid) },
		"GET", "/objects/5/tokens/" + tid, "", purchaseData, &purchase},
	{"Purchases.Verify", "verifyPurchase", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) { return c.Purchases.Verify(ctx, 5, "AbC") },
		"GET", "/objects/5/tokens/AbC", "",
		`{"object": "x", "huid": null, "context": null, "orderid": 7, "purchaseid": 11, "transferid": 13, "reclaimed": true}`,
		&vingd.Purchase{ID: 11, Transfer: 13, Order: 7, ObjectName: "x", Reclaimed: true}},
	{"Purchases.Commit", "commitPurchase", idempotent,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return nil, c.Purchases.Commit(ctx, &vingd.Purchase{ID: 11, Transfer: 13})
		},
		"PUT", "/purchases/11", `{"transferid": 13}`, `{"ok": true}`, nil},
	{"Purchases.Create", "purchaseObject", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Purchases.Create(ctx, 5, vingd.PurchaseParams{Buyer: huid, Price: 199})
		},
		"POST", "/objects/5/purchases", `{"price": 199, "huid": "` + huid + `", "autocommit": true}`, purchaseData, &purchase},

	{"Rewards.Create", "rewardUser", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Rewards.Create(ctx, huid, vingd.RewardParams{Amount: 75, Description: "Testing direct rewarding"})
		},
		"POST", "/rewards", `{"huid_to": "` + huid + `", "amount": 75, "description": "Testing direct rewarding"}`,
		`{"transfer_id": 14}`, vingd.TransferID(14)},
	{"Rewards.Create", "rewardUser", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Rewards.Create(ctx, "a", vingd.RewardParams{Amount: 1<<63 - 1})
		},
		"POST", "/rewards", `{"huid_to": "a", "amount": 9223372036854775807, "description": null}`,
		`{"transfer_id": 14}`, vingd.TransferID(14)},

	{"Transfers.List", "listTransfers", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Transfers.List(ctx, vingd.TransferFilter{From: 4712, To: 4711, Last: 1, Since: since, Until: vingd.At(now)})
		},
		"GET", "/fort/transfers/from=4712/to=4711/last=1/since=20260102T030405-0330/until=20260102T030405%2B0000", "",
		`[` + transferData + `]`, []vingd.Transfer{transfer}},
	{"Transfers.All", "listTransfers", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return rowsOf(c.Transfers.All(ctx, vingd.TransferFilter{To: 4711}))
		},
		"GET", "/fort/transfers/to=4711", "", `[` + transferData + `]`, []vingd.Transfer{transfer}},

	{"Users.Profile", "getProfile", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) { return c.Users.Profile(ctx) },
		"GET", "/id/users", "",
		`{"uid": 4711, "username": "test@vingd.com", "name": "Vingd User", "timestamp_created": "20120304T050607+0000"}`,
		&vingd.Profile{UID: 4711, Username: "test@vingd.com", Name: "Vingd User", Created: time.Date(2012, 3, 4, 5, 6, 7, 0, time.UTC)}},
	{"Users.Create", "createUser", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Users.Create(ctx, vingd.UserParams{
				Identities: map[string]string{"facebook": "12312312", "mail": "user@example.com"}, Primary: "facebook",
				Permissions: []vingd.Permission{vingd.PermissionBalance, vingd.PermissionPurchase},
			})
		},
		"POST", "/id/users/", `{"identities": {"facebook": "12312312", "mail": "user@example.com"},
			"primary_identity": "facebook", "delegate_permissions": ["get.account.balance", "purchase.object"]}`,
		`{"huid": "` + huid + `"}`, vingd.HUID(huid)},
	{"Users.Create", "createUser", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Users.Create(ctx, vingd.UserParams{})
		},
		"POST", "/id/users/", `{"identities": null, "primary_identity": null, "delegate_permissions": null}`,
		`{"huid": "` + huid + `"}`, vingd.HUID(huid)},

	{"Vouchers.Create", "createVoucher", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 100, Message: "Thank you for reading"})
		},
		"POST", "/vouchers/", `{"amount": 100, "until": "2026-01-09T03:04:05.678901+00:00", "message": "Thank you for reading", "gid": null}`,
		voucherData, &voucher},
	{"Vouchers.Create", "createVoucher", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Vouchers.Create(ctx, vingd.VoucherParams{AllowZero: true, Expires: since, Group: "summer", Description: "a note"})
		},
		"POST", "/vouchers/", `{"amount": 0, "until": "2026-01-02T03:04:05-03:30", "message": "", "gid": "summer", "description": "a note"}`,
		voucherData, &voucher},
	{"Vouchers.Get", "getVoucher", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) { return c.Vouchers.Get(ctx, code) },
		"GET", "/vouchers/" + code, "", voucherData, &voucher},
	{"Vouchers.List", "listVouchers", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Vouchers.List(ctx, vingd.VoucherFilter{})
		},
		"GET", "/vouchers", "", `[` + voucherData + `]`, []vingd.Voucher{voucher}},
	{"Vouchers.List", "getVoucher", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) { return c.Vouchers.List(ctx, allOf) },
		"GET", "/vouchers/" + code + allPath, "", voucherData, []vingd.Voucher{voucher}},
	{"Vouchers.All", "listVouchers", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return rowsOf(c.Vouchers.All(ctx, vingd.VoucherFilter{Group: "a_-Z9"}))
		},
		"GET", "/vouchers/gid=a_-Z9", "", `[` + voucherData + `, ` + voucherData + `]`, []vingd.Voucher{voucher, voucher}},
	{"Vouchers.History", "listVoucherHistory", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Vouchers.History(ctx, vingd.HistoryFilter{})
		},
		"GET", "/vouchers/history", "", `[` + logData + `]`, []vingd.LogEntry{logEntry}},
	{"Vouchers.History", "getVoucherHistory", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Vouchers.History(ctx, vingd.HistoryFilter{
				Code: code, Voucher: 1001, Action: vingd.VoucherActionRevoke, From: 4711, To: 4712, Group: "summer",
				ValidAfter: since, ValidBefore: since, CreatedAfter: since, CreatedBefore: since, First: 1,
			})
		},
		"GET", "/vouchers/history/" + code + "/vid=1001/action=revoke/from=4711/to=4712/gid=summer" +
			"/valid_after=20260102T030405-0330/valid_before=20260102T030405-0330" +
			"/create_after=20260102T030405-0330/create_before=20260102T030405-0330/first=1", "",
		`[` + logData + `]`, []vingd.LogEntry{logEntry}},
	{"Vouchers.AllHistory", "listVoucherHistory", safe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return rowsOf(c.Vouchers.AllHistory(ctx, vingd.HistoryFilter{}))
		},
		"GET", "/vouchers/history", "", `[` + logData + `]`, []vingd.LogEntry{logEntry}},
	{"Vouchers.Revoke", "revokeVouchers", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Vouchers.Revoke(ctx, vingd.VoucherFilter{Group: "summer", Last: 1})
		},
		"DELETE", "/vouchers/gid=summer/last=1", `{"revoke": true}`,
		`{"LXKG-TBR-HQV": 778}`, map[vingd.VoucherCode]vingd.TransferID{code: 778}},
	{"Vouchers.Revoke", "revokeVoucher", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) { return c.Vouchers.Revoke(ctx, allOf) },
		"DELETE", "/vouchers/" + code + allPath, `{"revoke": true}`, `{}`, map[vingd.VoucherCode]vingd.TransferID{}},
	{"Vouchers.RevokeAll", "revokeVouchers", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) { return c.Vouchers.RevokeAll(ctx) },
		"DELETE", "/vouchers", `{"revoke": true}`,
		`{"LXKG-TBR-HQV": 778, "A": 779}`, map[vingd.VoucherCode]vingd.TransferID{code: 778, "A": 779}},

	{"Request", "request", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Request(ctx, "GET", "vouchers/from=4711/valid_after=20260102T030405%2B0000", nil)
		},
		"GET", "/vouchers/from=4711/valid_after=20260102T030405%2B0000", "",
		`[` + voucherData + `]`, json.RawMessage(`[` + voucherData + `]`)},
	{"Request", "request", unsafe,
		func(ctx context.Context, c *vingd.Client) (any, error) {
			return c.Request(ctx, "PUT", "/purchases/11", map[string]any{"transferid": 13})
		},
		"PUT", "/purchases/11", `{"transferid": 13}`, `{"ok":  true}`, json.RawMessage(`{"ok":  true}`)},
}

func orders(filter vingd.OrderFilter) func(context.Context, *vingd.Client) (any, error) {
	return func(ctx context.Context, c *vingd.Client) (any, error) { return c.Orders.List(ctx, filter) }
}

// rowsOf collects a stream, up to its first error.
func rowsOf[T any](rows iter.Seq2[T, error]) (got []T, err error) {
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		got = append(got, row)
	}
	return got, nil
}

// eachCall returns one call for each method.
func eachCall() (first []call) {
	seen := map[string]bool{}
	for _, c := range calls {
		if !seen[c.name] {
			seen[c.name] = true
			first = append(first, c)
		}
	}
	return first
}

// callNamed returns the first call of a method.
func callNamed(name string) call {
	for _, c := range calls {
		if c.name == name {
			return c
		}
	}
	panic("there is no call " + name)
}

func TestContract_Calls(t *testing.T) {
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			requests := 0
			server := tlstest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests++
				if got, want := r.Method+" "+r.RequestURI, c.method+" /broker/v1"+c.path; got != want {
					t.Errorf("sent %s, want %s", got, want)
				}
				if got := r.Header["Authorization"]; len(got) != 1 || got[0] != authorization {
					t.Errorf("sent the credentials %q, want %q", got, authorization)
				}
				if got, want := r.UserAgent(), "vingd-api-go/"+vingd.Version; got != want {
					t.Errorf("sent the user agent %q, want %q", got, want)
				}
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				wantJSON(t, string(body), c.body)
				if got, isJSON := r.Header.Get("Content-Type"), strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"); isJSON != (c.body != "") {
					t.Errorf("sent %d bytes of the type %q", len(body), got)
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, `{"data": `+c.data+`}`)
			}))
			defer server.Close()
			validated := vingdtest.Validate(t, server.Client().Transport)
			got, err := c.do(t.Context(), newBareClient(t, server.URL, roundTrip(func(r *http.Request) (*http.Response, error) {
				if op := vingd.OperationOf(r.Context()); op != c.op {
					t.Errorf("the context has the operation %q, want %q", op, c.op)
				}
				return validated.RoundTrip(r)
			})))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			if requests != 1 {
				t.Errorf("sent %d requests, want 1", requests)
			}
		})
	}
}

// wantJSON fails the test unless two texts are the same JSON, or both are empty.
func wantJSON(t *testing.T, got, want string) {
	t.Helper()
	if got == "" || want == "" {
		if got != want {
			t.Errorf("body is %q, want %q", got, want)
		}
		return
	}
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Errorf("body %q: %v", got, err)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Errorf("body %q: %v", want, err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("body is %s, want %s", got, want)
	}
}

// The other tests go through the calls: none may be missing.
func TestContract_CallsAreListed(t *testing.T) {
	listed := map[string]bool{}
	for _, c := range calls {
		listed[c.name] = true
	}
	found := 0
	check := func(name string, method reflect.Method) {
		isCall := method.Type.NumIn() > 1 && method.Type.In(1) == reflect.TypeFor[context.Context]()
		if !isCall || composedCalls[name] != nil {
			return
		}
		found++
		if !listed[name] {
			t.Errorf("%s is not among the calls", name)
		}
	}
	client := reflect.TypeFor[*vingd.Client]()
	for method := range client.Methods() {
		check(method.Name, method)
	}
	for service := range client.Elem().Fields() {
		if !service.IsExported() {
			continue
		}
		for method := range reflect.PointerTo(service.Type).Methods() {
			check(service.Name+"."+method.Name, method)
		}
	}
	if found != len(listed) {
		t.Errorf("the client has %d calls, %d are listed", found, len(listed))
	}
}
