package seller

import (
	"context"
	"iter"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
)

// Kinds are the kinds of records, by the schema whose fields they have.
func Kinds() map[string][]output.Kind {
	return map[string][]output.Kind{
		"Account": {accountKind}, "Profile": {profileKind}, "Transfer": {transferKind}, "Object": {objectKind}, "Order": {orderKind},
		"Voucher": {voucherKind}, "VoucherLogEntry": {entryKind}, "Purchase": {purchaseKind}, "CreatedUser": {userKind}, "Rewarded": {rewardKind},
	}
}

// Transfers is a list of transfers.
type Transfers = iter.Seq2[vingd.Transfer, error]

// Merge merges lists of transfers.
func Merge(a, b Transfers) Transfers { return merge(a, b) }

// First returns the first transfers of a list.
func First(rows Transfers, n int) Transfers { return first(rows, n) }

// Last returns the last transfers of a list.
func Last(rows Transfers, n int) Transfers { return last(rows, n) }

// Follow prints a list of transfers again and again.
func Follow(ctx context.Context, a *cli.App, every time.Duration, rows func(since vingd.Time) Transfers) error {
	return FollowSince(ctx, a, every, "", func(since vingd.Time, _ bool) Transfers { return rows(since) })
}

// FollowSince prints a list of transfers since a time again and again.
func FollowSince(ctx context.Context, a *cli.App, every time.Duration, since string, rows func(since vingd.Time, isFirst bool) Transfers) error {
	return followed(ctx, a, &follow{on: true, every: every, since: since}, transferKind, transferRecord, rows,
		func(t vingd.Transfer) (int64, time.Time) { return int64(t.ID), t.Time })
}

// Settle makes a call and asks for its outcome.
func Settle(ctx context.Context, a *cli.App, call func(context.Context) (int, error), reconcile func(context.Context, time.Time) (int, error)) (int, error) {
	return settled(ctx, a, "advice", call, reconcile)
}
