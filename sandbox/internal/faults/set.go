package faults

import (
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/vingd/vingd-api-go/vingd"
)

// A Set is the faults that are to happen. The zero Set has none. It is safe for concurrent use.
type Set struct {
	mu    sync.Mutex
	armed []*armed
}

// An armed fault is one that is still to happen.
type armed struct {
	Armed

	random *rand.Rand // nil when no request is spared
}

// Armed is a fault and its operation. An empty name is any operation. Count counts down.
type Armed struct {
	Operation string
	Fault     Fault
}

// Add makes a fault happen to an operation, once those that were added before have not happened instead.
func (s *Set) Add(operation string, f Fault) error {
	if err := f.check(operation); err != nil {
		return err
	}
	a := &armed{Armed: Armed{operation, f}}
	if f.Fraction > 0 {
		a.random = rand.New(rand.NewPCG(f.Seed, 0)) //nolint:gosec // it must be the same again for the same seed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = append(s.armed, a)
	return nil
}

// Clear makes nothing go wrong any more.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = nil
}

// Armed returns the faults that are still to happen, in order.
func (s *Set) Armed() []Armed {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Armed, len(s.armed))
	for i, a := range s.armed {
		all[i] = a.Armed
	}
	return all
}

// take returns the first fault that fits a request of an operation. It is not ok if none does.
func (s *Set) take(operation string, object vingd.ObjectID) (f Fault, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, a := range s.armed {
		isPage := operation == OrderPage || operation == VoucherPage
		if a.Operation != operation && (a.Operation != "" || isPage) || a.Fault.Object != 0 && a.Fault.Object != object {
			continue
		}
		if a.Fault.After > 0 {
			a.Fault.After--
			continue
		}
		if a.random != nil && a.random.Float64() >= a.Fault.Fraction {
			continue
		}
		f = a.Fault
		switch a.Fault.Count {
		case 0: // until it is cleared
		case 1:
			s.armed = slices.Delete(s.armed, i, i+1)
		default:
			a.Fault.Count--
		}
		return f, true
	}
	return Fault{}, false
}
