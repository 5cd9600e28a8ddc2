// Command vouchers makes vouchers, lists them with their history, and revokes the unused ones.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
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
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"),
		vingd.WithEndpoint(broker.Endpoint()), vingd.WithFrontend(broker.Frontend()),
		vingd.WithHTTPClient(broker.HTTPClient()))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	first, err := create(ctx, client, out)
	if err != nil {
		return err
	}
	// Ben represents a person with a browser, who redeems the first voucher.
	ben, err := broker.AddBuyer("Ben", 0)
	if err != nil {
		return err
	}
	if _, err := ben.Redeem(first.Code); err != nil {
		return err
	}
	if err := follow(ctx, client, out); err != nil {
		return err
	}
	return revoke(ctx, client, out)
}

// create makes three vouchers of one group. Each user can redeem one of them.
func create(ctx context.Context, client *vingd.Client, out io.Writer) (first *vingd.Voucher, err error) {
	for n := range 3 {
		voucher, err := client.Vouchers.Create(ctx, vingd.VoucherParams{
			Amount:  100,
			Expires: vingd.In(14 * 24 * time.Hour),
			Message: "Thank you for reading",
			Group:   "summer",
		})
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(out, "Redeem %s at %s\n", voucher.Code, client.Vouchers.URLs(voucher.Code).Redirect)
		if n == 0 {
			first = voucher
		}
	}
	return first, nil
}

// follow lists the vouchers of the group, and their history.
func follow(ctx context.Context, client *vingd.Client, out io.Writer) error {
	for voucher, err := range client.Vouchers.All(ctx, vingd.VoucherFilter{Group: "summer", ValidAfter: vingd.In(0)}) {
		if err != nil {
			return err
		}
		if voucher.Allocated > 0 { // 0 if it was redeemed
			fmt.Fprintf(out, "%s is worth VINGD %v\n", voucher.Code, voucher.Amount)
		}
	}
	for entry, err := range client.Vouchers.AllHistory(ctx, vingd.HistoryFilter{Group: "summer"}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %s\n", entry.Voucher.Code, entry.Action)
	}
	return nil
}

// revoke revokes the unused vouchers of the group, and returns their money to the seller's account.
func revoke(ctx context.Context, client *vingd.Client, out io.Writer) error {
	revoked, err := client.Vouchers.Revoke(ctx, vingd.VoucherFilter{Group: "summer"})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d vouchers are revoked.\n", len(revoked))
	balance, err := client.Accounts.Balance(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "My balance is VINGD %v.\n", balance)
	return nil
}
