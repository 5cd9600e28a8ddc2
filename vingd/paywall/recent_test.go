package paywall_test

import (
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A cache holds what was used last, and between one and two generations of it.
func TestRecent_Generations(t *testing.T) {
	const generation = 100
	c := paywall.NewRecent(generation)
	for i := range 10 * generation {
		c.Put(i, -i)
		c.Put(i, i)
		if v, ok := c.Get(i); !ok || v != i {
			t.Fatalf("%d: got %d, %t", i, v, ok)
		}
		if v, ok := c.Get(0); !ok || v != 0 {
			t.Fatalf("an entry that is used all the time is gone after %d", i)
		}
		if old := i - generation/2; old > 0 && i%17 == 0 {
			if _, ok := c.Get(old); !ok {
				t.Fatalf("%d is gone after %d", old, i)
			}
		}
	}
	held := 0
	for i := range 10 * generation {
		if _, ok := c.Get(i); ok {
			held++
		}
	}
	if held < generation || held > 2*generation {
		t.Errorf("it holds %d", held)
	}
	small := paywall.NewRecent(2)
	for i := range 5 { // 0 and 1, then 2 and 3, then 4
		small.Put(i, i)
	}
	for i, held := range []bool{false, false, true, true, true} {
		if _, ok := small.Get(i); ok != held {
			t.Errorf("of two generations of two, %d is held: %t", i, ok)
		}
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 1000 {
				c.Put(k*i, k)
				c.Get(k)
			}
		})
	}
	all.Wait()
}
