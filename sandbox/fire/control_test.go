package fire_test

import (
	"reflect"
	"slices"
	"testing"
)

// named returns the row of a table that has a name.
func named[T any](table []T, name string, nameOf func(*T) string) *T {
	return &table[slices.IndexFunc(table, func(row T) bool { return nameOf(&row) == name })]
}

func faultNamed(name string) *fault {
	return named(faults, name, func(f *fault) string { return f.name })
}

func operationNamed(name string) *operation {
	return named(operations, name, func(o *operation) string { return o.name })
}

// TestJudge_RudeTransport shows that the judge sees a reward that is paid twice. The transport keeps a copy of the body,
// and sends it again when the response is lost.
func TestJudge_RudeTransport(t *testing.T) {
	f := newFixture(t)
	defer f.close(t)
	for w := range wires {
		r := f.play(t.Context(), &plannedCall{
			operation: operationNamed("rewardUser"), wire: w, transport: &rude, fault: faultNamed("broker: hang-up, after"), fresh: true,
		})
		if j, why := r.judge(); j != doubled || r.done != 2 || r.err != nil {
			t.Errorf("%v: got %v (%s), done %d times, %v, want that it was doubled and is said to be done", w, j, why, r.done, r.err)
		}
	}
}

// TestPlan_SameSeed plays calls twice by the same seed: the same faults strike, and the ledger has the same.
func TestPlan_SameSeed(t *testing.T) {
	lengths := measureLengths(t)
	p, again, other := newPlan(5, lengths), newPlan(5, lengths), newPlan(6, lengths)
	differ := 0
	for n := range 200 {
		if !reflect.DeepEqual(p.call(n), again.call(n)) {
			t.Fatalf("call %d: the same seed plans %v, and then %v", n, p.call(n), again.call(n))
		}
		differ += count(!reflect.DeepEqual(p.call(n), other.call(n)))
	}
	if differ == 0 {
		t.Error("another seed makes the same plan")
	}
	first, second := newFixture(t), newFixture(t)
	defer first.close(t)
	defer second.close(t)
	for n := range 200 {
		// On a kept connection and by HTTP/2, net/http may notice in time that a connection ended. Bytes that wait for the caller
		// to give up race.
		c := p.call(n)
		if c.boundary < 0 || !c.fresh || c.wire == http2 || c.fault.how != closed {
			continue
		}
		a, b := first.play(t.Context(), c), second.play(t.Context(), c)
		if a.strikes != b.strikes || a.done != b.done {
			t.Errorf("%v: struck %d times and done %d times, then %d and %d", c, a.strikes, a.done, b.strikes, b.done)
		}
	}
}
