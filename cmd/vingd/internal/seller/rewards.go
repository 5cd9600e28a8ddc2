package seller

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

func newRewards(a *cli.App) *cobra.Command {
	return parent("rewards", "Give users money", `  vingd rewards give 3f5d2a 5.00 --reference "prize 2026-01 no. 17"
  vingd rewards pay payroll.csv`, newGive(a), newPay(a), newPayStatus(a))
}

func newGive(a *cli.App) *cobra.Command {
	var reference string
	c := &cobra.Command{
		Annotations: map[string]string{shownBy: showRewards, inPending: "yes"},
		Use:         "give HUID AMOUNT --reference TEXT",
		Short:       "Give a user money",
		Long: `Gives a user money from your account. It moves at once, and nothing takes it back. The
command asks first.

The reference names this one payment. If a transfer has it already, nothing is paid: so
the command may be run again after a failure. While its outcome is unknown, the exit code is 3,
whatever ended the command. Run it again: it asks the broker first. So that the broker can tell,
give the reference a word of your own and a number, such as prize 2026-01 no. 17.

If the command is killed, run it again, too: it gives nothing twice, and prints the transfer. The
next vingd rewards give, of any reward, names a command that was killed. The command keeps a
journal in your home folder. Neither another user, such as root by sudo, nor another machine nor a
new container sees it, and they could pay again. Repeat a command as the same user, with the same
home folder. Give a reward in one place at a time.`,
		Example: `  vingd rewards give 3f5d2a 5.00 --reference "prize 2026-01 no. 17"
  vingd rewards give 3f5d2a 5.00 --reference "prize 2026-01 no. 18" --yes -o id`,
		Args: cli.Arguments("HUID", "AMOUNT"),
		RunE: func(c *cobra.Command, args []string) error {
			amount, err := cli.Amount("amount", args[1])
			if err != nil {
				return err
			}
			if err := cli.Required(c, "reference"); err != nil {
				return err
			}
			if err := a.Check(rewardKind); err != nil {
				return err
			}
			return give(c.Context(), a, batch.Reward{User: vingd.HUID(args[0]), Amount: amount, Reference: reference})
		},
	}
	c.Flags().StringVar(&reference, "reference", "", "the `TEXT` that names this payment, and no other")
	a.ConfirmFlags(c)
	a.PrintFlags(c, rewardKind)
	return c
}

// give pays one reward, as a batch of one row. Its journal stays until its outcome is known and printed.
func give(ctx context.Context, a *cli.App, r batch.Reward) (err error) {
	pending, err := openPending(ctx, a)
	if err != nil {
		return err
	}
	r = pending.asNoted(r)
	journal := pending.journal(r)
	if a.DryRun() {
		looked, leave, err := lookedAt(journal)
		if err != nil {
			return err
		}
		defer leave()
		journal = looked
	}
	job, err := batch.OpenRewards(ctx, journal, []batch.Reward{r})
	if err != nil {
		return bookOf(r, pending.journal(r)).doubted(pending.taken(r, err), showRewards)
	}
	finished := false
	defer func() {
		err = errors.Join(err, job.Close())
		if finished {
			pending.closed(r)
		}
		err = inDoubt(err, job.Progress().Unknown, fmt.Sprintf(
			"%s: it asks the broker first. If the outcome stays unknown, look at %s. Only if the reward is not there, remove %s, and give it anew",
			againAtHome, showRewards, cli.Quoted(journal)))
	}()
	printed, err := giveOnce(ctx, a, pending, job, r)
	if a.DryRun() {
		if err == nil {
			err = unsettled(nil, job.Progress().Unknown, "reward", "")
		}
		return err
	}
	if state := job.Rows()[0].State; printed || state == batch.Pending || state == batch.Refused {
		finished = true
		pending.remove(r)
	}
	return err
}

// giveOnce pays a reward unless it was paid, and prints its transfer. It reports whether the transfer was printed.
func giveOnce(ctx context.Context, a *cli.App, pending *pending, job *batch.Job, r batch.Reward) (printed bool, err error) {
	client, err := a.Client()
	if err != nil {
		return false, err
	}
	if ok, err := a.Confirm(ctx, "Give %v to user %s, as %q,", r.Amount, r.User, r.Reference); !ok {
		return false, err
	}
	pending.sayOthers(ctx, a, r)
	if err := pending.note(r); err != nil {
		return false, err
	}
	_, err = job.Run(ctx, client, batch.Options{OnReconcile: func(row batch.Row) { a.Say("%s\n%s", row.Problem, asking) }})
	var earlier *batch.EarlierError
	var failed *vingd.Error
	switch {
	case err == nil:
		row := job.Rows()[0]
		err = a.Result(rewardKind, output.Record{int64(row.Transfer), row.Amount})
		return err == nil, err
	case errors.As(err, &earlier):
		err = fmt.Errorf("reference %q: was used already, by transfer %d; nothing was paid", earlier.Reference, earlier.Transfer)
	case job.IsTaken(1) && job.Rows()[0].State == batch.Refused:
		err = fmt.Errorf("%s; nothing was paid", job.Rows()[0].Problem)
	case errors.As(err, &failed):
		err = failed
	}
	return false, err
}
