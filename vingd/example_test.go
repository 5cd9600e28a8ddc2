package vingd_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/jarcoal/httpmock"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/kvpath"
	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

// newExample returns a client of a broker in memory, which gives the responses that the specification has for examples.
func newExample() (*vingd.Client, *vingdtest.Broker) {
	mock := httpmock.NewMockTransport()
	broker := vingdtest.Register(mock, vingd.SandboxEndpoint)
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithSandbox(),
		vingd.WithHTTPClient(&http.Client{Transport: mock}))
	if err != nil {
		panic(err)
	}
	return client, broker
}

// A sale: the seller creates an order. The buyer pays on the frontend, and returns with a token.
func Example() {
	client, _ := newExample()
	ctx := context.Background()

	object, err := client.Objects.Create(ctx, vingd.ObjectParams{Name: "My test object", URL: "http://localhost:666/"})
	if err != nil {
		fmt.Println(err)
		return
	}
	order, err := client.Orders.Create(ctx, object, vingd.OrderParams{Price: 200})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("pay VINGD", order.Price, "at", client.Orders.URLs(order.ID).Redirect)

	purchase, err := client.Purchases.Verify(ctx, object, "0123456789abcdef0123456789abcdef01234567")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := client.Purchases.Commit(ctx, purchase); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("sold", purchase.ObjectName)
	// Output:
	// pay VINGD 2.00 at https://www.sandbox.vingd.com/orders/7/add/
	// sold My test object
}

// After a failed call that moves money, the outcome decides what to do next.
func Example_errors() {
	client, broker := newExample()
	broker.Fail("rewardUser", vingdtest.HangUp)
	ctx, huid := context.Background(), vingd.HUID("5b7c1a9d2e3f405162738495a6b7c8d9e0f1a2b3")

	_, err := client.Rewards.Create(ctx, huid, vingd.RewardParams{Amount: 75, Description: "order 1234"})
	var failed *vingd.Error
	switch {
	case errors.Is(err, vingd.ErrOutcomeUnknown):
		fmt.Println("the money may have moved: call Reconcile before you retry")
	case errors.Is(err, vingd.ErrForbidden):
		fmt.Println("this account may not give rewards")
	case errors.As(err, &failed):
		fmt.Println("not paid:", failed.Status, failed.Message)
	}
	// Output:
	// the money may have moved: call Reconcile before you retry
}

func ExampleVoucherService_All() {
	client, _ := newExample()
	ctx := context.Background()
	list := func() error {
		for voucher, err := range client.Vouchers.All(ctx, vingd.VoucherFilter{Group: "summer", ValidAfter: vingd.In(0)}) {
			if err != nil {
				return err
			}
			fmt.Println(voucher.Code, voucher.Amount)
		}
		return nil
	}
	if err := list(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// LXKG-TBR-HQV 1.00
}

// logged logs each request that goes through it.
type logged struct {
	http.RoundTripper
	logger *slog.Logger
}

func (l logged) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(req)
	if err != nil {
		l.logger.Error("vingd", "method", req.Method, "error", err)
		return nil, err
	}
	// Not the path: it may hold a token.
	l.logger.Info("vingd", "method", req.Method, "status", resp.StatusCode)
	return resp, nil
}

// Logging, tracing and proxies come with the transport.
func ExampleWithHTTPClient() {
	broker := httpmock.NewMockTransport()
	vingdtest.Register(broker, vingd.SandboxEndpoint)
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))

	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithSandbox(),
		vingd.WithHTTPClient(&http.Client{Transport: logged{broker, logger}}))
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := client.Accounts.Balance(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// level=INFO msg=vingd method=GET status=200
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// A call that this package has no method for is made by its path.
func ExampleClient_Request() {
	client, _ := newExample()
	path, err := kvpath.Join("fort/transfers", kvpath.Pair("from", "4711"), kvpath.Pair("last", "10"))
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := client.Request(context.Background(), http.MethodGet, path, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(path, len(data) > 0)
	// Output:
	// fort/transfers/from=4711/last=10 true
}

func ExampleParseCallback() {
	handler := func(w http.ResponseWriter, r *http.Request) {
		callback, err := vingd.ParseCallback(r.URL)
		switch {
		case errors.Is(err, vingd.ErrNoCallback):
			fmt.Println("a first visit")
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println("back for object", callback.Object)
		}
	}
	for _, target := range []string{"/", "/?oid=5&tid=0123456789abcdef0123456789abcdef01234567", "/?oid=5&tid=../7"} {
		handler(httptest.NewRecorder(), httptest.NewRequestWithContext(context.Background(), http.MethodGet, target, nil))
	}
	// Output:
	// a first visit
	// back for object 5
	// vingd: callback: tid must be 1 to 40 hexadecimal digits
}

func ExampleIn() {
	clock := func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	mock := httpmock.NewMockTransport()
	vingdtest.Register(mock, vingd.SandboxEndpoint)
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithSandbox(),
		vingd.WithClock(clock), vingd.WithHTTPClient(&http.Client{Transport: mock}))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, expires := range []vingd.Time{{}, vingd.In(time.Hour), vingd.At(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))} {
		order, err := client.Orders.Create(context.Background(), 5, vingd.OrderParams{Price: 200, Expires: expires})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(order.Expires.Format(time.RFC3339))
	}
	// Output:
	// 2026-01-02T03:19:05Z
	// 2026-01-02T04:04:05Z
	// 2026-02-01T00:00:00Z
}
