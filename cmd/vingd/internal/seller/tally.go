package seller

import (
	"fmt"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
)

// A tally counts rows and their money by state.
type tally struct {
	order []string
	rows  map[string]int
	sum   map[string]vingd.Cents
}

func newTally(states ...string) *tally {
	return &tally{order: states, rows: map[string]int{}, sum: map[string]vingd.Cents{}}
}

func (t *tally) add(state string, amount vingd.Cents) {
	t.rows[state]++
	t.sum[state] += amount
}

func (t *tally) print(a *cli.App) error {
	return list(a, stateKind, func(yield func(string, error) bool) {
		for _, state := range t.order {
			if !yield(state, nil) {
				return
			}
		}
	}, func(state string) output.Record { return output.Record{state, int64(t.rows[state]), t.sum[state]} })
}

// number says how many things there are.
func number(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
