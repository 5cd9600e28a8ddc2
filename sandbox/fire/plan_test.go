package fire_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

// A boundary is a place between two bytes of a request or a response.
type boundary struct {
	wire      wire
	operation int
	place     place
	at        int
}

// lengths are how many bytes the request and the response of each operation have over HTTP/1.1 without TLS. There they
// always have as many; elsewhere random ids are compressed, and signatures have several sizes.
type lengths [][places]int

// moreOverHTTP2 is how many bytes more a response may have over HTTP/2. A request has none more.
const moreOverHTTP2 = 32

// measureLengths makes a call of each operation with no fault.
func measureLengths(tb testing.TB) (l lengths) {
	tb.Helper()
	f := newFixture(tb)
	defer f.close(tb)
	for i := range operations {
		all := [places]int{}
		for _, w := range []wire{http1, http1TLS} {
			r := f.play(tb.Context(), &plannedCall{operation: &operations[i], wire: w, transport: &transports[1], fault: &faults[0], fresh: true})
			if j, why := r.judge(); j != right || r.err != nil {
				tb.Fatalf("%s without a fault: %v, %v: %s", operations[i].name, r.err, j, why)
			}
			for place, passed := range r.passed {
				all[place] = max(all[place], passed)
			}
		}
		l = append(l, all)
	}
	return l
}

// of returns how many bytes an operation has in a place on a wire. Below TLS it has a few less, so that a fault strikes
// however short a signature is.
func (l lengths) of(w wire, operation int, at place) int {
	length := l[operation][at]
	switch {
	case at == inSealedRequest, at == inSealedResponse:
		return length - 8
	case at == inResponse && w == http2:
		return length + moreOverHTTP2
	default:
		return length
	}
}

// A plan says what goes wrong with which call. The same seed and lengths make the same plan.
//
// Of ten calls, five strike byte boundaries, four go through the table of faults, and one is for Reconcile. Each of the
// three goes through all there is in random order, and then again in another.
type plan struct {
	seed       uint64
	lengths    lengths
	boundaries []boundary
	table      []*fault // all but byteFaults
	reconciled []reconciledCall

	mu     sync.Mutex
	orders map[uint64][]int // by stream and pass
}

// A reconciledCall is a call that Reconcile is for.
type reconciledCall struct {
	operation *operation
	keeping   *keeping
	skew      time.Duration
}

// The streams of random numbers.
const (
	ofCall uint64 = iota
	ofBoundaries
	ofTable
	ofReconciled
)

func newPlan(seed uint64, l lengths) *plan {
	p := &plan{seed: seed, lengths: l, orders: make(map[uint64][]int)}
	for i := range faults {
		if f := &faults[i]; !f.anywhere() {
			p.table = append(p.table, f)
		}
	}
	for w := range wires {
		for operation := range l {
			for _, place := range []place{inRequest, inResponse} {
				for at := range l.of(w, operation, place) + 1 {
					p.boundaries = append(p.boundaries, boundary{w, operation, place, at})
				}
			}
		}
	}
	for i := range operations {
		for k := range keepings {
			for _, skew := range skews {
				if operations[i].reconciles {
					p.reconciled = append(p.reconciled, reconciledCall{&operations[i], &keepings[k], skew})
				}
			}
		}
	}
	return p
}

func (p *plan) random(stream uint64, n int) *rand.Rand {
	return rand.New(rand.NewPCG(p.seed, stream<<48|uint64(n)))
}

// nth returns the index of the nth of so many, in the random order of its pass.
func (p *plan) nth(stream uint64, n, size int) int {
	pass := n / size
	key := stream<<48 | uint64(pass)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.orders[key] == nil {
		p.orders[key] = p.random(stream, pass).Perm(size)
	}
	return p.orders[key][n%size]
}

// call returns the nth call.
func (p *plan) call(n int) *plannedCall {
	r := p.random(ofCall, n)
	c := &plannedCall{boundary: -1, repeats: r.IntN(4) == 0, fresh: r.IntN(2) == 0, retries: []int{0, 0, 0, 2}[r.IntN(4)]}
	switch ten, turn := n/10, n%10; {
	case turn < 5:
		c.boundary = p.nth(ofBoundaries, 5*ten+turn, len(p.boundaries))
		b := p.boundaries[c.boundary]
		c.wire, c.operation, c.at = b.wire, &operations[b.operation], b.at
		c.fault = draw(r, faults, func(f *fault) bool { return f.anywhere() && f.place == b.place && f.fits(b.wire) })
	case turn < 9:
		c.operation = draw(r, operations, nil)
		p.strike(r, c, p.table[p.nth(ofTable, 4*ten+turn-5, len(p.table))])
	default:
		planned := p.reconciled[p.nth(ofReconciled, ten, len(p.reconciled))]
		c.operation, c.keeping, c.skew, c.awkward = planned.operation, planned.keeping, planned.skew, r.IntN(2) == 0
		p.strike(r, c, draw(r, faults, func(f *fault) bool { return f.place == atGateway && f.reply == nil }))
	}
	c.transport = draw(r, transports, func(t *transport) bool {
		hasNoStream := c.fault.place == inStream && c.operation.verifies && t.verifiesByHTTP1
		return t.fits(c.wire, c.fault) && !hasNoStream && (t.common || r.IntN(3) == 0)
	})
	return c
}

// strike makes a fault of the table strike a call, over a wire that it fits.
func (p *plan) strike(r *rand.Rand, c *plannedCall, f *fault) {
	c.fault = f
	for c.wire = wire(r.IntN(int(wires))); !f.fits(c.wire); c.wire = wire(r.IntN(int(wires))) {
	}
	switch f.place {
	case onIdle, inResponse:
		c.fresh = false
	case whileDialing, inHandshake:
		c.fresh = true
	case inSealedRequest, inSealedResponse:
		c.fresh = true
		c.at = r.IntN(p.lengths.of(c.wire, slices.IndexFunc(operations, func(o operation) bool { return o.name == c.operation.name }), f.place))
	default:
	}
}

// draw returns one of all that fit.
func draw[T any](r *rand.Rand, all []T, fits func(*T) bool) *T {
	for {
		if one := &all[r.IntN(len(all))]; fits == nil || fits(one) {
			return one
		}
	}
}
