package fire_test

import (
	"reflect"
	"testing"
)

// A seed makes the same faults befall the same calls at the same bytes, and the same is done.
func TestReplay(t *testing.T) {
	c := newCertificates(t)
	lengths := measure(t, c)
	if again := measure(t, c); !reflect.DeepEqual(again, lengths) {
		t.Fatalf("the deeds have %v bytes, and then %v", lengths, again)
	}
	p := &plan{seed: 5, lengths: lengths}
	w, wrapped, turns := p.round(0)
	if _, _, again := (&plan{seed: 5, lengths: lengths}).round(0); !reflect.DeepEqual(again, turns) {
		t.Error("the same seed makes another plan")
	}
	if _, _, other := (&plan{seed: 6, lengths: lengths}).round(0); reflect.DeepEqual(other, turns) {
		t.Error("another seed makes the same plan")
	}
	var first []event
	for attempt := range 2 {
		r := newRound(t, 0, w, wrapped, c)
		for i, next := range turns[:100] {
			e := r.play(t, i, next)
			if attempt == 0 {
				first = append(first, e)
				continue
			}
			// On a kept connection it is for net/http to notice in time that it is dead; and where bytes go their way when
			// nobody waits for them, they race.
			if exact := next.fault.fresh && next.fault.cuts() && (next.fault.place == atRequest || next.fault.place == atAnswer); !exact {
				continue
			}
			if was := first[i]; e.struck != was.struck || e.done != was.done && next.fault.how == closed {
				t.Errorf("%s, befallen by %s: struck %v, done %d times; and then %v, %d", deeds[next.deed].name, next.fault,
					was.struck, was.done, e.struck, e.done)
			}
		}
		r.close(t)
	}
}
