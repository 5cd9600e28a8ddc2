// Package fire holds the client to what really happened. Between it and a sandbox stands a proxy that ends, resets,
// delays or garbles connections at any byte, before and after the ledger has committed. After each call the ledger is
// asked: nothing is done twice, nothing done is said not to be, nothing not done is said to be, and what is said to be
// unknown could not be known.
package fire_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/internal/race"
	"github.com/vingd/vingd-api-go/vingd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// callsVariable says how many calls there are.
	callsVariable = "VINGD_FIRE_CALLS"
	// seedVariable says which faults befall them: the same seed, the same faults.
	seedVariable = "VINGD_FIRE_SEED"
	// roundVariable makes one round of them again, by its number.
	roundVariable = "VINGD_FIRE_ROUND"

	callsRaced   = 500
	callsUnraced = 2000
	// workers is how many rounds there are at a time, as far as -parallel lets them.
	workers = 192
	// mostProblems is after how many a run gives up.
	mostProblems = 20
)

func number(t testing.TB, variable string, standard int) int {
	t.Helper()
	text, ok := os.LookupEnv(variable)
	if !ok {
		return standard
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s is %q, must be a number", variable, text)
	}
	return n
}

// TestFire makes the calls. It prints what befell them, and what came of them.
func TestFire(t *testing.T) {
	calls := callsUnraced
	if race.Enabled {
		calls = callsRaced
	}
	calls = number(t, callsVariable, calls)
	c := newCertificates(t)
	p := &plan{seed: uint64(number(t, seedVariable, 1)), lengths: measure(t, c)}
	rounds := (calls + callsInRound - 1) / callsInRound
	var next atomic.Int64
	next.Store(-1)
	first := number(t, roundVariable, -1)
	if first >= 0 {
		rounds = first + 1
		next.Store(int64(first) - 1)
	}
	count := newTally(p)
	t.Run("rounds", func(t *testing.T) {
		for range min(workers, rounds) {
			t.Run("worker", func(t *testing.T) {
				t.Parallel()
				for n := int(next.Add(1)); n < rounds && !t.Failed(); n = int(next.Add(1)) {
					playRound(t, p, n, c, count)
				}
			})
		}
	})
	t.Log(count.String())
}

func playRound(t *testing.T, p *plan, n int, c *certificates, count *tally) {
	t.Helper()
	w, wrapped, turns := p.round(n)
	r := newRound(t, n, w, wrapped, c)
	defer r.close(t)
	for i, next := range turns {
		e := r.play(t, i, next)
		problems := e.problems()
		count.add(w, &e, problems)
		for _, problem := range problems {
			t.Errorf("%s\n\t%s by %s (wrapped %v), befallen by %s\n\tthe client says: %v, %v\n"+
				"\tit was given %d connections, %v reached the broker, %d late, %d answers were whole, and it was done %d times\n"+
				"\tagain: %s=%d %s=%d, call %d", problem, deeds[e.deed].name, w, wrapped, e.fault, vingd.OutcomeOf(e.err), e.err,
				e.handed, e.statuses, e.late, e.whole, e.done, seedVariable, p.seed, roundVariable, n, i)
			if count.tooMany() {
				t.FailNow()
			}
		}
	}
}

// measure makes each deed with nothing to befall it.
func measure(t *testing.T, c *certificates) (l lengths) {
	t.Helper()
	r := newRound(t, -1, inTheClear, false, c)
	defer r.close(t)
	for i := range deeds {
		e := r.play(t, i, turn{i, fault{fresh: true}})
		if problems := e.problems(); len(problems) > 0 || e.err != nil {
			t.Fatalf("%s, befallen by nothing: %v, %v", deeds[i].name, e.err, problems)
		}
		l = append(l, e.bytes)
	}
	return l
}

// A tally counts calls by what befell them and by what came of them.
type tally struct {
	mu         sync.Mutex
	boundaries map[boundary]bool // whether a fault struck there
	kinds      map[string]*[5]int
	total      [5]int
	problems   map[string]int
}

// The columns of a tally.
const (
	columnCalls = iota
	columnStruck
	columnDone
	columnNotDone
	columnUnknown
)

func newTally(p *plan) *tally {
	c := &tally{boundaries: make(map[boundary]bool), kinds: make(map[string]*[5]int), problems: make(map[string]int)}
	for w := range wires {
		for _, b := range p.boundaries(w, 0) {
			c.boundaries[b] = false
		}
	}
	return c
}

func (c *tally) add(w wire, e *event, problems []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kind := c.kinds[e.fault.kind()]
	if kind == nil {
		kind = new([5]int)
		c.kinds[e.fault.kind()] = kind
	}
	columns := []int{columnCalls, columnDone + int(vingd.OutcomeOf(e.err))}
	if e.struck {
		columns = append(columns, columnStruck)
		if b := (boundary{w, e.deed, e.fault.place, e.fault.at}); e.fault.place == atRequest || e.fault.place == atAnswer {
			c.boundaries[b] = true
		}
	}
	for _, column := range columns {
		kind[column]++
		c.total[column]++
	}
	for _, problem := range problems {
		what, _, _ := strings.Cut(problem, ":")
		c.problems[what]++
	}
}

func (c *tally) tooMany() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.problems["doubled"]+c.problems["a lie"]+c.problems["needless"] >= mostProblems
}

func (c *tally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	row := func(name string, n *[5]int) {
		fmt.Fprintf(&b, "%-32s %9d %9d %9d %9d %9d\n", name, n[columnCalls], n[columnStruck], n[columnDone], n[columnNotDone], n[columnUnknown])
	}
	fmt.Fprintf(&b, "\n%-32s %9s %9s %9s %9s %9s\n", "befallen by", "calls", "struck", "done", "not done", "unknown")
	for _, name := range slices.Sorted(maps.Keys(c.kinds)) {
		row(name, c.kinds[name])
	}
	row("all", &c.total)
	struck := 0
	for _, was := range c.boundaries {
		struck += count(was)
	}
	fmt.Fprintf(&b, "byte boundaries struck: %d of %d\n", struck, len(c.boundaries))
	fmt.Fprintf(&b, "doubled: %d, lies: %d, needlessly unknown or failed: %d\n",
		c.problems["doubled"], c.problems["a lie"], c.problems["needless"])
	return b.String()
}
