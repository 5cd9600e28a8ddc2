package seller

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/plan"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

func newCampaign(a *cli.App) *cobra.Command {
	c := parent("campaign", "Make many vouchers by a plan, each once", `  vingd campaign check spring.csv
  vingd campaign run spring.csv
  vingd campaign export spring.csv
  vingd campaign sheet spring.csv`,
		newCampaignCheck(a), newCampaignRun(a), newCampaignStatus(a), newCampaignExport(a), newCampaignSheet(a), newCampaignRevoke(a))
	c.Long = `Makes many vouchers by a plan, each once. A plan is a CSV file, a row for each voucher:

  amount,message,to,expires,group,pass:city
  5.00,Thank you!,Ann,30d,spring,Ljubljana
  2.50,Thank you!,Bob,2026-12-31,spring,Maribor

Only amount is required. The columns to and pass:NAME go through to the export. Expires is a span
from the moment when the voucher is made, or a time. 2026-12-31 is the beginning of that day, 00:00
in your time zone: on that day the voucher is not valid any more. Without expires it is valid for
7 days.

A journal beside the plan, spring.csv.journal, keeps what was done. The run may be killed at any
moment: the same command goes on from there and makes no voucher twice. Keep the
journal: the codes in it are money. A changed plan is refused.`
	return c
}

// planArgument completes the name of a plan.
func planArgument(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"csv"}, cobra.ShellCompDirectiveFilterFileExt
}

func newCampaignCheck(a *cli.App) *cobra.Command {
	c := &cobra.Command{
		Annotations: map[string]string{shownBy: showVouchers},
		Use:         "check PLAN.csv",
		Short:       "Check a plan, and make nothing",
		Long: `Checks each row of a plan. It prints the number of rows, their sum, and the balance before
and after. Duplicates are rows with the recipient of an earlier row. The command fails if the
balance is too low. The exit code is 3 while the outcome of a row is unknown, whatever ended
the check.`,
		Example: `  vingd campaign check spring.csv
  vingd campaign check spring.csv -o json`,
		Args:              cli.Arguments("PLAN.csv"),
		ValidArgsFunction: planArgument,
		RunE: func(c *cobra.Command, args []string) error {
			p, err := plan.ReadCampaign(args[0])
			if err != nil {
				return err
			}
			return campaignOf(p).check(c.Context(), a)
		},
	}
	a.PrintFlags(c, checkKind)
	return c
}

func newCampaignRun(a *cli.App) *cobra.Command {
	var adopt bool
	var count cli.Count
	var amount string
	c := &cobra.Command{
		Annotations: map[string]string{shownBy: showVouchers},
		Use:         "run PLAN.csv",
		Short:       "Make the vouchers of a plan that are not made yet",
		Long: `Makes the vouchers of a plan that are not made yet. The command says how many, how much and on
which account, and asks first. With --count, of 100000 at most, and --amount it writes the plan,
too, once you confirm.

Ctrl-C ends it after the calls in flight. The exit code is 3 while the outcome of a row
is unknown, whatever ended the run. Otherwise it is 6 if the run stops with some rows done and
others left. Run the same command again: it asks the broker for unknown rows first.

A row that has expired is not sent. Put it into another plan.

A date or a time without a zone is in the time zone of the machine. In another zone the plan counts
as changed, and is refused. Run it in the zone of the first run then, for example by
TZ=Europe/Ljubljana. Do not move the journal away: that would make all vouchers again.`,
		Example: `  vingd campaign run spring.csv
  vingd campaign run prizes.csv --count 50 --amount 1.00
  vingd campaign run spring.csv --yes -o json`,
		Args:              cli.Arguments("PLAN.csv"),
		ValidArgsFunction: planArgument,
		RunE: func(c *cobra.Command, args []string) error {
			read := plan.ReadCampaign
			if c.Flags().Changed("count") || c.Flags().Changed("amount") {
				read = func(path string) (*plan.Plan, error) { return generate(path, int(count), amount) }
			}
			p, err := read(args[0])
			if err != nil {
				return err
			}
			return campaignOf(p).run(c.Context(), a, adopt)
		},
	}
	c.Flags().Var(&count, "count", "write a plan of `N` vouchers, with --amount")
	c.Flags().StringVar(&amount, "amount", "", "the `AMOUNT` of each voucher, with --count")
	c.Flags().BoolVar(&adopt, "adopt", false, "mark as done the vouchers of this plan that another journal made")
	a.ConfirmFlags(c)
	a.PrintFlags(c, progressKind)
	return c
}

// maxCount is how many vouchers a generated plan may have.
const maxCount = 100_000

func generate(path string, count int, amount string) (*plan.Plan, error) {
	cents, err := cli.Amount("--amount", amount)
	switch {
	case err != nil:
		return nil, err
	case count < 1:
		return nil, cli.Misuse("--count %d: must be 1 or more", count)
	case count > maxCount:
		return nil, cli.Misuse("--count %d: must be %d or less", count, maxCount)
	}
	return plan.Generate(path, count, cents)
}

func newCampaignStatus(a *cli.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "status PLAN.csv",
		Short: "Count the vouchers by state",
		Long: `Counts the rows of a plan by state. Pending, refused and unknown rows have no voucher that
the journal knows. Open, redeemed, revoked and expired are the states of vouchers.`,
		Example: `  vingd campaign status spring.csv
  vingd campaign status spring.csv --jq '.[] | select(.state == "redeemed") | .rows'`,
		Args:              cli.Arguments("PLAN.csv"),
		ValidArgsFunction: planArgument,
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.Check(stateKind); err != nil {
				return err
			}
			_, rows, lives, err := campaignRows(c.Context(), a, args[0])
			if err != nil {
				return err
			}
			t := newTally("pending", "refused", "unknown", "open", "redeemed", "revoked", "expired")
			for _, row := range rows {
				switch {
				case row.State != batch.Done:
					t.add(row.State.String(), row.Amount)
				case lives[row.Code].ended == "":
					t.add("open", row.Amount)
				default:
					t.add(lives[row.Code].ended, row.Amount)
				}
			}
			return t.print(a)
		},
	}
	a.PrintFlags(c, stateKind)
	return c
}

// campaignRows returns a plan that was run before, its rows, and what the log says of vouchers.
func campaignRows(ctx context.Context, a *cli.App, path string) (*plan.Plan, []batch.Row, map[vingd.VoucherCode]life, error) {
	client, err := a.Client()
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := plan.ReadCampaign(path)
	if err != nil {
		return nil, nil, nil, err
	}
	job, err := campaignOf(p).own(ctx, client)
	if err != nil {
		return nil, nil, nil, err
	}
	rows := job.Rows()
	if err := job.Close(); err != nil {
		return nil, nil, nil, err
	}
	lives, err := voucherLives(ctx, client)
	return p, rows, lives, err
}

// A life is what the log says of a voucher.
type life struct {
	until time.Time // when it expires
	ended string    // how it ended; empty for an open voucher
}

// voucherLives reads the log. A voucher that the log does not have is open, and its expiry is unknown.
func voucherLives(ctx context.Context, client *vingd.Client) (map[vingd.VoucherCode]life, error) {
	words := map[vingd.VoucherAction]string{vingd.VoucherActionUse: "redeemed", vingd.VoucherActionRevoke: "revoked", vingd.VoucherActionExpire: "expired"}
	lives := map[vingd.VoucherCode]life{}
	for entry, err := range client.Vouchers.AllHistory(ctx, vingd.HistoryFilter{}) {
		if err != nil {
			return nil, err
		}
		v := lives[entry.Voucher.Code]
		v.until = entry.Voucher.ValidUntil
		if word := words[entry.Action]; word != "" {
			v.ended = word
		}
		lives[entry.Voucher.Code] = v
	}
	return lives, nil
}
