package seller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
)

// An unused is a voucher that no user has redeemed, and the amount that it holds.
type unused struct {
	code   vingd.VoucherCode
	amount vingd.Cents
}

func sumOf(open []unused) (sum vingd.Cents) {
	for _, v := range open {
		sum += v.amount
	}
	return sum
}

// revokeEach revokes the vouchers that the user confirmed, one by one: a filter could match others by now. A voucher that was
// used since is left out. The same command goes on where this one stops, with what others says.
func revokeEach(ctx context.Context, a *cli.App, open []unused, others string) error {
	client, err := a.Client()
	if err != nil {
		return err
	}
	p, err := a.Printer(revokedKind, false)
	if err != nil {
		return err
	}
	bar := a.NewProgress(len(open), 0)
	var revoked int
	var back vingd.Cents
	for i, voucher := range open {
		isRevoked := false
		if err = ctx.Err(); err == nil {
			isRevoked, err = revokeOne(ctx, a, client, voucher.code, p, others)
		}
		if err != nil {
			bar.End()
			return errors.Join(p.Close(), left(err, revoked, len(open), others))
		}
		if isRevoked {
			revoked++
			back += voucher.amount
		}
		bar.Update(i+1, back)
	}
	bar.End()
	return cli.Unprinted(p.Close(), number(revoked, "voucher"))
}

// left says how many vouchers were revoked before a failure.
func left(err error, done, all int, others string) error {
	if errors.Is(err, vingd.ErrOutcomeUnknown) { // says how to go on
		return fmt.Errorf("%d of %d vouchers revoked: %w", done, all, err)
	}
	text := fmt.Errorf("%d of %d vouchers revoked; %s to go on%s: %w", done, all, againHere, others, err)
	if done > 0 && !cli.SaysUnknown(err) && !errors.Is(err, context.Canceled) {
		return cli.WithCode(cli.Partly, text)
	}
	return text
}

// revokeOne revokes a voucher. It returns false if the voucher was used since.
func revokeOne(ctx context.Context, a *cli.App, client *vingd.Client, code vingd.VoucherCode, p *output.Printer, others string) (bool, error) {
	filter := vingd.VoucherFilter{Code: code}
	advice := fmt.Sprintf(firstWait+"look for revoke in vingd vouchers history --code %s before you %s%s", code, againHere, others)
	revoked, err := settled(ctx, a, advice,
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
		a.Say("%s: was redeemed, revoked or expired before", code)
		return false, nil
	}
	for refunded, transfer := range revoked {
		if err := p.Print(output.Record{string(refunded), int64(transfer)}); err != nil {
			return true, cli.Unprinted(err, "voucher "+string(refunded))
		}
	}
	return true, nil
}
