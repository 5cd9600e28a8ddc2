package seller

import (
	"context"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
)

// overlap is how far a list that is followed looks back: a broker may list a row a moment after its time.
const overlap = 10 * time.Second

// follow is the flags of a list that goes on.
type follow struct {
	on    bool
	every time.Duration
}

func (f *follow) flags(c *cobra.Command) {
	c.Flags().BoolVarP(&f.on, "follow", "f", false, "go on with what is new, until Ctrl-C")
	c.Flags().DurationVar(&f.every, "every", 5*time.Second, "how `OFTEN` --follow asks, like 30s")
}

// followed prints a list, and then again and again its new rows. Rows begins at a time, or for the zero time where the
// flags say. Key returns a row's number and time.
func followed[T any](ctx context.Context, a *cli.App, f *follow, kind output.Kind, record func(T) output.Record,
	rows func(since vingd.Time) iter.Seq2[T, error], key func(T) (int64, time.Time),
) error {
	if f.every < 100*time.Millisecond {
		return cli.Misuse("--every %v: must be 100ms or more", f.every)
	}
	p, err := a.Printer(kind, false)
	if err != nil {
		return err
	}
	seen := map[int64]time.Time{} // the rows that may be listed again
	var latest time.Time
	var since vingd.Time
	for {
		for row, err := range rows(since) {
			if err != nil {
				_ = p.Flush()
				return err
			}
			id, at := key(row)
			if _, ok := seen[id]; ok {
				continue
			}
			seen[id] = at
			if at.After(latest) {
				latest = at
			}
			if err := p.Print(record(row)); err != nil {
				return err
			}
		}
		if err := p.Flush(); err != nil {
			return err
		}
		if !latest.IsZero() {
			since = vingd.At(latest.Add(-overlap))
		}
		for id, at := range seen {
			if at.Before(latest.Add(-2 * overlap)) {
				delete(seen, id)
			}
		}
		select {
		case <-ctx.Done():
			_ = p.Close()
			return ctx.Err()
		case <-time.After(f.every):
		}
	}
}
