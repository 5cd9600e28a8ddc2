package seller

import (
	"iter"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
)

// New returns the commands of a seller.
func New(a *cli.App) []*cobra.Command {
	return []*cobra.Command{
		newBalance(a), newTransfers(a), newObjects(a), newOrders(a), newVouchers(a), newCampaign(a), newRewards(a), newPurchases(a), newUsers(a), newRequest(a),
	}
}

// NewLogin returns the commands that say who the seller is.
func NewLogin(a *cli.App) []*cobra.Command { return []*cobra.Command{newProfile(a), newWhoami(a)} }

// CompleteProfiles completes the names of profiles.
func CompleteProfiles(a *cli.App) cobra.CompletionFunc {
	return cli.Complete(func(string) []string {
		set, err := a.Profiles()
		if err != nil {
			return nil
		}
		return set.Names()
	})
}

// parent returns a command that only has others below it.
func parent(use, short, example string, below ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Example: example, Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(below...)
	return c
}

// list prints what a sequence has, as it comes.
func list[T any](a *cli.App, kind output.Kind, rows iter.Seq2[T, error], record func(T) output.Record) error {
	p, err := a.Printer(kind, false)
	if err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			_ = p.Flush() // the rows before the failure; the end of the list stays missing
			return err
		}
		if err := p.Print(record(row)); err != nil {
			return err
		}
	}
	return p.Close()
}

// one prints the result of a call.
func one[T any](a *cli.App, kind output.Kind, value T, err error, record func(T) output.Record) error {
	if err != nil {
		return err
	}
	return a.One(kind, record(value))
}

// A window is the flags of a list that bound it.
type window struct {
	since, until string
	first, last  int
}

func (w *window) flags(c *cobra.Command, things string, times bool) {
	if times {
		c.Flags().StringVar(&w.since, "since", "", things+" newer than this `TIME`, or than a span ago, like 7d")
		c.Flags().StringVar(&w.until, "until", "", things+" older than this `TIME`, or than a span ago, like 7d")
	}
	c.Flags().Var((*cli.Count)(&w.first), "first", "at most `N` "+things+", the oldest")
	c.Flags().Var((*cli.Count)(&w.last), "last", "at most `N` "+things+", the newest")
	c.MarkFlagsMutuallyExclusive("first", "last")
}

func (w *window) times() (since, until vingd.Time, err error) {
	if since, err = cli.Past("--since", w.since); err != nil {
		return since, until, err
	}
	until, err = cli.Past("--until", w.until)
	return since, until, err
}
