package seller

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

func newCampaignRevoke(a *cli.App) *cobra.Command {
	c := &cobra.Command{
		Annotations: map[string]string{shownBy: showVouchers},
		Use:         "revoke PLAN.csv",
		Short:       "Revoke the campaign's vouchers that were not used",
		Long: `Revokes the vouchers of a campaign that were not used, and gives their amounts back to you.
The command says how many there are and how much they hold, and asks first.

The exit code is 3 while the outcome of a row is unknown, whatever ended the command: the row's
voucher may be open. A run settles the row, and makes the vouchers that are left.`,
		Example: `  vingd campaign revoke spring.csv --dry-run
  vingd campaign revoke spring.csv`,
		Args:              cli.Arguments("PLAN.csv"),
		ValidArgsFunction: planArgument,
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.Check(revokedKind); err != nil {
				return err
			}
			return revokeCampaign(c.Context(), a, args[0])
		},
	}
	a.ConfirmFlags(c)
	a.PrintFlags(c, revokedKind)
	return c
}

func revokeCampaign(ctx context.Context, a *cli.App, path string) (err error) {
	p, rows, lives, err := campaignRows(ctx, a, path)
	if err != nil {
		return err
	}
	var open []unused
	doubts := 0
	for i, row := range rows {
		switch {
		case row.State == batch.Unknown:
			doubts++
			a.Say("%s:%d: unknown: its voucher may be open, and is not revoked", path, p.Rows[i].Line)
		case row.State == batch.Done && lives[row.Code].ended == "":
			open = append(open, unused{row.Code, row.Amount})
		}
	}
	defer func() { err = unsettled(err, doubts, "voucher", "") }()
	if len(open) == 0 {
		return notFound("unused vouchers of %s", path)
	}
	if ok, err := a.Confirm(ctx, "Revoke %s of %s, of %v in all,", number(len(open), "unused voucher"), path, sumOf(open)); !ok {
		return err
	}
	return revokeEach(ctx, a, open, "")
}
