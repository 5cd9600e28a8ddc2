package seller

import (
	"context"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

func newTransfers(a *cli.App) *cobra.Command {
	return parent("transfers", "Show the money that moved", `  vingd transfers list --since 7d`, newTransferList(a))
}

func newTransferList(a *cli.App) *cobra.Command {
	var from, to string
	var w window
	var f follow
	c := &cobra.Command{
		Use:   "list",
		Short: "List transfers to and from your account",
		Long: `Lists transfers to and from your account, oldest first. A row is printed when it
arrives, so the list may be of any length.`,
		Example: `  vingd transfers list --since 7d
  vingd transfers list --from me -o csv > paid.csv
  vingd transfers list --to me --since 2026-01-01 --until 2026-02-01 --jq 'map(.amount) | add'`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			filter := vingd.TransferFilter{First: w.first, Last: w.last}
			var err error
			if filter.Since, filter.Until, err = w.times(); err != nil {
				return err
			}
			if err := a.Check(transferKind); err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			own, err := a.Own(c.Context())
			if err != nil {
				return err
			}
			if filter.From, err = account("--from", from, own.UID); err != nil {
				return err
			}
			if filter.To, err = account("--to", to, own.UID); err != nil {
				return err
			}
			if f.on {
				f.since = w.since
				return followed(c.Context(), a, &f, transferKind, transferRecord, func(since vingd.Time, isFirst bool) iter.Seq2[vingd.Transfer, error] {
					if filter.Since = since; !isFirst {
						filter.Last = 0
					}
					return transfers(c.Context(), client, filter, own.UID)
				}, func(t vingd.Transfer) (int64, time.Time) { return int64(t.ID), t.Time })
			}
			return list(a, transferKind, transfers(c.Context(), client, filter, own.UID), transferRecord)
		},
	}
	c.Flags().StringVar(&from, "from", "", "from this account, by `UID`; me is your own")
	c.Flags().StringVar(&to, "to", "", "to this account, by `UID`; me is your own")
	w.flags(c, "transfers", true)
	f.flags(c)
	a.PrintFlags(c, transferKind)
	return c
}

// account reads an account: nothing, a number, or me.
func account(what, text string, own vingd.UID) (vingd.UID, error) {
	switch text {
	case "":
		return 0, nil
	case "me":
		return own, nil
	}
	return cli.ID[vingd.UID](what, text)
}

// transfers returns the transfers that a filter matches. The broker lists those from an account or to an account: without
// either, it is asked for both, which are merged by their numbers.
func transfers(ctx context.Context, c *vingd.Client, f vingd.TransferFilter, own vingd.UID) iter.Seq2[vingd.Transfer, error] {
	if f.From != 0 || f.To != 0 {
		return c.Transfers.All(ctx, f)
	}
	from, to := f, f
	from.From, to.To = own, own
	both := merge(c.Transfers.All(ctx, from), c.Transfers.All(ctx, to))
	switch {
	case f.First > 0:
		return first(both, f.First)
	case f.Last > 0:
		return last(both, f.Last)
	}
	return both
}

// merge merges two lists in the order of their numbers. A transfer in both is there once.
func merge(a, b iter.Seq2[vingd.Transfer, error]) iter.Seq2[vingd.Transfer, error] {
	return func(yield func(vingd.Transfer, error) bool) {
		nextB, stop := iter.Pull2(b)
		defer stop()
		y, errB, more := nextB()
		for x, err := range a {
			for more && errB == nil && err == nil && y.ID < x.ID {
				if !yield(y, nil) {
					return
				}
				y, errB, more = nextB()
			}
			if more && errB != nil {
				yield(y, errB)
				return
			}
			if more && err == nil && y.ID == x.ID {
				y, errB, more = nextB()
			}
			if !yield(x, err) || err != nil {
				return
			}
		}
		for ; more; y, errB, more = nextB() {
			if !yield(y, errB) || errB != nil {
				return
			}
		}
	}
}

// first returns the first rows of a list.
func first[T any](rows iter.Seq2[T, error], n int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		count := 0
		for row, err := range rows {
			if count++; !yield(row, err) || count == n {
				return
			}
		}
	}
}

// last returns the last rows of a list.
func last[T any](rows iter.Seq2[T, error], n int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var kept []T
		for row, err := range rows {
			if err != nil {
				yield(row, err)
				return
			}
			if kept = append(kept, row); len(kept) > n {
				kept = kept[1:]
			}
		}
		for _, row := range kept {
			if !yield(row, nil) {
				return
			}
		}
	}
}
