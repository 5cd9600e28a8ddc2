// Command delegated buys in the name of a user who permitted it, as a shop with accounts for its users does.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

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
		vingd.WithEndpoint(broker.Endpoint()), vingd.WithHTTPClient(broker.HTTPClient()))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	user, err := client.Users.Create(ctx, vingd.UserParams{
		Identities:  map[string]string{"mail": "user@example.com"},
		Primary:     "mail",
		Permissions: []vingd.Permission{vingd.PermissionBalance, vingd.PermissionPurchase},
	})
	if err != nil {
		return err
	}
	if _, err := client.Rewards.Create(ctx, user, vingd.RewardParams{Amount: 5_00, Description: "welcome"}); err != nil {
		return err
	}
	if err := buy(ctx, client, out, user); err != nil {
		return err
	}

	// A user who permitted nothing cannot be charged.
	stranger, err := client.Users.Create(ctx, vingd.UserParams{})
	if err != nil {
		return err
	}
	if err := buy(ctx, client, out, stranger); !errors.Is(err, vingd.ErrForbidden) {
		return fmt.Errorf("purchase without permission: got error %w, want ErrForbidden", err)
	}
	fmt.Fprintln(out, "A stranger cannot be charged.")
	return nil
}

func buy(ctx context.Context, client *vingd.Client, out io.Writer, user vingd.HUID) error {
	object, err := client.Objects.Create(ctx, vingd.ObjectParams{Name: "Article 12", URL: "https://news.example.com/12"})
	if err != nil {
		return err
	}
	purchase, err := client.Purchases.Create(ctx, object, vingd.PurchaseParams{Buyer: user, Price: 1_99})
	if err != nil {
		return err // if it is a vingd.ErrOutcomeUnknown, the user may have paid: call Reconcile before you retry
	}
	balance, err := client.Accounts.BalanceOf(ctx, user)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s bought %q and has VINGD %v left.\n", purchase.Buyer, purchase.ObjectName, balance)
	return nil
}
