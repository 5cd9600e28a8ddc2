package seller

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
)

func newVoucherRevoke(a *cli.App) *cobra.Command {
	var f voucherFlags
	var all bool
	var expect int
	c := &cobra.Command{
		Use:   "revoke [CODE]",
		Short: "Revoke vouchers that were not used",
		Long: `Revokes vouchers that were not used, by code or by filter, and gives their amounts back to
you. A revoked voucher cannot be redeemed any more. The command says how many there are, how
much they hold and on which account, and asks first. With --all it asks for their number.

It prints each voucher with the transfer that gave its amount back.`,
		Example: `  vingd vouchers revoke LXKG-TBR-HQV
  vingd vouchers revoke --group spring --dry-run
  vingd vouchers revoke --group spring --yes -o csv
  vingd vouchers revoke --all`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return cli.Arguments("CODE")(c, args)
		},
		ValidArgsFunction: completeVouchers(a),
		RunE: func(c *cobra.Command, args []string) error {
			filter, err := f.filter()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				filter.Code = vingd.VoucherCode(args[0])
			}
			switch none := filter == (vingd.VoucherFilter{}); {
			case none && !all:
				return cli.Misuse("a code or a filter is required, or --all")
			case !none && all:
				return cli.Misuse("--all: must be without a code and without filters")
			}
			if err := a.Check(revokedKind); err != nil {
				return err
			}
			return revoke(c.Context(), a, filter, all, expect)
		},
	}
	f.choose(c)
	c.Flags().BoolVar(&all, "all", false, "revoke every unused voucher of the account")
	expect = -1
	c.Flags().Var((*cli.Count)(&expect), "expect", "revoke only if this many vouchers match")
	a.ConfirmFlags(c)
	a.PrintFlags(c, revokedKind)
	return c
}

func revoke(ctx context.Context, a *cli.App, filter vingd.VoucherFilter, all bool, expect int) error {
	client, err := a.Client()
	if err != nil {
		return err
	}
	open, sum := map[vingd.VoucherCode]bool{}, vingd.Cents(0)
	for v, err := range client.Vouchers.All(ctx, filter) {
		if err != nil {
			return err
		}
		if v.Allocated > 0 {
			open[v.Code] = true
			sum += v.Allocated
		}
	}
	count := len(open)
	if count == 0 {
		return notFound("unused vouchers of this filter")
	}
	const what = "Revoke %s, of %v in all,"
	var ok bool
	if all || expect >= 0 {
		ok, err = a.ConfirmNumber(ctx, count, expect, all, what, number(count, "unused voucher"), sum)
	} else {
		ok, err = a.Confirm(ctx, what, number(count, "unused voucher"), sum)
	}
	if !ok {
		return err
	}
	revoked, err := settled(ctx, a, "run the command again: it revokes what is left", func(ctx context.Context) (map[vingd.VoucherCode]vingd.TransferID, error) {
		if all {
			return client.Vouchers.RevokeAll(ctx)
		}
		return client.Vouchers.Revoke(ctx, filter)
	}, func(ctx context.Context, sent time.Time) (map[vingd.VoucherCode]vingd.TransferID, error) {
		revoked, err := client.Vouchers.ReconcileRevoke(ctx, filter, sent)
		return ofThisCall(a, revoked, open), err
	})
	if err != nil {
		return err
	}
	return cli.Unprinted(printRevoked(a, revoked), number(len(revoked), "voucher"))
}

// ofThisCall leaves the vouchers that were open before a revocation. A look-up of its outcome also finds others, which another
// command may have revoked.
func ofThisCall(a *cli.App, revoked map[vingd.VoucherCode]vingd.TransferID, open map[vingd.VoucherCode]bool) map[vingd.VoucherCode]vingd.TransferID {
	found := len(revoked)
	maps.DeleteFunc(revoked, func(code vingd.VoucherCode, _ vingd.TransferID) bool { return !open[code] })
	if others := found - len(revoked); others > 0 {
		a.Say("Also revoked, perhaps by another command: %s. See vingd vouchers history --action revoke", number(others, "voucher"))
	}
	return revoked
}

func printRevoked(a *cli.App, revoked map[vingd.VoucherCode]vingd.TransferID) error {
	p, err := a.Printer(revokedKind, false)
	if err != nil {
		return err
	}
	for _, code := range slices.Sorted(maps.Keys(revoked)) {
		if err := p.Print(output.Record{string(code), int64(revoked[code])}); err != nil {
			return err
		}
	}
	return p.Close()
}
