// Command reward gives a buyer money back, and says what is to be done when nobody knows whether it did.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

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

	reader, err := newUser(ctx, client)
	if err != nil {
		return err
	}
	if err := reward(ctx, client, out, reader, 75, "reading article 12, 2026-01-02"); err != nil {
		return err
	}
	balance, err := client.Accounts.BalanceOf(ctx, reader)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The reader has VINGD %v.\n", balance)
	return nil
}

// newUser returns somebody to reward. A shop knows its users by the purchases that it verified.
func newUser(ctx context.Context, client *vingd.Client) (vingd.HUID, error) {
	return client.Users.Create(ctx, vingd.UserParams{Permissions: []vingd.Permission{vingd.PermissionBalance}})
}

// reward gives a user money once. The reason is unlike any other, so that the transfer can be found by it.
func reward(ctx context.Context, client *vingd.Client, out io.Writer, user vingd.HUID, amount vingd.Cents, reason string) error {
	transfer, err := client.Rewards.Create(ctx, user, vingd.RewardParams{Amount: amount, Description: reason})
	switch {
	case err == nil:
		fmt.Fprintf(out, "Rewarded by transfer %d.\n", transfer)
		return nil
	case errors.Is(err, vingd.ErrOutcomeUnknown):
		// The money may have moved. Look before trying again.
		return find(ctx, client, out, reason)
	case errors.Is(err, vingd.ErrForbidden):
		return fmt.Errorf("this account may not give rewards: %w", err)
	default:
		return err
	}
}

// find looks for a reward among the transfers from the caller's account.
func find(ctx context.Context, client *vingd.Client, out io.Writer, reason string) error {
	me, err := client.Users.Profile(ctx)
	if err != nil {
		return err
	}
	for transfer, err := range client.Transfers.All(ctx, vingd.TransferFilter{From: me.UID, Last: 100}) {
		if err != nil {
			return err
		}
		if strings.Contains(transfer.Description, reason) {
			fmt.Fprintf(out, "Rewarded after all, by transfer %d.\n", transfer.ID)
			return nil
		}
	}
	return errors.New("not rewarded: it can be tried again")
}
