package vingd_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
)

// A modelCase is what one Reconcile meets.
type modelCase struct {
	call       *modelCall
	storage    *storage
	clock      *clock
	lists      *lists
	reference  reference
	neighbours neighbours
	amount     vingd.Cents // the broker's, of a call of 200 cents
	done       bool
}

func (c *modelCase) String() string {
	return fmt.Sprintf("%s, %q, text %s, amount %v, clock %s, list %s, beside %s, done %t",
		c.call.name, c.reference.text, c.storage.name, c.amount, c.clock.name, c.lists.name, c.neighbours.name, c.done)
}

// A reference is that of a call, and those of others of the same kind.
type reference struct {
	text   string
	others []string
}

var references = []reference{
	{"January's reward no. 17", []string{"January's reward no. 3", "January's reward no. 16", "January's reward no. 18"}},
	{"za čokoladu 2026-0017", []string{"za čokoladu 2026-0016", "za čokoladu 2026-0018"}},
	{"2026-01 Ann", []string{"2026-01 Bob", "2026-01 Christopher"}},
}

// neighbours are the rows beside that of the call, by their references.
type neighbours struct {
	name  string
	texts func(r reference) []string
	// others says that the rows have only texts of other kinds, none that they have no texts.
	others, none bool
}

var neighbourhoods = []neighbours{
	{name: "nothing", texts: func(reference) []string { return nil }},
	{name: "its kind", texts: func(r reference) []string { return r.others }},
	{name: "its kind, others and none", texts: func(r reference) []string { return append([]string{"Thank you!", ""}, r.others...) }},
	{name: "others", texts: func(reference) []string { return []string{"Thank you!", "Hello"} }, others: true},
	{name: "none", texts: func(reference) []string { return []string{"", ""} }, none: true},
}

// reconcile makes Reconcile look for the call, and says what is wrong with the verdict.
func (c *modelCase) reconcile(t *testing.T) (problem string) {
	t.Helper()
	sent := time.Now()
	broker := &modelBroker{storage: *c.storage, clock: *c.clock, lists: *c.lists, now: time.Now}
	crowd := func(n int, at time.Time) {
		for i := range n {
			c.call.row(broker, at.Add(time.Duration(i)*time.Millisecond), c.reference.others[0]+letters(i), 200)
		}
	}
	crowd(c.lists.before, sent.Add(-30*time.Second))
	for _, text := range c.neighbours.texts(c.reference) {
		c.call.row(broker, sent.Add(-20*time.Second), text, 200)
	}
	if c.done {
		c.call.row(broker, sent.Add(100*time.Millisecond), c.reference.text, c.amount)
	}
	crowd(c.lists.after, sent.Add(200*time.Millisecond))
	client := newSeller(t, broker, vingd.WithSettleTime(0))
	_, err := c.call.reconcile(t.Context(), client, c.reference.text, sent)
	switch outcome := vingd.OutcomeOf(err); {
	case outcome == vingd.OutcomeNotDone && c.done, outcome == vingd.OutcomeDone && !c.done:
		return "a lie: " + outcome.String()
	case outcome == vingd.OutcomeUnknown && c.settles():
		return fmt.Sprintf("a needless doubt: %v", err)
	}
	return ""
}

// letters writes a number in letters.
func letters(n int) string { return strings.NewReplacer(digitLetters...).Replace(strconv.Itoa(n)) }

var digitLetters = strings.Fields("0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j")

// settles reports whether Reconcile has no reason to doubt.
func (c *modelCase) settles() bool {
	switch {
	case c.done: // then it is found, unless it is changed or cannot be seen
		return c.storage.whole && c.amount == 200 && c.clock.ahead > -farthest && c.lists.ordinary
	case !c.storage.ordinary || !c.clock.ordinary || !c.lists.ordinary:
		return false
	default:
		return c.call.told || !c.neighbours.none && !(c.neighbours.others && c.call.free)
	}
}

// farthest is how far behind a broker's clock may be for its rows to be found.
const farthest = 25 * time.Hour

// eachCase tries the cases that these make together: all of them in make endure, else one of eight, or of 24 with -short.
func eachCase(t *testing.T, storages []storage, clocks []clock, listings []lists, references []reference,
	neighbourhoods []neighbours, amounts []vingd.Cents) {
	t.Helper()
	tried, share := 0, endure.Rounds(8, 24)
	for _, call := range modelCalls {
		for _, storage := range storages {
			for _, clock := range clocks {
				for _, lists := range listings {
					for _, reference := range references {
						for _, neighbours := range neighbourhoods {
							for _, amount := range amounts {
								for _, done := range []bool{true, false} {
									c := modelCase{&call, &storage, &clock, &lists, reference, neighbours, amount, done}
									if c.isPossible() && (endure.Whole() || rand.IntN(share) == 0) {
										c.assertTrue(t)
										tried++
									}
								}
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d cases", tried)
}

// isPossible reports whether a broker that keeps to the documents may be so.
func (c *modelCase) isPossible() bool { return c.call.free || !c.storage.replaced }

func (c *modelCase) assertTrue(t *testing.T) {
	t.Helper()
	if problem := c.reconcile(t); problem != "" {
		t.Errorf("%v: %s", c, problem)
	}
}

func TestReconcile_Storages(t *testing.T) {
	eachCase(t, storages, clocks[:1], listings[:1], references, neighbourhoods, []vingd.Cents{200, 180, 230})
}

func TestReconcile_Clocks(t *testing.T) {
	eachCase(t, storages[:3], clocks, listings[:1], references, neighbourhoods, []vingd.Cents{200})
}

func TestReconcile_Lists(t *testing.T) {
	eachCase(t, storages[:3], clocks[:1], listings, references[:1], neighbourhoods[1:2], []vingd.Cents{200})
}

// Any broker, clock and list may come together.
func TestReconcile_RandomBrokers(t *testing.T) {
	tries := endure.Rounds(1000, 250)
	if endure.Whole() {
		tries = 20_000
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range tries {
		call, storage, clock, lists := pick(r, modelCalls...), pick(r, storages...), pick(r, clocks...), pick(r, listings[:7]...)
		c := modelCase{
			&call, &storage, &clock, &lists, pick(r, references...), pick(r, neighbourhoods...),
			pick[vingd.Cents](r, 200, 180, 230, 101, 399), r.IntN(2) == 0,
		}
		if c.isPossible() {
			c.assertTrue(t)
		}
	}
}

// A call that lands while Reconcile looks for it is found, or doubted if it cannot be told.
func TestReconcile_CallArrivesLate(t *testing.T) {
	for _, call := range modelCalls {
		for _, storage := range endure.Part(storages, 5) {
			if !call.free && storage.replaced {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				broker := &modelBroker{storage: storage, clock: clocks[0], now: time.Now}
				sent, late := time.Now(), time.Duration(rand.Int64N(int64(vingd.DefaultSettleTime)))
				for _, other := range references[0].others {
					call.row(broker, sent, other, 200)
				}
				landed := make(chan struct{})
				go func() {
					defer close(landed)
					<-time.After(late)
					call.row(broker, time.Now(), references[0].text, 200)
				}()
				_, err := call.reconcile(t.Context(), newSeller(t, broker), references[0].text, sent)
				<-landed
				want := vingd.OutcomeUnknown
				if storage.whole {
					want = vingd.OutcomeDone
				}
				if got := vingd.OutcomeOf(err); got != want && got != vingd.OutcomeDone {
					t.Errorf("%s, text %s, %v late: got %v, want %v", call.name, storage.name, late, err, want)
				}
			})
		}
	}
}
