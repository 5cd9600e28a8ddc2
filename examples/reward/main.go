// Command reward gives a user a reward, and reconciles the call if its outcome is unknown.
package main

import (
	"context"
	"errors"
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

// newUser returns a new user. A shop knows its users by the purchases that it verified.
func newUser(ctx context.Context, client *vingd.Client) (vingd.HUID, error) {
	return client.Users.Create(ctx, vingd.UserParams{Permissions: []vingd.Permission{vingd.PermissionBalance}})
}

// reward gives a user money once. The reason is unique: Reconcile finds the reward by it.
func reward(ctx context.Context, client *vingd.Client, out io.Writer, user vingd.HUID, amount vingd.Cents, reason string) error {
	params := vingd.RewardParams{Amount: amount, Description: reason}
	sent := time.Now()
	transfer, err := client.Rewards.Create(ctx, user, params)
	if errors.Is(err, vingd.ErrOutcomeUnknown) { // the money may have moved
		transfer, err = client.Rewards.Reconcile(ctx, user, params, sent)
	}
	switch {
	case err == nil:
		fmt.Fprintf(out, "Rewarded by transfer %d.\n", transfer)
		return nil
	case errors.Is(err, vingd.ErrNotDone):
		return fmt.Errorf("not rewarded, it is safe to retry: %w", err)
	case errors.Is(err, vingd.ErrForbidden):
		return fmt.Errorf("this account may not give rewards: %w", err)
	default:
		return err
	}
}
