package seller

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/http"
	"slices"
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
	since string // the list begins then
}

func (f *follow) flags(c *cobra.Command) {
	c.Flags().BoolVarP(&f.on, "follow", "f", false, "go on with what is new, until Ctrl-C")
	c.Flags().DurationVar(&f.every, "every", 5*time.Second, "how `OFTEN` --follow asks, like 30s")
	c.MarkFlagsMutuallyExclusive("follow", "first")
}

// begin returns when the first list begins. A span ago is then a fixed time: later lists begin there too, as long as there is no row.
func (f *follow) begin() (vingd.Time, error) {
	if span, ok := cli.ParseSpan(f.since); ok {
		return vingd.At(time.Now().Add(-span)), nil
	}
	return cli.Past("--since", f.since)
}

// followed prints a list, and then again and again its new rows. Rows begins at a time. Only the first list keeps to the flags
// that bound its length. Key returns a row's number and time. After the first list, a broker that is unreachable does not end it.
func followed[T any](ctx context.Context, a *cli.App, f *follow, kind output.Kind, record func(T) output.Record,
	rows func(since vingd.Time, isFirst bool) iter.Seq2[T, error], key func(T) (int64, time.Time),
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
	var first int64 // the smallest number of the first rows: the flags leave out what is before it
	since, err := f.begin()
	if err != nil {
		return err
	}
	begun, away := false, false
	for {
		var failed error
		isFirst := latest.IsZero() // the first list that has rows
		for row, err := range rows(since, !begun) {
			if failed = err; failed != nil {
				break
			}
			id, at := key(row)
			if _, ok := seen[id]; ok || !isFirst && id < first {
				continue
			}
			if isFirst && (first == 0 || id < first) {
				first = id
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
		switch {
		case failed == nil:
			if away {
				a.Say("The broker responds again.")
			}
			begun, away = true, false
			if !latest.IsZero() {
				since = vingd.At(latest.Add(-overlap))
			}
			maps.DeleteFunc(seen, func(_ int64, at time.Time) bool { return at.Before(latest.Add(-2 * overlap)) })
		case !begun || ctx.Err() != nil || !isOutage(failed):
			return failed
		case !away:
			away = true
			a.Say("%v; asking again every %v", failed, f.every)
		}
		select {
		case <-ctx.Done():
			_ = p.Close()
			return ctx.Err()
		case <-time.After(f.every):
		}
	}
}

// isOutage reports whether a list that failed may be read a moment later.
func isOutage(err error) bool {
	var failed *vingd.Error
	busy := []int{
		http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}
	return errors.Is(err, vingd.ErrInternal) || errors.As(err, &failed) && slices.Contains(busy, failed.Status)
}
