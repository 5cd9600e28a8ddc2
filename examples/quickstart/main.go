// Command quickstart runs the documented example from start to end: it sells an object to a buyer, and rewards the buyer.
// It talks to a sandbox of its own, over TLS on the loopback interface.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	broker, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = broker.Close() }()

	// In production: vingd.New(vingd.Password("<vingd login>", "<vingd password>"))
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"),
		vingd.WithEndpoint(broker.Endpoint()), vingd.WithFrontend(broker.Frontend()),
		vingd.WithHTTPClient(broker.HTTPClient()))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	if err := account(ctx, client, out); err != nil {
		return err
	}
	if err := vouchers(ctx, client, out); err != nil {
		return err
	}
	order, err := offer(ctx, client, out)
	if err != nil {
		return err
	}
	// Anna represents a person with a browser. Anna pays at the order's URL, and the sandbox redirects to the object's URL.
	anna, err := broker.AddBuyer("Anna", 10_00)
	if err != nil {
		return err
	}
	back, err := anna.Pay(order.ID)
	if err != nil {
		return err
	}
	return sell(ctx, client, out, order.Object, back)
}

func account(ctx context.Context, client *vingd.Client, out io.Writer) error {
	profile, err := client.Users.Profile(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "I (%s) registered on %s.\n", profile.Name, profile.Created.Format(time.RFC3339))

	balance, err := client.Accounts.Balance(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "My balance is VINGD %v.\n", balance)
	return nil
}

func vouchers(ctx context.Context, client *vingd.Client, out io.Writer) error {
	voucher, err := client.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 100, Expires: vingd.In(14 * 24 * time.Hour)})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "I'm rewarding you with this 1 vingd voucher (%s): %s.\n",
		voucher.Code, client.Vouchers.URLs(voucher.Code).Redirect)

	active, err := client.Vouchers.List(ctx, vingd.VoucherFilter{})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Now I have %d active vouchers.\n", len(active))

	used, err := client.Vouchers.History(ctx, vingd.HistoryFilter{Action: vingd.VoucherActionUse})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Also, %d of my vouchers have been redeemed.\n", len(used))

	expired, err := client.Vouchers.History(ctx, vingd.HistoryFilter{Action: vingd.VoucherActionExpire})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "And, %d of my vouchers have expired before anybody used them.\n", len(expired))
	return nil
}

func offer(ctx context.Context, client *vingd.Client, out io.Writer) (*vingd.Order, error) {
	id, err := client.Objects.Create(ctx, vingd.ObjectParams{Name: "My test object", URL: "http://localhost:666/"})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "I've just created an object, just for you. OID is %d.\n", id)

	if _, err = client.Objects.Update(ctx, id, vingd.ObjectParams{Name: "New object name", URL: "http://localhost:777/"}); err != nil {
		return nil, err
	}
	fmt.Fprintln(out, "Object updated.")

	object, err := client.Objects.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "Object last modified at %s, new url is %s\n", object.Modified.Format(time.RFC3339), object.URL)

	objects, err := client.Objects.List(ctx, vingd.ObjectFilter{})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "I have %d active objects.\n", len(objects))

	order, err := client.Orders.Create(ctx, id, vingd.OrderParams{Price: 200, Context: "optional purchase details"})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "I've also created an order (id=%d) for the object (oid=%d): %s\n",
		order.ID, order.Object, client.Orders.URLs(order.ID).Redirect)
	return order, nil
}

// sell serves a buyer who comes back to the object's URL.
func sell(ctx context.Context, client *vingd.Client, out io.Writer, object vingd.ObjectID, back *url.URL) error {
	callback, err := vingd.ParseCallback(back)
	if err != nil {
		return err
	}
	// Verify for the object that is sold here. The URL names one too, which may be cheaper.
	purchase, err := client.Purchases.Verify(ctx, object, callback.Token)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Purchase verified (buyer's HUID = %s, context = '%s').\n", purchase.Buyer, purchase.Context)

	// Serve the content here. Then commit the purchase: Vingd refunds a purchase that is not committed.
	if err = client.Purchases.Commit(ctx, purchase); err != nil {
		return err
	}
	fmt.Fprintln(out, "Content served, and purchase committed.")

	transfer, err := client.Rewards.Create(ctx, purchase.Buyer,
		vingd.RewardParams{Amount: 75, Description: "Testing direct rewarding"})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "User rewarded (transfer id = %d).\n", transfer)
	return nil
}
