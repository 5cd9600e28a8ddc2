//go:debug x509usefallbackroots=1
//go:debug tlsmlkem=0

// Package fire holds the client to the sandbox's ledger. A proxy between the two makes connections, streams and responses
// fail, before and after the ledger has committed. After each call the judge asks the ledger:
//   - no call may be done twice;
//   - the client must say done or not done as the ledger does;
//   - it may say unknown only if it cannot know.
//
// The tables are faults, transports, operations and keepings. A run strikes each row. It prints how often, and what the
// client said then.
//
//	make fire FIRE=1000000
//	VINGD_FIRE_SEED=7 make fire
//	VINGD_FIRE_SEED=7 VINGD_FIRE_ONLY=4711 go test -run TestFire ./sandbox/fire
package fire_test

import (
	"crypto/x509"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
)

// TestMain makes the proxy's certificate the only root that this process trusts.
func TestMain(m *testing.M) {
	roots := x509.NewCertPool()
	roots.AddCert(trusted().Leaf)
	x509.SetFallbackRoots(roots)
	debug.SetGCPercent(400)
	goleak.VerifyTestMain(m)
}

const (
	// callsVariable is the environment variable for the number of calls.
	callsVariable = "VINGD_FIRE_CALLS"
	// seedVariable is the one for the seed of the plan.
	seedVariable = "VINGD_FIRE_SEED"
	// onlyVariable is the one for the number of a single call to play again.
	onlyVariable = "VINGD_FIRE_ONLY"

	// defaultCalls is just enough for each row of the tables.
	defaultCalls = 600
	// callsByFixture is after how many calls a worker begins with an empty ledger.
	callsByFixture = 250
	// workers is how many calls there are at a time, most of which wait.
	workers = 128
	// mostProblems is after how many a run ends.
	mostProblems = 20
)

func numberOfCalls(tb testing.TB) int {
	tb.Helper()
	return endure.Number(tb, callsVariable, defaultCalls)
}

// TestFire plays the calls of a plan, and prints what went wrong and what came of it.
func TestFire(t *testing.T) {
	t.Parallel()
	p := newPlan(uint64(endure.Number(t, seedVariable, 1)), measureLengths(t))
	tally := newTally(p)
	if only := endure.Number(t, onlyVariable, -1); only >= 0 {
		f := newFixture(t)
		defer f.close(t)
		playNth(t, f, p, only, tally)
		return
	}
	calls := numberOfCalls(t)
	var next atomic.Int64
	var running sync.WaitGroup
	for range min(workers, calls/50+1) {
		running.Go(func() {
			for more := true; more; {
				f := newFixture(t)
				for range callsByFixture {
					n := int(next.Add(1)) - 1
					if more = n < calls && tally.problems() < mostProblems; !more {
						break
					}
					playNth(t, f, p, n, tally)
					if p.call(n).fault.how == garbled {
						break // the broker may keep a text that resembles the next reference
					}
				}
				f.close(t)
			}
		})
	}
	running.Wait()
	t.Log(tally)
	if starved := tally.judged[starved]; starved > calls/100 {
		t.Errorf("%d calls starved: run it on a machine with less to do", starved)
	}
	for _, name := range tally.missing() {
		t.Errorf("%s: never struck in %d calls", name, calls)
	}
}

// playNth plays the nth call of a plan.
func playNth(t *testing.T, f *fixture, p *plan, n int, count *tally) {
	t.Helper()
	c := p.call(n)
	defer func() {
		if x := recover(); x != nil {
			panic(fmt.Sprintf("call %d, %s: %v", n, c, x))
		}
	}()
	r := f.play(t.Context(), c)
	j, why := r.judge()
	count.add(r, j)
	switch j {
	case doubled, lie, needless:
		t.Errorf("%v: %s\n\t%s\n\tthe client says: %v, %v\n\t%d connections, %v reached the gateway, %d late, %d whole responses; the ledger has it %d times\n"+
			"\tagain: %s=%d %s=%d", j, why, c, vingd.OutcomeOf(r.err), r.err, r.obtained, r.statuses, r.late, r.whole, r.done, seedVariable, p.seed,
			onlyVariable, n)
	case starved:
		t.Logf("%v: %s\n\t%s\n\tthe client says: %v, %v", j, why, c, vingd.OutcomeOf(r.err), r.err)
	default:
	}
}
