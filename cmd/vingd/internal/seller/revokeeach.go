package seller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// revokeEach revokes the vouchers of rows, one by one. A voucher that was used since is left out.
func revokeEach(ctx context.Context, a *cli.App, rows []batch.Row) error {
	client, err := a.Client()
	if err != nil {
		return err
	}
	p, err := a.Printer(revokedKind, false)
	if err != nil {
		return err
	}
	bar := a.NewProgress(len(rows), 0)
	var revoked int
	var back vingd.Cents
	for i, row := range rows {
		unused := false
		if err = ctx.Err(); err == nil {
			unused, err = revokeOne(ctx, a, client, row, p)
		}
		if err != nil {
			bar.End()
			return errors.Join(p.Close(), left(err, revoked, len(rows)))
		}
		if unused {
			revoked++
			back += row.Amount
		}
		bar.Update(i+1, back)
	}
	bar.End()
	return cli.Unprinted(p.Close(), number(revoked, "voucher"))
}

// left says how many vouchers were revoked before a failure.
func left(err error, done, all int) error {
	text := fmt.Errorf("%d of %d vouchers revoked; run the same command again to go on: %w", done, all, err)
	if done > 0 && !errors.Is(err, vingd.ErrOutcomeUnknown) && !errors.Is(err, context.Canceled) {
		return cli.WithCode(cli.Partly, text)
	}
	return text
}

// revokeOne revokes the voucher of a row. It returns false if the voucher was used since.
func revokeOne(ctx context.Context, a *cli.App, client *vingd.Client, row batch.Row, p *output.Printer) (bool, error) {
	filter := vingd.VoucherFilter{Code: row.Code}
	revoked, err := settled(ctx, a, "run the same command again",
		func(ctx context.Context) (map[vingd.VoucherCode]vingd.TransferID, error) {
			return client.Vouchers.Revoke(ctx, filter)
		},
		func(ctx context.Context, sent time.Time) (map[vingd.VoucherCode]vingd.TransferID, error) {
			return client.Vouchers.ReconcileRevoke(ctx, filter, sent)
		})
	if err != nil && !errors.Is(err, vingd.ErrNotFound) {
		return false, err
	}
	if len(revoked) == 0 {
		a.Say("%s: was redeemed, revoked or expired before", row.Code)
		return false, nil
	}
	for code, transfer := range revoked {
		if err := p.Print(output.Record{string(code), int64(transfer)}); err != nil {
			return true, err
		}
	}
	return true, nil
}
