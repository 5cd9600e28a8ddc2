package seller_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/seller"
	"github.com/vingd/vingd-api-go/vingd"
)

// As long as no row is known, each list begins where the first one did. Only the first list is bounded.
func TestFollow_Since(t *testing.T) {
	for since, wants := range map[string]string{"1s": "-1s", "2000-01-01T00:00:00Z": "0s", "2000-01-01T00:00:05Z": "5s"} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var asked []string
			err := seller.FollowSince(ctx, &cli.App{Out: &strings.Builder{}, Err: &strings.Builder{}}, 30*time.Second, since, func(at vingd.Time, isFirst bool) seller.Transfers {
				asked = append(asked, fmt.Sprint(must(time.Parse(time.RFC3339Nano, at.String())).Sub(begin), isFirst))
				return func(func(vingd.Transfer, error) bool) {
					if len(asked) == 3 {
						cancel()
					}
				}
			})
			if want := []string{wants + " true", wants + " false", wants + " false"}; !slices.Equal(asked, want) {
				t.Errorf("%s: got %v, %v, want %v", since, asked, err, want)
			}
		})
	}
}
