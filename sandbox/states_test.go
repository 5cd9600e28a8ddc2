package sandbox_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// The search moves time by ticks. An order and a purchase live for two ticks, and a voucher for one.
const tick = 15 * time.Minute / 2

// With these amounts, a buyer can pay once. The seller can create a second voucher only after a refund of the first, or after
// a sale.
const (
	statesPurse   vingd.Cents = 3
	statesPrice   vingd.Cents = 3
	statesVoucher vingd.Cents = 2
)

// statesDepth bounds the search. make endure searches without the bound.
const statesDepth = 3

// TestStates searches all states of one order, two buyers and two vouchers of one group. The seller, the buyers, another
// seller and time act in every order. In each state the test does every step, also those that the sandbox must refuse. After
// each step the API must agree with the model, and the invariants must hold.
//
// Each history has its own actors. Two states are the same if orders, purchases and vouchers have the same time left. The
// order of the buyers and of the vouchers does not count.
func TestStates(t *testing.T) {
	t.Parallel()
	search := &search{t: t, known: make(map[string]*state)}
	defer search.close()
	for search.live() {
	}
	t.Logf("%d states, %d transitions, and %d steps that change nothing; %d histories; depth %d at most, the whole of it: %t",
		len(search.known), search.transitions, search.idle, search.histories, search.deepest, !search.bounded)
	if search.bounded == endure.Whole() {
		t.Errorf("the search was bounded: %t, must be %t", search.bounded, !endure.Whole())
	}
}

// A state is a state of the search.
type state struct {
	// depth is the number of steps that lead to it.
	depth int
	// untried are the names of the steps that were not yet done in it. leads has the states to which other steps lead.
	untried []string
	leads   map[string]*state
}

// A search holds the states that were reached.
type search struct {
	t     *testing.T
	known map[string]*state

	sandbox *sandbox.Sandbox
	clock   *clock

	transitions, idle, histories, deepest int
	bounded                               bool
}

// live runs a history from the beginning, as long as untried steps can be reached. It reports false if there are none.
func (s *search) live() bool {
	st := s.stage()
	at := s.arrive(st, 0)
	way := at.wayToUntried()
	if way == nil {
		return false
	}
	s.histories++
	for ; way != nil; way = at.wayToUntried() {
		for _, name := range way {
			st.act(name)
			at = at.leads[name]
		}
		at = s.try(st, at)
	}
	return true
}

// wayToUntried returns the names of the fewest steps that lead to a state with untried steps, or nil.
func (from *state) wayToUntried() []string {
	type visit struct {
		at  *state
		way []string
	}
	seen := map[*state]bool{from: true}
	for queue := []visit{{from, []string{}}}; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		if len(v.at.untried) > 0 {
			return v.way
		}
		for _, name := range slices.Sorted(maps.Keys(v.at.leads)) {
			to := v.at.leads[name]
			if !seen[to] {
				seen[to] = true
				queue = append(queue, visit{to, append(slices.Clone(v.way), name)})
			}
		}
	}
	return nil
}

// try does the untried steps of a state until one leads to another state. It returns that state.
func (s *search) try(st *stage, at *state) *state {
	for len(at.untried) > 0 {
		name := at.untried[0]
		at.untried = at.untried[1:]
		if !st.act(name) {
			s.idle++
			if len(at.untried) == 0 {
				st.hold() // the steps that change nothing in the model have changed nothing in the sandbox
			}
			continue
		}
		s.transitions++
		st.hold()
		to := s.arrive(st, at.depth+1)
		at.leads[name] = to
		return to
	}
	return at
}

// arrive returns the state that a stage is in.
func (s *search) arrive(st *stage, depth int) *state {
	key := st.key()
	if at, ok := s.known[key]; ok {
		return at
	}
	at := &state{depth: depth, leads: make(map[string]*state)}
	s.deepest = max(s.deepest, depth)
	if !endure.Whole() && depth >= statesDepth {
		s.bounded = true
	} else {
		at.untried = slices.Sorted(maps.Keys(st.steps()))
	}
	s.known[key] = at
	return at
}

// stage returns new actors for a history. Every fourth time it starts a new sandbox, because a sandbox grows.
func (s *search) stage() *stage {
	const together = 4
	if s.histories%together == 0 {
		s.close()
		s.clock = &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
		var err error
		s.sandbox, err = sandbox.New(sandbox.Options{Clock: s.clock.Now})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return newStage(s.t, s.sandbox, s.clock, s.histories)
}

func (s *search) close() {
	if s.sandbox != nil {
		if err := s.sandbox.Close(); err != nil {
			s.t.Error(err)
		}
	}
}

// A stage is the participants, the clock and the model of a history.
type stage struct {
	participants

	t       *testing.T
	clock   *clock
	model   *model
	before  *model // the model before the last step
	counter *counter
	order   vingd.OrderID
}

// newStage returns a stage with a seller who has an order, another seller who has met a buyer, and two buyers.
func newStage(t *testing.T, s *sandbox.Sandbox, c *clock, n int) *stage {
	t.Helper()
	st := &stage{
		participants: participants{sandbox: s}, t: t, clock: c,
		model:   &model{now: c.Now(), held: make(map[vingd.UID]vingd.Cents), known: make(map[vingd.HUID]acquaintance)},
		counter: newCounter(s.Handler()),
	}
	for _, name := range []string{"seller", "other"} {
		login := fmt.Sprintf("%s %d", name, n)
		a := actor{uid: must(s.AddSeller(sandbox.Seller{Username: login, Password: "123", Balance: statesPurse}))(t)}
		a.client = must(vingd.New(vingd.Password(login, "123"), vingd.WithSandbox(), vingd.WithRetries(0),
			vingd.WithClock(c.Now), vingd.WithHTTPClient(st.counter.client())))(t)
		a.object = must(a.client.Objects.Create(t.Context(), vingd.ObjectParams{Name: "x", URL: "http://localhost/"}))(t)
		st.sellers = append(st.sellers, a)
		st.model.deposit(a.uid, statesPurse)
	}
	for _, name := range []string{"Ann", "Bob"} {
		b := must(s.AddBuyer(name, statesPurse))(t)
		st.buyers = append(st.buyers, b)
		st.model.deposit(b.UID(), statesPurse)
	}
	st.do(st.sellers[0].orders(t.Context(), statesPrice, 2*tick))
	st.order = st.model.orders[0].id
	// By an order with the price zero, the other seller meets Ann.
	other := &st.sellers[1]
	st.do(other.orders(t.Context(), 0, tick))
	st.do(pays(st.buyers[0], st.model.orders[1].id, false))
	st.do(other.verifies(t.Context(), st.model.purchases[0]))
	given := st.model.purchases[0].verified
	st.do(other.commits(t.Context(), given.ID, given.Transfer))
	return st
}

// do does a step, which must have the result of the model.
func (st *stage) do(d step) {
	st.t.Helper()
	d.call()
	explained, err := explain(st.model, []step{d}, func(m *model) error { m.settle(); return nil })
	if err != nil {
		st.t.Fatalf("%v\nin state %s", err, st.key())
	}
	st.before, st.model = st.model, explained
}

// act does the step with this name, and reports whether it changed the model.
func (st *stage) act(name string) bool {
	st.t.Helper()
	d, ok := st.steps()[name]
	if !ok {
		st.t.Fatalf("there is no step %q in state %s", name, st.key())
	}
	st.do(d)
	return !slices.Equal(st.before.snapshot(&st.participants), st.model.snapshot(&st.participants)) || st.before.now != st.model.now ||
		st.verifications(st.before) != st.verifications(st.model)
}

func (st *stage) verifications(m *model) (n int) {
	for _, p := range m.purchases {
		if p.verified != nil {
			n++
		}
	}
	return n
}

// hold fails the test unless the API agrees with the model, and every invariant holds.
func (st *stage) hold() {
	st.t.Helper()
	seen, err := st.see(st.t.Context(), st.model)
	if err != nil {
		st.t.Fatal(err)
	}
	if line := seen.snapshot().differs(st.model.snapshot(&st.participants)); line != "" {
		st.t.Fatalf("%s\nin state %s", line, st.key())
	}
	for number, invariant := range invariants() {
		if invariant.holds == nil {
			continue // another test checks it
		}
		if err := invariant.holds(st, seen); err != nil {
			st.t.Fatalf("invariant %d, %s: %v\nin state %s", number+1, invariant.says, err, st.key())
		}
	}
}

// sold returns the purchases of the order.
func (st *stage) sold() []modelPurchase {
	return slices.DeleteFunc(slices.Clone(st.model.purchases), func(p modelPurchase) bool { return p.order.id != st.order })
}

// key returns the state of the stage as text.
func (st *stage) key() string {
	parts := []string{fmt.Sprintf("order %d", max(0, st.ticksTo(st.model.orders[0].expires)))}
	for _, b := range st.people() {
		parts = append(parts, "buyer "+st.buyerKey(b))
	}
	for _, v := range st.vouchers() {
		parts = append(parts, "voucher "+st.voucherKey(v))
	}
	return strings.Join(parts, ", ")
}

func (st *stage) ticksTo(at time.Time) int { return int(at.Sub(st.model.now) / tick) }

// people returns the buyers in order of their states, so that the order is the same in equal states.
func (st *stage) people() []*sandbox.Buyer {
	people := slices.Clone(st.buyers)
	slices.SortStableFunc(people, func(a, b *sandbox.Buyer) int { return strings.Compare(st.buyerKey(a), st.buyerKey(b)) })
	return people
}

func (st *stage) buyerKey(b *sandbox.Buyer) (key string) {
	for _, p := range st.sold() {
		if p.buyer == b.UID() {
			key += fmt.Sprintf("%s, verified %t, ", p.state, p.verified != nil)
		}
		if p.buyer == b.UID() && p.state == "reserved" {
			key += fmt.Sprintf("for %d, ", st.ticksTo(p.due))
		}
	}
	used := slices.ContainsFunc(st.model.vouchers, func(v modelVoucher) bool { return v.user == b.UID() })
	return key + fmt.Sprintf("redeemed %t", used)
}

// vouchers returns the vouchers in order of their states.
func (st *stage) vouchers() []modelVoucher {
	vouchers := slices.Clone(st.model.vouchers)
	slices.SortStableFunc(vouchers, func(a, b modelVoucher) int { return strings.Compare(st.voucherKey(a), st.voucherKey(b)) })
	return vouchers
}

// voucherKey returns the state of a voucher as text. The user who redeemed it is not in it: buyerKey has that.
func (st *stage) voucherKey(v modelVoucher) string {
	if v.last == vingd.VoucherActionAdd {
		return fmt.Sprintf("open for %d", st.ticksTo(v.due))
	}
	return string(v.last)
}

// steps returns all possible steps, by names that have the same meaning in equal states.
func (st *stage) steps() map[string]step {
	ctx, seller := st.t.Context(), &st.sellers[0]
	steps := map[string]step{"all vouchers are revoked": seller.revokes(ctx, vingd.VoucherFilter{})}
	if st.lives() {
		steps["time passes"] = step{
			name:    "time passes",
			call:    func() { st.clock.Advance(tick) },
			explain: func(m *model) error { m.now = m.now.Add(tick); return nil },
		}
	}
	if len(st.model.vouchers) < 2 {
		steps["a voucher is made"] = seller.allocates(ctx, statesVoucher, "g", tick)
	}
	for i, b := range st.people() {
		steps[fmt.Sprintf("buyer %d pays", i)] = pays(b, st.order, false)
		for j, v := range st.vouchers() {
			steps[fmt.Sprintf("buyer %d redeems voucher %d", i, j)] = redeems(b, v)
		}
		for _, p := range st.sold() {
			if p.buyer == b.UID() {
				maps.Copy(steps, st.purchaseSteps(fmt.Sprintf("the purchase of buyer %d is ", i), p))
			}
		}
	}
	for i, v := range st.vouchers() {
		filter, which := vingd.VoucherFilter{Code: v.code}, fmt.Sprintf("voucher %d is revoked", i)
		steps[which] = seller.revokes(ctx, filter)
		steps[which+" by the other"] = st.sellers[1].revokes(ctx, filter)
	}
	return steps
}

// purchaseSteps returns the possible steps with a purchase.
func (st *stage) purchaseSteps(is string, p modelPurchase) map[string]step {
	ctx, seller, other := st.t.Context(), &st.sellers[0], &st.sellers[1]
	steps := map[string]step{
		is + "verified":              seller.verifies(ctx, p),
		is + "verified by the other": other.verifies(ctx, p),
	}
	if v := p.verified; v != nil {
		steps[is+"committed"] = seller.commits(ctx, v.ID, v.Transfer)
		steps[is+"committed by another transfer"] = seller.commits(ctx, v.ID, v.Transfer-1)
		steps[is+"committed by the other"] = other.commits(ctx, v.ID, v.Transfer)
	}
	return steps
}

// lives reports whether there is an order, a purchase or a voucher with a deadline to come.
func (st *stage) lives() bool {
	m := st.model
	return slices.ContainsFunc(m.orders, func(o modelOrder) bool { return m.now.Before(o.expires) }) ||
		slices.ContainsFunc(m.purchases, func(p modelPurchase) bool { return p.state == "reserved" }) ||
		slices.ContainsFunc(m.vouchers, func(v modelVoucher) bool { return v.last == vingd.VoucherActionAdd })
}
