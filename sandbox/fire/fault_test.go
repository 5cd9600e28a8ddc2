package fire_test

import (
	"fmt"
	"sync"
)

// A wire is how client and broker speak.
type wire int

const (
	inTheClear wire = iota // HTTP/1.1
	overTLS                // HTTP/1.1
	overHTTP2              // and TLS
	wires
)

func (w wire) String() string { return [...]string{"http/1.1", "http/1.1+tls", "http/2"}[w] }

// A place is where a fault befalls a call.
type place int

const (
	nowhere         place = iota
	atRequest             // when so many bytes of it have passed
	atAnswer              // when so many bytes of it have passed: at 0, the ledger has committed already
	atSealedRequest       // the same below TLS, counted from the first byte of a connection that is made for the call
	atSealedAnswer
	whileIdle     // on a kept connection, right before the call
	atDial        // no connection comes about
	atCertificate // the TLS handshake fails
	inBroker      // the broker itself fails
	places
)

func (p place) String() string {
	return [...]string{"nothing", "request", "answer", "sealed request", "sealed answer", "idle", "dial", "certificate", "broker"}[p]
}

// How a fault shows.
type how int

const (
	closed  how = iota // the connection ends
	reset              // the connection is reset
	garbled            // the next byte is another
	paused             // the bytes wait for a while
	held               // the bytes wait until the caller gives up, and are lost
	late               // the bytes wait until the caller gives up, and go their way then
	refused            // nobody listens
	unnamed            // the name server is down
	given              // the caller gives up
	hows
)

func (h how) String() string {
	return [...]string{"closed", "reset", "garbled", "paused", "held", "late", "refused", "unnamed", "given up"}[h]
}

// A fault is what befalls a call.
type fault struct {
	place place
	at    int // how many bytes pass before it, or which of the broker's ways to fail
	how   how
	again bool // it befalls each attempt, not only the first
	fresh bool // the call gets a new connection
}

func (f fault) kind() string {
	switch f.place {
	case nowhere:
		return "nothing"
	case atCertificate:
		return "certificate"
	case inBroker:
		return "broker: " + brokerFaults[f.at].name
	default:
		return f.place.String() + " " + f.how.String()
	}
}

func (f fault) String() string {
	return fmt.Sprintf("%s at %d (again %v, fresh %v)", f.kind(), f.at, f.again, f.fresh)
}

// cuts reports whether the fault ends the connection, for which it needs no byte behind it.
func (f fault) cuts() bool { return f.how == closed || f.how == reset }

// endures reports whether the fault lasts until the caller gives up.
func (f fault) endures() bool { return f.how == held || f.how == late }

// A strike is a fault that waits for its moment, and what was seen of the call meanwhile.
type strike struct {
	fault    fault
	holding  chan struct{} // closed when bytes wait for the caller to give up
	released chan struct{} // closed when they need wait no longer

	mu     sync.Mutex
	passed [places]int
	times  int // how often it struck
	whole  int // answers that were delivered whole
	once   sync.Once
}

func newStrike(f fault) *strike {
	return &strike{fault: f, holding: make(chan struct{}), released: make(chan struct{})}
}

// admit returns how many of n bytes pass, and whether the fault strikes behind them.
func (s *strike) admit(at place, n int) (pass int, struck bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.fault.at - s.passed[at]
	if at == s.fault.place && left >= 0 && (left < n || left == n && n > 0 && s.fault.cuts()) && s.ready() {
		s.times++
		if s.fault.endures() && s.times == 1 {
			close(s.holding)
		}
		s.passed[at] += n
		if s.fault.again {
			s.passed[at] = 0
		}
		return left, true
	}
	s.passed[at] += n
	return n, false
}

// befalls reports whether the fault strikes at a place where there are no bytes to count.
func (s *strike) befalls(at place) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at != s.fault.place || !s.ready() {
		return false
	}
	s.times++
	return true
}

func (s *strike) ready() bool { return s.times == 0 || s.fault.again }

// note says that the fault struck.
func (s *strike) note() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times++
}

func (s *strike) answered(whole int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whole += whole
}

func (s *strike) release() { s.once.Do(func() { close(s.released) }) }

func (s *strike) struck() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.times > 0
}

func (s *strike) answers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole
}

func (s *strike) bytes(at place) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.passed[at]
}
