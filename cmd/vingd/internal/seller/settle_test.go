package seller_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/seller"
	"github.com/vingd/vingd-api-go/vingd"
)

// A call goes on after Ctrl-C. The look-up of its outcome does not, and takes two minutes at most.
func TestSettle(t *testing.T) {
	for name, c := range map[string]struct {
		called, found error
		want          error
		after         time.Duration
		interrupted   bool
		says, ends    string
	}{
		"done":                 {},
		"refused":              {called: vingd.ErrNotFound, want: vingd.ErrNotFound, ends: "not found"},
		"unknown, done":        {called: vingd.ErrOutcomeUnknown, says: "It was done."},
		"unknown, not done":    {called: vingd.ErrOutcomeUnknown, found: vingd.ErrNotDone, want: vingd.ErrNotDone, ends: "it was not done: run the command again ("},
		"unknown, still":       {called: vingd.ErrOutcomeUnknown, found: vingd.ErrOutcomeUnknown, want: vingd.ErrOutcomeUnknown, ends: ": advice"},
		"unknown, no response": {called: vingd.ErrOutcomeUnknown, found: errWait, want: context.DeadlineExceeded, after: 4 * time.Minute},
		"unknown, interrupted": {called: vingd.ErrOutcomeUnknown, found: errWait, want: context.Canceled, interrupted: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var stderr strings.Builder
				begun := time.Now()
				got, err := seller.Settle(ctx, &cli.App{Err: &stderr}, func(calling context.Context) (int, error) {
					if c.interrupted {
						cancel()
					}
					if calling.Err() != nil {
						t.Error("the call is cancelled by Ctrl-C")
					}
					return 1, c.called
				}, func(ctx context.Context, sent time.Time) (int, error) {
					if !sent.Equal(begun) {
						t.Errorf("the call was sent at %v, want %v", sent, begun)
					}
					if errors.Is(c.found, errWait) {
						<-ctx.Done()
						return 2, ctx.Err()
					}
					return 2, c.found
				})
				want := 1
				if errors.Is(c.called, vingd.ErrOutcomeUnknown) {
					want = 2
				}
				if got != want || !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || time.Since(begun) != c.after {
					t.Errorf("got %d, %v after %v, want %d, %v after %v", got, err, time.Since(begun), want, c.want, c.after)
				}
				if err != nil && !strings.Contains(err.Error(), c.ends) || !strings.Contains(stderr.String(), c.says) {
					t.Errorf("got %v and %q, want %q and %q", err, &stderr, c.ends, c.says)
				}
				if asks := strings.HasPrefix(stderr.String(), "outcome unknown\nAsking the broker whether it was done …\n"); asks != (want == 2) {
					t.Errorf("got %q", &stderr)
				}
			})
		})
	}
}

var errWait = errors.New("wait")
