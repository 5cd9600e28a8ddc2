package main

import (
	"context"
	"errors"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// pay pays a reward unless it is paid already, whatever became of earlier runs.
//
// Before each attempt the journal has its reference. What it has as sent and not as paid may have been paid or not, and
// the broker is asked first.
func pay(ctx context.Context, client *vingd.Client, journal *journal, r reward) error {
	params := vingd.RewardParams{Amount: r.amount, Description: r.reference}
	for {
		last, err := journal.find(ctx, r.reference)
		if err != nil || last.paid {
			return err
		}
		if !last.sent.IsZero() {
			transfer, err := client.Rewards.Reconcile(ctx, r.user, params, last.sent)
			if err == nil {
				return journal.paid(ctx, r.reference, transfer)
			}
			if !errors.Is(err, vingd.ErrNotDone) {
				return err // not settled: the next run goes on here
			}
		}
		if err := journal.sending(ctx, r.reference, time.Now()); err != nil {
			return err
		}
		transfer, err := client.Rewards.Create(ctx, r.user, params)
		if err == nil {
			return journal.paid(ctx, r.reference, transfer)
		}
		if !errors.Is(err, vingd.ErrOutcomeUnknown) {
			return err // refused: nothing was paid
		}
	}
}
