package fire_test

import (
	"math/rand/v2"
	"net/http"

	"github.com/vingd/vingd-api-go/sandbox"
)

const (
	// callsInRound is how many calls there are in one house, by one client.
	callsInRound = 250
	// boundariesInRound is how many of them are befallen at a byte boundary whose turn it is.
	boundariesInRound = 150
)

// brokerFaults are the broker's own ways to fail, before or after its ledger has committed.
var brokerFaults = []struct {
	name string
	sandbox.Fault
}{
	{"hang-up before", sandbox.Fault{HangUp: true}},
	{"hang-up after", sandbox.Fault{HangUp: true, Done: true}},
	{"500 before", sandbox.Fault{Status: http.StatusInternalServerError}},
	{"500 after", sandbox.Fault{Status: http.StatusInternalServerError, Done: true}},
	{"503 before", sandbox.Fault{Status: http.StatusServiceUnavailable}},
	{"503 after", sandbox.Fault{Status: http.StatusServiceUnavailable, Done: true}},
	{"429", sandbox.Fault{Status: http.StatusTooManyRequests}},
	{"409", sandbox.Fault{Status: http.StatusConflict}},
	{"garbage before", sandbox.Fault{Garbage: true}},
	{"garbage after", sandbox.Fault{Garbage: true, Done: true}},
	{"garbage and 502 before", sandbox.Fault{Garbage: true, Status: http.StatusBadGateway}},
	{"garbage and 502 after", sandbox.Fault{Garbage: true, Status: http.StatusBadGateway, Done: true}},
}

// A boundary is a place between two bytes of a deed's request or of its answer.
type boundary struct {
	wire  wire
	deed  int
	place place
	at    int
}

// lengths are how many bytes each deed's request and answer have over HTTP/1.1 in the clear, where they always have as
// many: not so over HTTP/2 and TLS, with random ids compressed and signatures of several sizes.
type lengths [][places]int

const (
	// moreOverHTTP2 is how many bytes an answer may have more over HTTP/2. A request has none more.
	moreOverHTTP2 = 32
	// moreSealed is how many bytes the handshake of TLS adds, about.
	moreSealed = 1900
)

// of returns up to how many bytes a deed has in a place on a wire.
func (l lengths) of(w wire, deed int, at place) int {
	switch {
	case at == atSealedRequest:
		return l[deed][atRequest] + moreSealed
	case at == atSealedAnswer:
		return l[deed][atAnswer] + moreSealed
	case at == atAnswer && w == overHTTP2:
		return l[deed][atAnswer] + moreOverHTTP2
	default:
		return l[deed][at]
	}
}

// A plan says which fault befalls which call. It is nothing but the seed and the lengths, and so the same each time.
type plan struct {
	seed    uint64
	lengths lengths
}

// A turn is a call and what befalls it.
type turn struct {
	deed  int
	fault fault
}

func (p *plan) rand(what, n uint64) *rand.Rand { return rand.New(rand.NewPCG(p.seed, what<<48|n)) }

// boundaries returns those of a wire, in the order in which their turn comes in a pass over all of them.
func (p *plan) boundaries(w wire, pass int) (all []boundary) {
	for deed := range p.lengths {
		for _, place := range []place{atRequest, atAnswer} {
			for at := range p.lengths.of(w, deed, place) + 1 {
				all = append(all, boundary{w, deed, place, at})
			}
		}
	}
	p.rand(1, uint64(pass)<<8|uint64(w)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// round returns the wire of a round, whether its client has a transport that the caller wrapped, and its turns.
func (p *plan) round(n int) (w wire, wrapped bool, turns []turn) {
	w = wire(n % int(wires))
	r := p.rand(2, uint64(n))
	first := n / int(wires) * boundariesInRound
	size := len(p.boundaries(w, 0))
	ordered, orderedPass := []boundary(nil), -1
	for i := range boundariesInRound {
		if pass := (first + i) / size; pass != orderedPass {
			ordered, orderedPass = p.boundaries(w, pass), pass
		}
		b := ordered[(first+i)%size]
		turns = append(turns, turn{b.deed, fault{place: b.place, at: b.at, how: drawHow(r, b), again: r.IntN(4) == 0, fresh: r.IntN(2) == 0}})
	}
	for len(turns) < callsInRound {
		deed := r.IntN(len(deeds))
		turns = append(turns, turn{deed, p.drawFault(r, w, deed)})
	}
	r.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
	return w, r.IntN(3) == 0, turns
}

// drawHow draws what happens at a boundary.
func drawHow(r *rand.Rand, b boundary) how {
	for {
		how := []how{closed, closed, closed, reset, reset, reset, garbled, paused, held, late}[r.IntN(10)]
		// A byte of a compressed head that is another may well make another request, which TLS is there to prevent.
		if how == garbled && b.wire == overHTTP2 && b.place == atRequest {
			continue
		}
		return how
	}
}

// drawFault draws what happens elsewhere than at a boundary in the clear.
func (p *plan) drawFault(r *rand.Rand, w wire, deed int) fault {
	f := fault{again: r.IntN(2) == 0, fresh: r.IntN(2) == 0}
	n := r.IntN(100)
	switch {
	case n < 20:
		f.place = nowhere
	case n < 32:
		f.place, f.how, f.fresh = whileIdle, how(r.IntN(2)), false
	case n < 40: // a kept connection dies when all is done, before the first byte of the answer
		f.place, f.how, f.fresh = atAnswer, how(r.IntN(2)), false
	case n < 52:
		f.place, f.how, f.fresh = atDial, []how{refused, unnamed, given}[r.IntN(3)], true
	case n < 75 || w == inTheClear:
		f.place, f.at = inBroker, r.IntN(len(brokerFaults))
	case n < 80:
		f.place, f.fresh = atCertificate, true
	default:
		f.place, f.how, f.fresh = []place{atSealedRequest, atSealedAnswer}[r.IntN(2)], []how{closed, reset, garbled}[r.IntN(3)], true
		f.at = r.IntN(p.lengths.of(w, deed, f.place) + 1)
	}
	return f
}
