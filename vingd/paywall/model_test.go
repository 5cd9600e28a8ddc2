package paywall_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// The model has one purchase, and machines that serve requests for it. A step is one thing that one machine does: a call
// of the journal, a call of the broker, or what follows. Between any two steps, any other machine may do any number of
// its own, so that a machine that pauses needs no step. The search takes every path.
//
// The rules of what may be written over what are those of the package.

// A doing is the next step of a machine.
type doing uint8

const (
	idle doing = iota
	looks
	claims
	verifies
	accepts  // writes Verified: the broker has said yes
	refuses  // writes Refused
	gives    // gives its claim back
	removes  // removes its claim
	prepares // makes the content ready
	owes     // writes Due
	commits
	records     // writes Committed
	expires     // writes Expired
	claimsAgain // with the broker's yes
	givesUp     // writes Expired over Verified: the browser has paid for the same object again
	back        // writes Verified over Due: no rule of the package, but of a mutation
)

// A machine is a process that serves one request at a time, or sweeps.
type machine struct {
	does    doing
	version uint8 // of the entry that it has seen
	mine    bool  // the entry is its own claim
	yes     bool  // the broker has said to it what the token stands for
	buyer   bool  // a buyer waits for the response
	again   bool  // its last write is unknown: it looks before it goes on
}

// A model is the state of everything.
type model struct {
	state    st
	version  uint8
	free     bool // the claim was given back
	machines [3]machine

	spent, committed, refunded bool // at the broker

	// A write that its sender has given up, and that may still arrive.
	late        st
	lateVersion uint8
	lateFree    bool
	lateFlies   bool

	requests, kills, losses uint8 // the rest
	strange                 uint8 // how often yet the broker does not know a token that it knows
	patience                uint8 // how often yet a claim is made again
	others                  uint8 // how often yet the buyer comes back with another purchase of the same object

	ready   bool // the content was ready once
	shown   bool // it was shown
	unpaid  bool // it was shown though the broker had not responded
	toldNot bool // a buyer was told that they are not charged
	said    bool // the broker's yes has reached a machine
	forgot  bool // that machine was killed before it wrote it
}

// rules are those of the package, or changed ones.
type rules struct {
	overwrites [7][7]bool // the first may be written over the second
	require    bool       // as Options.RequireCommit

	goesBack, clockLapses, lostIsNotDone, unreadyIsDue, commitsFirst, removesAny, givesUpDue bool
}

// An st is a state of the journal's entry.
type st uint8

const (
	absent st = iota
	claimed
	verified
	due
	committed
	expired
	refused
)

var states = []paywall.State{
	paywall.StateAbsent, paywall.StateClaimed, paywall.StateVerified, paywall.StateDue, paywall.StateCommitted, paywall.StateExpired, paywall.StateRefused,
}

// overwrites returns what the package may write over what.
func overwrites() (table [7][7]bool) {
	for to, state := range states {
		for over, other := range states {
			table[to][over] = slices.Contains(paywall.Overwrites(state), other)
		}
	}
	return table
}

// next returns every state that one step leads to.
func (m model) next(r rules) (all []model) {
	add := func(n model) { all = append(all, n) }
	if m.lateFlies {
		n := m
		n.lateFlies = false
		add(n) // it never arrives
		if n.version == m.lateVersion {
			n.write(-1, m.late, m.lateFree)
			add(n)
		}
	}
	if !m.committed && !m.refunded {
		n := m
		n.refunded = true
		add(n)
	}
	for i := range m.machines {
		if m.machines[i].does != idle && m.kills > 0 {
			n := m
			n.kills--
			n.forgot = n.forgot || n.machines[i].yes
			n.machines[i] = machine{}
			add(n)
		}
		m.act(r, i, add)
	}
	return all
}

// write stores a state, of a machine or of no machine, and removes for Absent.
func (m *model) write(by int, state st, free bool) {
	m.state, m.free = state, free
	m.version++
	if state == absent {
		m.version = 0
	}
	for i := range m.machines {
		m.machines[i].mine = i == by && state == claimed && !free
	}
}

// act adds what machine i may do.
func (m model) act(r rules, i int, add func(model)) {
	does := func(n model, d doing) { // with what it knows
		n.machines[i].does, n.machines[i].again = d, false
		add(n)
	}
	stop := func(n model) {
		n.machines[i] = machine{}
		add(n)
	}
	self := m.machines[i]
	switch self.does {
	case idle:
		if m.requests > 0 {
			n := m
			n.requests--
			n.machines[i].buyer = true
			does(n, looks)
		}
		if m.state == due { // the sweep, of any machine at any time
			n := m
			n.machines[i].version = m.version
			does(n, commits)
			if r.clockLapses {
				does(n, expires)
			}
		}
		if m.state == verified && m.others > 0 {
			n := m
			n.others--
			n.machines[i].version = m.version
			does(n, givesUp)
		}
	case looks:
		m.follow(r, i, add)
	case claims:
		m.swap(r, i, claimed, add, func(n model) { n.machines[i].version = n.version; does(n, verifies) })
	case verifies:
		m.verify(r, i, does, stop)
	case accepts:
		m.swap(r, i, verified, add, func(n model) { n.machines[i].yes = false; does(n, looks) })
	case claimsAgain:
		m.swap(r, i, claimed, add, func(n model) { n.machines[i].version = n.version; does(n, accepts) })
	case refuses:
		m.swap(r, i, refused, add, stop)
	case gives:
		m.swap(r, i, claimed, add, stop)
	case removes:
		m.swap(r, i, absent, add, stop)
	case prepares:
		if r.unreadyIsDue {
			does(m, owes)
		}
		n := m
		n.ready = true
		if does(n, owes); r.commitsFirst {
			does(n, commits)
		}
		stop(m) // it is not ready
	case owes:
		m.swap(r, i, due, add, func(n model) { n.machines[i].version = n.version; does(n, commits) })
	case commits:
		m.commit(r, i, does, stop)
	case records:
		m.swap(r, i, committed, add, stop)
	case expires, givesUp:
		m.swap(r, i, expired, add, stop)
	case back:
		m.swap(r, i, verified, add, stop)
	}
}

// verify asks the broker.
func (m model) verify(r rules, i int, does func(model, doing), stop func(model)) {
	does(m, gives) // it was not reached
	if m.strange > 0 {
		n := m
		n.strange--
		if m.machines[i].version == 1 || r.removesAny {
			does(n, removes)
		} else {
			does(n, refuses)
		}
	}
	if m.spent || m.refunded || m.committed {
		does(m, refuses)
		stop(m) // the response is lost
		return
	}
	n := m
	n.spent = true
	stop(n) // the response is lost
	n.machines[i].yes, n.said = true, true
	does(n, accepts)
}

// commit asks the broker. The buyer may have to wait for too long.
func (m model) commit(r rules, i int, does func(model, doing), stop func(model)) {
	unanswered := func(n model) {
		if n.machines[i].buyer && !r.require {
			n.shown, n.unpaid = true, true
		}
		n.machines[i].buyer = false
		does(n, commits) // again
		stop(n)          // or another process does it
		if r.goesBack {
			does(n, back)
		}
	}
	if m.losses > 0 { // it did not arrive, or its response is lost
		n := m
		n.losses--
		unanswered(n)
		n.committed = n.committed || n.spent && !n.refunded
		unanswered(n)
	}
	n := m
	if n.spent && !n.refunded {
		n.committed = true
	}
	if n.committed {
		n.shown = n.shown || n.machines[i].buyer
		n.machines[i].buyer = false
		does(n, records)
		return
	}
	n.toldNot = n.toldNot || n.machines[i].buyer
	n.machines[i].buyer = false
	does(n, expires)
}

// swap writes a state over the version that machine i has seen. The result may be lost, whether it is written, is not, or
// will be. Then, and if another version stands there, it looks, and writes again where the rules allow it.
func (m model) swap(r rules, i int, to st, add func(model), done func(model)) {
	self := m.machines[i]
	free := self.does == gives
	does := func(n model, d doing) {
		n.machines[i].does = d
		add(n)
	}
	if self.again {
		n := m
		n.machines[i].again = false
		switch {
		case m.state == to && (to != claimed || self.mine || free && m.free): // it, or another one that says the same
			done(n)
		case m.version == self.version: // it is not written
			add(n)
		case self.does == accepts && m.state == absent: // an entry begins as a claim
			n.machines[i].version = 0
			n.machines[i].does = claimsAgain
			add(n)
		case r.overwrites[to][m.state] && (self.does != givesUp || r.givesUpDue):
			n.machines[i].version = m.version
			add(n)
		case self.does == claimsAgain && r.overwrites[verified][m.state]:
			n.machines[i].version = m.version
			does(n, accepts)
		default:
			n.machines[i].yes = false // the journal knows more
			n.follow(r, i, add)
		}
		return
	}
	n := m
	swapped := m.version == self.version
	if swapped {
		n.write(i, to, free)
		done(n)
	} else {
		n.machines[i].again = true
		add(n)
	}
	if m.losses == 0 {
		return
	}
	lost := func(n model) {
		n.losses--
		if n.machines[i].again = true; r.lostIsNotDone {
			n.toldNot = n.toldNot || n.machines[i].buyer
			n.machines[i] = machine{}
		}
		add(n)
	}
	lost(n)
	lost(m)
	if !m.lateFlies {
		n = m
		n.late, n.lateVersion, n.lateFree, n.lateFlies = to, self.version, free, true
		lost(n)
	}
}

// follow goes on from what the journal says.
func (m model) follow(r rules, i int, add func(model)) {
	self := &m.machines[i]
	self.version, self.again = m.version, false
	then := func(d doing) {
		n := m
		n.machines[i].does = d
		add(n)
	}
	stop := func(n model) {
		n.machines[i] = machine{}
		add(n)
	}
	switch m.state {
	case absent:
		then(claims)
	case claimed:
		if m.free {
			then(claims)
			return
		}
		stop(m) // it has not stood for long
		if m.patience > 0 {
			m.patience--
			then(claims)
		}
	case verified:
		if self.buyer {
			then(prepares)
			return
		}
		stop(m)
	case due:
		then(commits)
	case committed:
		m.shown = m.shown || self.buyer
		stop(m)
	case expired:
		m.toldNot = m.toldNot || self.buyer
		stop(m)
	default:
		stop(m)
	}
}

// wrong returns what is wrong in an end: a state in which no machine is at work.
func (m model) wrong(r rules) string {
	if m.state == due { // the sweep of a healthy machine
		m.committed = m.committed || m.spent && !m.refunded
		m.state = expired
		if m.committed {
			m.state = committed
		}
	}
	kept := m.state == verified || m.state == committed || m.state == expired
	switch {
	case m.committed && !m.ready:
		return "charged for what was not ready"
	case m.committed != (m.state == committed):
		return fmt.Sprintf("charged %t, and the journal says %q", m.committed, states[m.state])
	case m.committed && m.toldNot:
		return "charged, and told that they are not"
	case m.shown && !m.committed && (r.require || !m.unpaid):
		return "shown, and not charged"
	case m.said && !m.forgot && !kept:
		return fmt.Sprintf("a payment is thrown away: the journal says %q", states[m.state])
	}
	return ""
}

// sorted returns the state with its machines in an order: they are all alike.
func (m model) sorted() model {
	slices.SortFunc(m.machines[:], func(a, b machine) int {
		return cmp.Or(cmp.Compare(a.does, b.does), cmp.Compare(a.version, b.version), compare(a.mine, b.mine),
			compare(a.yes, b.yes), compare(a.buyer, b.buyer), compare(a.again, b.again))
	})
	return m
}

func compare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// search takes every path until it has enough wrong ends. It returns one wrong end of each kind, and the number of states.
func search(r rules, requests, kills, losses uint8, enough int) (wrong map[string]model, states int) {
	begin := model{requests: requests, kills: kills, losses: losses, patience: 2, strange: 1, others: 1}
	seen, left := map[model]bool{begin: true}, []model{begin}
	wrong = make(map[string]model)
	for len(left) > 0 && len(wrong) < enough {
		m := left[len(left)-1]
		left = left[:len(left)-1]
		if !slices.ContainsFunc(m.machines[:], func(one machine) bool { return one.does != idle }) && !m.lateFlies {
			if text := m.wrong(r); text != "" {
				wrong[text] = m
			}
		}
		for _, n := range m.next(r) {
			if n = n.sorted(); !seen[n] {
				seen[n] = true
				left = append(left, n)
			}
		}
	}
	return wrong, len(seen)
}

// No path of one purchase ends wrongly. There are three machines, three requests and kills. Responses of the journal and of
// the broker are lost or late. The buyer may come back with another purchase of the same object.
func TestModel_EveryInterleaving(t *testing.T) {
	t.Parallel()
	for _, require := range []bool{false, true} {
		searches := [][3]uint8{{2, 1, 1}, {3, 1, 0}, {3, 0, 1}}
		if testing.Short() {
			searches = [][3]uint8{{2, 1, 0}, {2, 0, 1}}
		} else if !endure.Whole() {
			searches = searches[:1]
		}
		for _, bounds := range searches {
			wrong, n := search(rules{overwrites: overwrites(), require: require}, bounds[0], bounds[1], bounds[2], math.MaxInt)
			t.Logf("require %t, %d requests, %d kills, %d losses: %d states", require, bounds[0], bounds[1], bounds[2], n)
			for text, m := range wrong {
				t.Errorf("%s: %+v", text, m)
			}
		}
	}
}

// The search finds each fault that is put into the rules.
func TestModel_FindsMutations(t *testing.T) {
	t.Parallel()
	with := func(to st, over ...st) [7][7]bool {
		table := overwrites()
		table[to] = [7]bool{}
		for _, state := range over {
			table[to][state] = true
		}
		return table
	}
	for name, r := range map[string]rules{
		"Due goes back": {overwrites: with(verified, due, absent, claimed, refused), goesBack: true},
		"Refused is written without looking again": {overwrites: with(refused, claimed, verified)},
		"Refused beats the broker's yes":           {overwrites: with(verified, absent, claimed)},
		"a claim beats the broker's yes":           {overwrites: with(verified, absent, refused)},
		"a claim is removed whatever its version":  {overwrites: overwrites(), removesAny: true},
		"a clock makes Expired":                    {overwrites: overwrites(), clockLapses: true},
		"Expired beats the broker's yes":           {overwrites: with(committed, verified, due), clockLapses: true},
		"a write that failed is not done":          {overwrites: overwrites(), lostIsNotDone: true},
		"charged before it is ready":               {overwrites: overwrites(), unreadyIsDue: true},
		"committed before it is due":               {overwrites: overwrites(), commitsFirst: true},
		"given up though it is due":                {overwrites: overwrites(), givesUpDue: true},
		"due though it is given up":                {overwrites: with(due, verified, expired)},
	} {
		wrong, n := search(r, 2, 1, 1, 1)
		for text := range wrong {
			t.Logf("%s: %s (%d states)", name, text, n)
		}
		if len(wrong) == 0 {
			t.Errorf("%s: the search finds nothing in %d states", name, n)
		}
	}
}
