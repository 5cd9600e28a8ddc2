package sandboxtest_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
)

// A printed replaces the t of a test in examples: it prints errors, and keeps the cleanup functions.
type printed struct {
	testing.TB

	cleanups []func()
}

func (*printed) Helper()                           {}
func (*printed) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (*printed) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (p *printed) Cleanup(f func())                { p.cleanups = append(p.cleanups, f) }

func (p *printed) end() {
	for len(p.cleanups) > 0 {
		last := len(p.cleanups) - 1
		f := p.cleanups[last]
		p.cleanups = p.cleanups[:last]
		f()
	}
}

// sell is the seller's code under test: it offers an article, and returns its order.
func sell(ctx context.Context, client *vingd.Client) (vingd.OrderID, error) {
	object, err := client.Objects.Create(ctx, vingd.ObjectParams{Name: "Article 12", URL: "https://shop.example/12"})
	if err != nil {
		return 0, err
	}
	order, err := client.Orders.Create(ctx, object, vingd.OrderParams{Price: 200})
	if err != nil {
		return 0, err
	}
	return order.ID, nil
}

// Ann pays, and the seller does not commit the purchase. After 15 minutes Ann is refunded.
func Example() {
	t := &printed{} // the *testing.T of your test
	defer t.end()   // a *testing.T does this by itself

	sb := sandboxtest.New(t)
	ann := sb.Buyer("Ann", 5_00)

	order, err := sell(context.Background(), sb.Client)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if _, err = ann.Pay(order); err != nil {
		t.Fatalf("%v", err)
	}
	fmt.Println("paid, and left with", ann.Balance())

	sb.Advance(15 * time.Minute)
	fmt.Println("refunded, and left with", ann.Balance())
	// Output:
	// paid, and left with 3.00
	// refunded, and left with 5.00
}

// The response to a commit is lost after the seller was paid. The client retries the commit, and the seller is paid once.
func ExampleSandbox_Fail() {
	t := &printed{} // the *testing.T of your test
	defer t.end()   // a *testing.T does this by itself

	sb := sandboxtest.New(t)
	ann := sb.Buyer("Ann", 5_00)
	order, err := sell(context.Background(), sb.Client)
	if err != nil {
		t.Fatalf("%v", err)
	}
	back, err := ann.Pay(order)
	if err != nil {
		t.Fatalf("%v", err)
	}

	sb.Fail("commitPurchase", sandbox.Fault{HangUp: true, Done: true, Count: 1})
	fmt.Println(serve(context.Background(), sb.Client, back))
	balance, err := sb.Balance(sb.Seller())
	fmt.Println("the seller holds", balance, err)
	// Output:
	// <nil>
	// the seller holds 1002.00 <nil>
}

// serve is the seller's code under test: it serves a buyer who returns, and commits the purchase.
func serve(ctx context.Context, client *vingd.Client, back *url.URL) error {
	callback, err := vingd.ParseCallback(back)
	if err != nil {
		return err
	}
	purchase, err := client.Purchases.Verify(ctx, callback.Object, callback.Token)
	if err != nil {
		return err
	}
	return client.Purchases.Commit(ctx, purchase)
}
