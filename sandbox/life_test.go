package sandbox_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vingd/vingd-api-go/internal/race"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A life is a random history of a sandbox, with the model of its expected state.
type life struct {
	participants

	clock *clock
	model *model
	known []vingd.HUID // in the order in which the sellers met them, because a map has no order
}

// TestLife draws histories of two sellers, three buyers, and two users whose delegates the sellers are. Some calls run at the
// same time. After every step the API must agree with an independent model, and the books must be right. -rapid.checks sets
// the number of histories.
func TestLife(t *testing.T) {
	t.Parallel()
	checks(t, 15, 5)
	rapid.Check(t, func(rt *rapid.T) {
		l := newLife(rt)
		draws := map[string]func(*rapid.T) (step, bool){
			"allocate": l.allocate, "charge": l.charge, "commit": l.commit, "deposit": l.deposit, "order": l.order, "pay": l.pay,
			"redeem": l.redeem, "revoke": l.revoke, "reward": l.reward, "verify": l.verify, "watch": l.watch,
		}
		names := slices.Sorted(maps.Keys(draws))
		actions := map[string]func(*rapid.T){
			"at once": func(rt *rapid.T) {
				var steps []step
				for range rapid.IntRange(2, 4).Draw(rt, "steps") {
					if d, ok := draws[rapid.SampledFrom(names).Draw(rt, "step")](rt); ok {
						steps = append(steps, d)
					}
				}
				l.happen(rt, steps)
			},
			"wait": l.wait,
			"jump": l.jump,
		}
		for name, draw := range draws {
			actions[name] = func(rt *rapid.T) {
				if d, ok := draw(rt); ok {
					l.happen(rt, []step{d})
				}
			}
		}
		rt.Repeat(actions)
		l.finish(rt)
	})
}

// checks sets the default for -rapid.checks, which a flag and the environment override. It is lower under the race detector,
// because the database, translated from C to Go, takes thirty times as long there.
func checks(t *testing.T, n, racing int) {
	t.Helper()
	_, said := os.LookupEnv("RAPID_CHECKS")
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "rapid.checks" })
	if said {
		return
	}
	if race.Enabled {
		n = racing
	}
	value := flag.Lookup("rapid.checks").Value
	before := value.String()
	t.Cleanup(func() {
		if err := value.Set(before); err != nil {
			t.Error(err)
		}
	})
	if err := value.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
}

func newLife(rt *rapid.T) *life {
	l := &life{clock: &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	s, err := sandbox.New(sandbox.Options{Clock: l.clock.Now, Seller: sandbox.Seller{Username: "first", Password: "123", Balance: 1000}})
	fatal(rt, err)
	rt.Cleanup(func() { fatal(rt, s.Close()) })
	second, err := s.AddSeller(sandbox.Seller{Username: "second", Password: "123", Balance: 1000})
	fatal(rt, err)
	l.sandbox = s
	l.model = &model{now: l.clock.Now(), held: make(map[vingd.UID]vingd.Cents), known: make(map[vingd.HUID]acquaintance)}
	for login, uid := range map[string]vingd.UID{"first": s.Seller(), "second": second} {
		l.model.deposit(uid, 1000)
		client, err := newDirectClient(s, login, s.Now)
		fatal(rt, err)
		l.sellers = append(l.sellers, actor{uid: uid, client: client})
	}
	slices.SortFunc(l.sellers, func(a, b actor) int { return int(a.uid - b.uid) })
	for i := range l.sellers {
		l.settleIn(rt, &l.sellers[i])
	}
	for _, name := range []string{"Ann", "Bob", "Cat"} {
		b, err := s.AddBuyer(name, 500)
		fatal(rt, err)
		l.model.deposit(b.UID(), 500)
		l.buyers = append(l.buyers, b)
	}
	return l
}

// settleIn creates an object and a user for a seller. A first reward shows the user's account.
func (l *life) settleIn(rt *rapid.T, a *actor) {
	var err error
	a.object, err = a.client.Objects.Create(rt.Context(), vingd.ObjectParams{Name: "x", URL: "http://localhost/"})
	fatal(rt, err)
	a.delegate, err = a.client.Users.Create(rt.Context(), vingd.UserParams{
		Permissions: []vingd.Permission{vingd.PermissionBalance, vingd.PermissionPurchase},
	})
	fatal(rt, err)
	_, err = a.client.Rewards.Create(rt.Context(), a.delegate, vingd.RewardParams{Amount: 100})
	fatal(rt, err)
	last, err := a.client.Transfers.List(rt.Context(), vingd.TransferFilter{From: a.uid, Last: 1})
	fatal(rt, err)
	l.model.known[a.delegate] = acquaintance{seller: a.uid, user: last[0].To, delegate: true}
	l.model.reward(a.uid, a.delegate, 100)
	l.known = append(l.known, a.delegate)
}

func fatal(rt *rapid.T, err error) {
	rt.Helper()
	if err != nil {
		rt.Fatal(err)
	}
}

// happen does steps at the same time. There must be an order of them in which the model has the same results, and afterwards
// the same state as the API.
func (l *life) happen(rt *rapid.T, steps []step) {
	start := make(chan struct{})
	var done sync.WaitGroup
	for _, d := range steps {
		rt.Log(d.name)
		done.Go(func() { <-start; d.call() })
	}
	close(start)
	done.Wait()
	seen, err := l.see(rt.Context(), l.model)
	fatal(rt, err)
	told := seen.snapshot()
	explained, err := explain(l.model, steps, func(m *model) error {
		m.settle() // deadlines that came in the same moment
		if line := told.differs(m.snapshot(&l.participants)); line != "" {
			return errors.New(line)
		}
		return nil
	})
	fatal(rt, err)
	l.model = explained
	fatal(rt, l.model.sound())
	fatal(rt, l.sandbox.Check())
	for huid := range l.model.known {
		if !slices.Contains(l.known, huid) {
			l.known = append(l.known, huid)
		}
	}
}

// explain returns the model after the steps, in an order in which each step has the result that it had, and end returns nil.
// If there is no such order, it returns the error of the last one.
func explain(m *model, steps []step, end func(*model) error) (*model, error) {
	if len(steps) == 0 {
		m = m.clone()
		return m, end(m)
	}
	var because error
	for i, d := range steps {
		next := m.clone()
		next.settle()
		if err := d.explain(next); err != nil {
			because = fmt.Errorf("%s: %w", d.name, err)
			continue
		}
		explained, err := explain(next, slices.Concat(steps[:i], steps[i+1:]), end)
		if err == nil {
			return explained, nil
		}
		because = err
	}
	return nil, because
}

// wait moves the clock that the sandbox follows, mostly ahead. The sandbox's time never runs back.
func (l *life) wait(rt *rapid.T) {
	l.advance(rt, minutes(rt, -1, 40))
}

// jump moves the clock to a deadline, or to a microsecond before or after it.
func (l *life) jump(rt *rapid.T) {
	var ends []time.Time
	for _, o := range l.model.orders {
		ends = append(ends, o.expires)
	}
	for _, p := range l.model.purchases {
		ends = append(ends, p.due)
	}
	for _, v := range l.model.vouchers {
		ends = append(ends, v.due)
	}
	ends = slices.DeleteFunc(ends, func(at time.Time) bool { return !at.After(l.model.now) })
	if len(ends) == 0 {
		return
	}
	slices.SortFunc(ends, time.Time.Compare)
	at := rapid.SampledFrom(slices.Compact(ends)).Draw(rt, "end")
	l.advance(rt, at.Sub(l.clock.Now())+time.Duration(rapid.IntRange(-1, 1).Draw(rt, "offset"))*time.Microsecond)
}

func (l *life) advance(rt *rapid.T, d time.Duration) {
	l.clock.Advance(d)
	if now := l.clock.Now(); now.After(l.model.now) {
		l.model.now = now
	}
	l.happen(rt, nil)
}

// finish moves the clock until everything has ended. Then nothing is reserved, and every voucher has ended once.
func (l *life) finish(rt *rapid.T) {
	l.advance(rt, 30*24*time.Hour)
	if held := l.model.held[reserve]; held != 0 {
		rt.Fatalf("%d cents are still reserved, want 0", held)
	}
	for _, a := range l.sellers {
		ends := make(map[vingd.VoucherCode]int)
		for e, err := range a.client.Vouchers.AllHistory(rt.Context(), vingd.HistoryFilter{}) {
			fatal(rt, err)
			if e.Action != vingd.VoucherActionAdd {
				ends[e.Voucher.Code]++
			}
		}
		for v, err := range a.client.Vouchers.All(rt.Context(), vingd.VoucherFilter{}) {
			fatal(rt, err)
			if ends[v.Code] != 1 {
				rt.Fatalf("voucher %s ended %d times", v.Code, ends[v.Code])
			}
		}
	}
	for _, p := range l.model.purchases {
		if status := statusOf(second(l.sellerOf(p).client.Purchases.Verify(rt.Context(), p.order.object, p.token))); status != http.StatusForbidden {
			rt.Fatalf("a verification at the end: got %d, want 403", status)
		}
	}
}

func (l *life) sellerOf(p modelPurchase) *actor {
	return &l.sellers[slices.IndexFunc(l.sellers, func(a actor) bool { return a.uid == p.order.seller })]
}

func second[T any](_ T, err error) error { return err }
