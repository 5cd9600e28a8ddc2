package fire_test

import (
	"fmt"
	"strings"
	"sync"

	"github.com/vingd/vingd-api-go/vingd"
)

// A tally counts calls by what went wrong, and by what came of it.
type tally struct {
	mu         sync.Mutex
	names      []string // of rows, in order
	rows       map[string]*row
	boundaries []bool // whether a fault struck there
	judged     [judgements]int
}

// A row counts the calls of one kind.
type row struct {
	calls, struck int
	outcomes      [vingd.OutcomeUnknown + 1]int
}

const allCalls = "all calls"

func newTally(p *plan) *tally {
	c := &tally{rows: make(map[string]*row), boundaries: make([]bool, len(p.boundaries))}
	add := func(format string, args ...any) {
		name := fmt.Sprintf(format, args...)
		c.names = append(c.names, name)
		c.rows[name] = new(row)
	}
	for i := range faults {
		add("%s", faults[i].name)
	}
	for w := range wires {
		add("wire: %v", w)
	}
	for i := range transports {
		add("transport: %s", transports[i].name)
	}
	for i := range keepings {
		add("Reconcile, texts kept: %s", keepings[i].name)
	}
	for _, skew := range skews {
		add("Reconcile, clocks apart: %v", skew)
	}
	add(allCalls)
	return c
}

func (c *tally) add(r *result, j judgement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.judged[j]++
	struck := r.strikes > 0 || r.fault.place == nowhere
	outcome := vingd.OutcomeOf(r.err)
	for _, name := range []string{r.fault.name, "wire: " + r.wire.String(), "transport: " + r.transport.name, allCalls} {
		c.rows[name].add(struck, outcome)
	}
	if r.reconciles {
		for _, name := range []string{"texts kept: " + r.keeping.name, "clocks apart: " + r.skew.String()} {
			c.rows["Reconcile, "+name].add(true, r.reconciledOutcome())
		}
	}
	if r.boundary >= 0 && struck {
		c.boundaries[r.boundary] = true
	}
}

func (r *row) add(struck bool, outcome vingd.Outcome) {
	r.calls++
	r.struck += count(struck)
	r.outcomes[outcome]++
}

// problems returns how many calls are wrong.
func (c *tally) problems() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.judged[doubled] + c.judged[lie] + c.judged[needless]
}

// missing returns the rows that nothing struck.
func (c *tally) missing() (names []string) {
	for _, name := range c.names {
		if c.rows[name].struck == 0 {
			names = append(names, name)
		}
	}
	return names
}

func (c *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-58s %9s %9s %9s %9s %9s\n", "", "calls", "struck", "done", "not done", "unknown")
	for _, name := range c.names {
		r := c.rows[name]
		fmt.Fprintf(&b, "%-58s %9d %9d %9d %9d %9d\n", name, r.calls, r.struck, r.outcomes[vingd.OutcomeDone],
			r.outcomes[vingd.OutcomeNotDone], r.outcomes[vingd.OutcomeUnknown])
	}
	struck := 0
	for _, was := range c.boundaries {
		struck += count(was)
	}
	fmt.Fprintf(&b, "byte boundaries struck: %d of %d\n", struck, len(c.boundaries))
	for j := doubled; j < judgements; j++ {
		fmt.Fprintf(&b, "%v: %d; ", j, c.judged[j])
	}
	return b.String()
}
