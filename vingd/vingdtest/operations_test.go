package vingdtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/jarcoal/httpmock"

	"github.com/vingd/vingd-api-go/api"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

const (
	buyer = vingd.HUID("5b7c1a9d2e3f405162738495a6b7c8d9e0f1a2b3")
	code  = vingd.VoucherCode("LXKG-TBR-HQV")
)

var (
	when     = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
	validity = time.Date(2026, 1, 16, 3, 4, 5, 678901000, time.UTC)
	voucher  = vingd.Voucher{ID: 1001, Code: code, Amount: 100, Allocated: 100, Transfer: 777, From: 4711, Proxy: 1,
		ValidUntil: validity, Message: "Thank you for reading"}
	ofSummer = func(v vingd.Voucher) vingd.Voucher { v.Group = "summer"; return v }(voucher)
	object   = vingd.Object{ID: 5, Name: "My test object", URL: "http://localhost:666/",
		Created:     time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Modified:    time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Description: []byte(`{"name":"My test object","url":"http://localhost:666/"}`)}
	order = vingd.Order{ID: 7, Object: 5, Price: 200, Context: "optional purchase details",
		Expires: when.Add(15 * time.Minute), Created: when}
	purchase = vingd.Purchase{ID: 11, Transfer: 13, Order: 7, ObjectName: "My test object", Buyer: buyer, Context: "optional purchase details"}
	entry    = vingd.LogEntry{ID: 9001, Action: vingd.VoucherActionAdd, Time: when, Voucher: ofSummer}

	vouchersFiltered = vingd.VoucherFilter{From: 4711, To: 4712, Group: "summer", ValidAfter: vingd.At(when), ValidBefore: vingd.In(time.Hour), First: 3}
	historyFiltered  = vingd.HistoryFilter{Voucher: 1001, Action: vingd.VoucherActionAdd, From: 4711, To: 4712, Group: "summer", ValidAfter: vingd.At(when),
		ValidBefore: vingd.In(time.Hour), CreatedAfter: vingd.Ago(time.Hour), CreatedBefore: vingd.In(time.Hour), Last: 3}
)

// calls are the client's calls by operation, and their results if the broker responds with the examples.
var calls = []struct {
	operation string
	call      func(context.Context, *vingd.Client) (any, error)
	want      any
	path      string // below the endpoint
}{
	{"getProfile", func(ctx context.Context, c *vingd.Client) (any, error) { return c.Users.Profile(ctx) },
		&vingd.Profile{UID: 4711, Username: "test@vingd.com", Name: "Vingd User", Created: time.Date(2012, 3, 4, 5, 6, 7, 0, time.UTC)}, "/id/users"},
	{"getUserProfile", func(ctx context.Context, c *vingd.Client) (any, error) {
		data, err := c.Request(ctx, http.MethodGet, "id/users/4711", nil)
		if err != nil {
			return nil, err
		}
		var profile struct{ UID int }
		return profile.UID, json.Unmarshal(data, &profile)
	}, 4711, "/id/users/4711"},
	{"createUser", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Users.Create(ctx, vingd.UserParams{Identities: map[string]string{"mail": "user@example.com"}, Primary: "mail",
			Permissions: []vingd.Permission{vingd.PermissionBalance}})
	}, buyer, "/id/users/"},
	{"createUser", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Users.Create(ctx, vingd.UserParams{})
	}, buyer, "/id/users/"},
	{"getBalance", func(ctx context.Context, c *vingd.Client) (any, error) { return c.Accounts.Balance(ctx) }, vingd.Cents(12345), "/fort/accounts"},
	{"getUserBalance", func(ctx context.Context, c *vingd.Client) (any, error) { return c.Accounts.BalanceOf(ctx, buyer) },
		vingd.Cents(12345), "/fort/accounts/" + string(buyer)},
	{"listTransfers", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Transfers.List(ctx, vingd.TransferFilter{From: 4711, To: 4712, First: 2, Since: vingd.At(when), Until: vingd.At(validity)})
	}, []vingd.Transfer{
		{ID: 13, Amount: 199, From: 4712, To: 4711, Proxy: 1, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			Class: vingd.TransferPurchase, Description: `{"class": 1, "oid": 5, "object": "My test object"}`},
		{ID: 14, Amount: 75, From: 4711, To: 4712, Proxy: 1, Time: time.Date(2026, 1, 2, 3, 5, 6, 0, time.UTC),
			Class: vingd.TransferDirect, Description: `{"class": 6, "message": "Testing direct rewarding"}`},
	}, "/fort/transfers/from=4711/to=4712/first=2/since=20260102T030405%2B0000/until=20260116T030405%2B0000"},
	{"listObjects", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Objects.List(ctx, vingd.ObjectFilter{})
	},
		[]vingd.Object{object}, "/registry/objects"},
	{"listObjects", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Objects.List(ctx, vingd.ObjectFilter{Since: vingd.At(when), Until: vingd.At(validity), Last: 9})
	}, []vingd.Object{object}, "/registry/objects/since=20260102T030405%2B0000/until=20260116T030405%2B0000/last=9"},
	{"createObject", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Objects.Create(ctx, vingd.ObjectParams{Name: "My test object", URL: "http://localhost:666/"})
	}, vingd.ObjectID(5), "/registry/objects/"},
	{"getObject", func(ctx context.Context, c *vingd.Client) (any, error) { return c.Objects.Get(ctx, 5) }, &object, "/registry/objects/5"},
	{"getObject", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Objects.List(ctx, vingd.ObjectFilter{ID: 5, First: 1})
	}, []vingd.Object{object}, "/registry/objects/5/first=1"},
	{"updateObject", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Objects.Update(ctx, 5, vingd.ObjectParams{Name: "Another", URL: "http://localhost:666/"})
	}, vingd.ObjectID(5), "/registry/objects/5/"},
	{"listObjectOrders", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.List(ctx, vingd.OrderFilter{Object: 5})
	},
		[]vingd.Order{order}, "/objects/5/orders/"},
	{"createOrder", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.Create(ctx, 5, vingd.OrderParams{Price: 200, Expires: vingd.At(validity)})
	}, &vingd.Order{ID: 7, Object: 5, Price: 200, Expires: validity}, "/objects/5/orders/"},
	{"listAllObjectOrders", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.List(ctx, vingd.OrderFilter{Object: 5, IncludeExpired: true})
	}, []vingd.Order{order}, "/objects/5/orders/all/"},
	{"getObjectOrder", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.List(ctx, vingd.OrderFilter{Object: 5, ID: 7})
	}, []vingd.Order{order}, "/objects/5/orders/7"},
	{"getAnyObjectOrder", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.List(ctx, vingd.OrderFilter{Object: 5, ID: 7, IncludeExpired: true})
	}, []vingd.Order{order}, "/objects/5/orders/all/7"},
	{"listOrders", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.List(ctx, vingd.OrderFilter{})
	},
		[]vingd.Order{order}, "/orders/"},
	{"listAllOrders", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.List(ctx, vingd.OrderFilter{IncludeExpired: true})
	}, []vingd.Order{order}, "/orders/all/"},
	{"getOrder", func(ctx context.Context, c *vingd.Client) (any, error) { return c.Orders.Get(ctx, 7) }, &order, "/orders/7"},
	{"getAnyOrder", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.List(ctx, vingd.OrderFilter{ID: 7, IncludeExpired: true})
	}, []vingd.Order{order}, "/orders/all/7"},
	{"verifyPurchase", func(ctx context.Context, c *vingd.Client) (any, error) { return c.Purchases.Verify(ctx, 5, "5b7c") }, &purchase, "/objects/5/tokens/5b7c"},
	{"commitPurchase", func(ctx context.Context, c *vingd.Client) (any, error) {
		return nil, c.Purchases.Commit(ctx, &vingd.Purchase{ID: 11, Transfer: 13})
	}, nil, "/purchases/11"},
	{"purchaseObject", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Purchases.Create(ctx, 5, vingd.PurchaseParams{Buyer: buyer, Price: 199})
	}, &purchase, "/objects/5/purchases"},
	{"rewardUser", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Rewards.Create(ctx, buyer, vingd.RewardParams{Amount: 75, Description: "Thank you"})
	}, vingd.TransferID(14), "/rewards"},
	{"createVoucher", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 100, Message: "Thank you", Group: "summer", Description: "For readers"})
	}, &voucher, "/vouchers/"},
	{"listVouchers", func(ctx context.Context, c *vingd.Client) (any, error) { return c.Vouchers.List(ctx, vouchersFiltered) },
		[]vingd.Voucher{ofSummer}, "/vouchers/from=4711/to=4712/gid=summer/valid_after=20260102T030405%2B0000/valid_before=20260102T040405%2B0000/first=3"},
	{"getVoucher", func(ctx context.Context, c *vingd.Client) (any, error) { return c.Vouchers.Get(ctx, code) }, &voucher, "/vouchers/LXKG-TBR-HQV"},
	{"revokeVouchers", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Revoke(ctx, vouchersFiltered)
	},
		map[vingd.VoucherCode]vingd.TransferID{code: 778},
		"/vouchers/from=4711/to=4712/gid=summer/valid_after=20260102T030405%2B0000/valid_before=20260102T040405%2B0000/first=3"},
	{"revokeVouchers", func(ctx context.Context, c *vingd.Client) (any, error) { return c.Vouchers.RevokeAll(ctx) },
		map[vingd.VoucherCode]vingd.TransferID{code: 778}, "/vouchers"},
	{"revokeVoucher", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Revoke(ctx, vingd.VoucherFilter{Code: code, From: 4711})
	}, map[vingd.VoucherCode]vingd.TransferID{code: 778}, "/vouchers/LXKG-TBR-HQV/from=4711"},
	{"listVoucherHistory", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.History(ctx, historyFiltered)
	},
		[]vingd.LogEntry{entry}, "/vouchers/history/vid=1001/action=add/from=4711/to=4712/gid=summer/valid_after=20260102T030405%2B0000/" +
			"valid_before=20260102T040405%2B0000/create_after=20260102T020405%2B0000/create_before=20260102T040405%2B0000/last=3"},
	{"getVoucherHistory", func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.History(ctx, vingd.HistoryFilter{Code: code})
	}, []vingd.LogEntry{entry}, "/vouchers/history/LXKG-TBR-HQV"},
}

// eachOperation calls do for every operation of the specification.
func eachOperation(t *testing.T, do func(id, method, path string)) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.Spec)
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			do(op.OperationID, method, path)
		}
	}
}

func TestCalls_Complete(t *testing.T) {
	covered := map[string]bool{}
	for _, c := range calls {
		covered[c.operation] = true
	}
	eachOperation(t, func(id, _, _ string) {
		if !covered[id] {
			t.Errorf("%s: no call", id)
		}
		delete(covered, id)
	})
	for id := range covered {
		t.Errorf("%s: not in the specification", id)
	}
}

func TestCalls_Results(t *testing.T) {
	for _, test := range []struct{ registered, endpoint, prefix string }{
		{vingd.SandboxEndpoint, vingd.SandboxEndpoint, "/sandbox/broker/v1"},
		{vingd.ProductionEndpoint, vingd.ProductionEndpoint, "/broker/v1"},
		{"https://broker.test", "https://broker.test", ""},
		{"https://broker.test/", "https://broker.test", ""},
		{"https://broker.test:8443/x/y", "https://broker.test:8443/x/y/", "/x/y"},
		{"https://broker.test/a%2Fb/", "https://broker.test/a%2Fb", "/a%2Fb"},
		{"", "https://any.test/x", "/x"},
	} {
		for _, c := range calls {
			t.Run(test.endpoint+" "+c.operation, func(t *testing.T) {
				broker := vingdtest.Register(httpmock.NewMockTransport(), test.registered)
				client := newClient(t, vingdtest.Validate(t, broker), vingd.WithEndpoint(test.endpoint))
				got, err := c.call(t.Context(), client)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, c.want) {
					t.Errorf("got  %+v\nwant %+v", got, c.want)
				}
				var paths []string
				for _, asked := range broker.Requests(c.operation) {
					paths = append(paths, asked.Path)
				}
				if want := []string{test.prefix + c.path}; !slices.Equal(paths, want) {
					t.Errorf("the broker was asked for %q, want %q", paths, want)
				}
			})
		}
	}
}

func newClient(t testing.TB, rt http.RoundTripper, options ...vingd.Option) *vingd.Client {
	t.Helper()
	options = append(options, vingd.WithHTTPClient(&http.Client{Transport: rt}), vingd.WithClock(func() time.Time { return when }))
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), options...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Clients differ in the slashes of a path.
func TestBroker_Slashes(t *testing.T) {
	id := regexp.MustCompile(`{[^}]*}`)
	eachOperation(t, func(operation, method, path string) {
		bare := strings.TrimSuffix(id.ReplaceAllString(path, "5"), "/")
		for _, target := range []string{bare, bare + "/", "/" + bare, "/" + bare + "/", bare + "/first=3", bare + "/first=3/", bare + "/any=thing/at=all"} {
			broker := newBroker()
			body := send(t, broker, newRequest(t, method, endpoint+target, ""))
			if got := len(broker.Requests(operation)); got != 1 || !strings.HasPrefix(body, `{"data":`) {
				t.Errorf("%s %s: got %s and %d requests of %s, want data and 1 request", method, target, body, got, operation)
			}
		}
	})
}

func TestBroker_UnknownRequests(t *testing.T) {
	for _, target := range []string{
		"GET https://broker.test/broker/v1", "GET https://broker.test/broker/v1/", "GET https://broker.test/broker/v1/savings",
		"GET https://broker.test/broker/v1/fort/accounts/5/6", "GET https://broker.test/broker/v1/x/fort/accounts",
		"POST https://broker.test/broker/v1/fort/accounts", "DELETE https://broker.test/broker/v1/rewards",
		"GET https://broker.test/broker/v12/fort/accounts", "GET https://broker.test/broker/v1fort/accounts", "GET https://other.test/broker/v1/fort/accounts",
		"GET https://broker.test/fort/accounts", "PATCH https://broker.test/broker/v1/rewards",
		"GET https://broker.test/broker/v1/vouchers/from=1/LXKG", "GET https://broker.test/broker/v1/registry/objects//",
	} {
		method, address, _ := strings.Cut(target, " ")
		if err := sendFailing(t, newBroker(), newRequest(t, method, address, "")); !errors.Is(err, httpmock.NoResponderFound) {
			t.Errorf("%s: got error %v, want %v", target, err, httpmock.NoResponderFound)
		}
	}
}
