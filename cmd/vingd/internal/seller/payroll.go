package seller

import (
	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/plan"
)

func newPay(a *cli.App) *cobra.Command {
	var adopt, check bool
	c := &cobra.Command{
		Annotations: map[string]string{shownBy: showRewards},
		Use:         "pay PAYROLL.csv",
		Short:       "Give many users money by a plan, each once",
		Long: `Gives many users money by a plan, each once. The plan is a CSV file:

  huid,amount,reference,pass:name
  3f5d2a,5.00,prizes 2026-01 no. 1,Ann
  77ab01,2.50,prizes 2026-01 no. 2,Bob

A reference names one payment, and no other ever. Give it a word of your own and a number, such
as payroll 2026-01 no. 0017. By these the broker can tell the outcome of a lost payment.
Columns pass:NAME are yours.

The command says how many, how much and on which account, and asks first. A journal
beside the plan keeps what was paid. The run may be killed at any moment: the same
command goes on from there and pays no row twice. The exit code is 3 while the outcome of a row
is unknown, whatever ended the run. Otherwise it is 6 if the run stops with some rows done and
others left. Run it again: it asks the broker for unknown rows first.

If the broker has a row's reference for another amount, no run pays the row. Put it into another
plan with another reference. If that payment was the row's own, give it that amount there, and
run with --adopt.

Two journals do not see each other: those of another file, of another name of the same file, or
of another machine. Run a plan in one place at a time.`,
		Example: `  vingd rewards pay payroll.csv --check
  vingd rewards pay payroll.csv
  vingd rewards pay payroll.csv --yes -o json`,
		Args:              cli.Arguments("PAYROLL.csv"),
		ValidArgsFunction: planArgument,
		RunE: func(c *cobra.Command, args []string) error {
			p, err := plan.ReadPayroll(args[0])
			if err != nil {
				return err
			}
			if check {
				return payrollOf(p).check(c.Context(), a)
			}
			return payrollOf(p).run(c.Context(), a, adopt)
		},
	}
	c.Flags().BoolVar(&adopt, "adopt", false, "mark as done the rewards of these references that another journal paid")
	c.Flags().BoolVar(&check, "check", false, "print rows, sum and balance, and pay nothing")
	a.ConfirmFlags(c)
	a.PrintFlags(c, progressKind)
	return c
}

func newPayStatus(a *cli.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "status PAYROLL.csv",
		Short: "Count the rows of a payroll by state",
		Long: `Counts the rows of a payroll by state: pending, refused, unknown or done. It reads the journal,
and does not ask the broker.`,
		Example:           `  vingd rewards status payroll.csv`,
		Args:              cli.Arguments("PAYROLL.csv"),
		ValidArgsFunction: planArgument,
		RunE: func(c *cobra.Command, args []string) error {
			p, err := plan.ReadPayroll(args[0])
			if err != nil {
				return err
			}
			w := payrollOf(p)
			job, err := w.begun(c.Context())
			if err != nil {
				return err
			}
			t := newTally("pending", "refused", "unknown", "done")
			for _, row := range job.Rows() {
				t.add(row.State.String(), row.Amount)
			}
			w.problems(a, job)
			if err := job.Close(); err != nil {
				return err
			}
			return t.print(a)
		},
	}
	a.PrintFlags(c, stateKind)
	return c
}
