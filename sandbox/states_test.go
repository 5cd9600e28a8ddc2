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

// Time moves by ticks in the search. An order and a purchase live for two of them, and a voucher for one.
const tick = 15 * time.Minute / 2

// Prices are such that nobody has enough for everything at once: a buyer can pay once, and the seller can make a second
// voucher when the first has come back, or when she has sold something.
const (
	statesPurse   vingd.Cents = 3
	statesPrice   vingd.Cents = 3
	statesVoucher vingd.Cents = 2
)

// statesDepth bounds the search, unless make endure asks for the whole of it.
const statesDepth = 3

// TestStates searches every state that one order, which two buyers pay or don't, and two vouchers of one group can come to
// by what the seller, the buyers and another seller do, and by time, in every order. In each state each deed is done, also
// those that must be refused; and wherever it leads, the API tells what the model tells, and the invariants hold.
//
// Each history has actors of its own. Two states are the same when what lives has as long to live
// yet, and when they are but for which buyer and which voucher is the first.
func TestStates(t *testing.T) {
	t.Parallel()
	search := &search{t: t, known: make(map[string]*state)}
	defer search.close()
	for search.live() {
	}
	t.Logf("%d states, %d transitions, and %d deeds that change nothing; %d histories; depth %d at most, the whole of it: %t",
		len(search.known), search.transitions, search.idle, search.histories, search.deepest, !search.bounded)
	if search.bounded == endure.Whole() {
		t.Errorf("the search was bounded: %t, must be %t", search.bounded, !endure.Whole())
	}
}

// A state is what matters for all that can happen yet.
type state struct {
	// depth is how many deeds lead to it.
	depth int
	// untried are the names of the deeds that were not done in it yet, and leads says where the others lead.
	untried []string
	leads   map[string]*state
}

// A search knows the states that were reached.
type search struct {
	t     *testing.T
	known map[string]*state

	sandbox *sandbox.Sandbox
	clock   *clock

	transitions, idle, histories, deepest int
	bounded                               bool
}

// live lives a history from the beginning on, with deeds that were not tried yet as long as a way leads to one.
// It reports false when there is none.
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

// wayToUntried returns the names of the fewest deeds that lead to a state in which something is untried, or nil.
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

// try does what is untried in a state until something leads to another, and returns the state that it leads to.
func (s *search) try(st *stage, at *state) *state {
	for len(at.untried) > 0 {
		name := at.untried[0]
		at.untried = at.untried[1:]
		if !st.act(name) {
			s.idle++
			if len(at.untried) == 0 {
				st.hold() // nothing of what changed nothing by the model did
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
		at.untried = slices.Sorted(maps.Keys(st.deeds()))
	}
	s.known[key] = at
	return at
}

// stage returns new actors at the beginning of a history. Now and then they get a new sandbox, since one grows.
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

// A stage is where a history takes place.
type stage struct {
	cast

	t       *testing.T
	clock   *clock
	model   *model
	before  *model // what it was before the last deed
	witness *witness
	order   vingd.OrderID
}

// newStage sets the stage: a seller with an order, another to whom a buyer is no stranger either, and two buyers.
func newStage(t *testing.T, s *sandbox.Sandbox, c *clock, n int) *stage {
	t.Helper()
	st := &stage{
		cast: cast{sandbox: s}, t: t, clock: c,
		model:   &model{now: c.Now(), held: make(map[vingd.UID]vingd.Cents), known: make(map[vingd.HUID]acquaintance)},
		witness: newWitness(s.Handler()),
	}
	for _, name := range []string{"seller", "other"} {
		login := fmt.Sprintf("%s %d", name, n)
		a := actor{uid: must(s.AddSeller(sandbox.Seller{Username: login, Password: "123", Balance: statesPurse}))(t)}
		a.client = must(vingd.New(vingd.Password(login, "123"), vingd.WithSandbox(), vingd.WithRetries(0),
			vingd.WithClock(c.Now), vingd.WithHTTPClient(st.witness.client())))(t)
		a.object = must(a.client.Objects.Create(t.Context(), vingd.ObjectParams{Name: "x", URL: "http://localhost/"}))(t)
		st.sellers = append(st.sellers, a)
		st.model.deposit(a.uid, statesPurse)
	}
	for _, name := range []string{"Ann", "Bob"} {
		b := must(s.NewBuyer(name, statesPurse))(t)
		st.buyers = append(st.buyers, b)
		st.model.deposit(b.UID(), statesPurse)
	}
	st.do(st.sellers[0].orders(t.Context(), statesPrice, 2*tick))
	st.order = st.model.orders[0].id
	// An order for nothing makes Ann known to the other seller.
	other := &st.sellers[1]
	st.do(other.orders(t.Context(), 0, tick))
	st.do(pays(st.buyers[0], st.model.orders[1].id, false))
	st.do(other.verifies(t.Context(), st.model.purchases[0]))
	given := st.model.purchases[0].verified
	st.do(other.commits(t.Context(), given.ID, given.Transfer))
	return st
}

// do does a deed, which must be answered as the model says.
func (st *stage) do(d deed) {
	st.t.Helper()
	d.call()
	explained, err := explain(st.model, []deed{d}, func(m *model) error { m.settle(); return nil })
	if err != nil {
		st.t.Fatalf("%v\nin state %s", err, st.key())
	}
	st.before, st.model = st.model, explained
}

// act does the deed of this name, and reports whether by the model it changed anything.
func (st *stage) act(name string) bool {
	st.t.Helper()
	d, ok := st.deeds()[name]
	if !ok {
		st.t.Fatalf("there is no deed %q in state %s", name, st.key())
	}
	st.do(d)
	return !slices.Equal(st.before.story(&st.cast), st.model.story(&st.cast)) || st.before.now != st.model.now ||
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

// hold fails the test unless the API tells what the model tells, and every invariant holds.
func (st *stage) hold() {
	st.t.Helper()
	seen, err := st.see(st.t.Context(), st.model)
	if err != nil {
		st.t.Fatal(err)
	}
	if line := seen.story().differs(st.model.story(&st.cast)); line != "" {
		st.t.Fatalf("%s\nin state %s", line, st.key())
	}
	for number, invariant := range invariants() {
		if invariant.holds == nil {
			continue // elsewhere
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

// key tells the state that the stage is in.
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

// people returns the buyers in an order that their states give, so that in equal states it is the same.
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

// vouchers returns the vouchers in an order that their states give.
func (st *stage) vouchers() []modelVoucher {
	vouchers := slices.Clone(st.model.vouchers)
	slices.SortStableFunc(vouchers, func(a, b modelVoucher) int { return strings.Compare(st.voucherKey(a), st.voucherKey(b)) })
	return vouchers
}

// voucherKey leaves out who used a voucher: that is the buyer's state.
func (st *stage) voucherKey(v modelVoucher) string {
	if v.last == vingd.VoucherAdded {
		return fmt.Sprintf("open for %d", st.ticksTo(v.due))
	}
	return string(v.last)
}

// deeds returns all that can be tried, by names that mean the same in equal states.
func (st *stage) deeds() map[string]deed {
	ctx, seller := st.t.Context(), &st.sellers[0]
	deeds := map[string]deed{"all vouchers are revoked": seller.revokes(ctx, vingd.VoucherFilter{})}
	if st.lives() {
		deeds["time passes"] = deed{
			name:    "time passes",
			call:    func() { st.clock.Advance(tick) },
			explain: func(m *model) error { m.now = m.now.Add(tick); return nil },
		}
	}
	if len(st.model.vouchers) < 2 {
		deeds["a voucher is made"] = seller.allocates(ctx, statesVoucher, "g", tick)
	}
	for i, b := range st.people() {
		deeds[fmt.Sprintf("buyer %d pays", i)] = pays(b, st.order, false)
		for j, v := range st.vouchers() {
			deeds[fmt.Sprintf("buyer %d redeems voucher %d", i, j)] = redeems(b, v)
		}
		for _, p := range st.sold() {
			if p.buyer == b.UID() {
				maps.Copy(deeds, st.purchaseDeeds(fmt.Sprintf("the purchase of buyer %d is ", i), p))
			}
		}
	}
	for i, v := range st.vouchers() {
		filter, which := vingd.VoucherFilter{Code: v.code}, fmt.Sprintf("voucher %d is revoked", i)
		deeds[which] = seller.revokes(ctx, filter)
		deeds[which+" by the other"] = st.sellers[1].revokes(ctx, filter)
	}
	return deeds
}

// purchaseDeeds returns what can be tried with a purchase.
func (st *stage) purchaseDeeds(is string, p modelPurchase) map[string]deed {
	ctx, seller, other := st.t.Context(), &st.sellers[0], &st.sellers[1]
	deeds := map[string]deed{
		is + "verified":              seller.verifies(ctx, p),
		is + "verified by the other": other.verifies(ctx, p),
	}
	if v := p.verified; v != nil {
		deeds[is+"committed"] = seller.commits(ctx, v.ID, v.Transfer)
		deeds[is+"committed by another transfer"] = seller.commits(ctx, v.ID, v.Transfer-1)
		deeds[is+"committed by the other"] = other.commits(ctx, v.ID, v.Transfer)
	}
	return deeds
}

// lives reports whether anything is there that time ends.
func (st *stage) lives() bool {
	m := st.model
	return slices.ContainsFunc(m.orders, func(o modelOrder) bool { return m.now.Before(o.expires) }) ||
		slices.ContainsFunc(m.purchases, func(p modelPurchase) bool { return p.state == "reserved" }) ||
		slices.ContainsFunc(m.vouchers, func(v modelVoucher) bool { return v.last == vingd.VoucherAdded })
}
