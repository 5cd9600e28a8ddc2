package seller

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
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
It revokes these one by one, and none that was made since.

It prints each voucher with the transfer that gave its amount back.

If the outcome of a revocation stays unknown, the exit code is 3. Wait two minutes, because the
request may arrive late. Then vingd vouchers history --code CODE shows the action revoke and the
transfer, if it was done.`,
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
	var open []unused
	for v, err := range client.Vouchers.All(ctx, filter) {
		if err != nil {
			return err
		}
		if v.Allocated > 0 {
			open = append(open, unused{v.Code, v.Allocated})
		}
	}
	count := len(open)
	if count == 0 {
		return notFound("unused vouchers of this filter")
	}
	const what = "Revoke %s, of %v in all,"
	var ok bool
	if all || expect >= 0 {
		ok, err = a.ConfirmNumber(ctx, count, expect, all, what, number(count, "unused voucher"), sumOf(open))
	} else {
		ok, err = a.Confirm(ctx, what, number(count, "unused voucher"), sumOf(open))
	}
	if !ok {
		return err
	}
	others := ""
	if expect >= 0 {
		others = ", with the number that is left as --expect"
	}
	return revokeEach(ctx, a, open, others)
}
