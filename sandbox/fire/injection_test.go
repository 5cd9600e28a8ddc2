package fire_test

import (
	"context"
	"net"
	"net/http/httptrace"
	"slices"
	"sync"
)

// mostRequests is how many requests of one call may reach the gateway before the caller gives up. It ends a client that
// retries without bound.
const mostRequests = 8

// A record is what was seen of a call.
type record struct {
	strikes  int
	passed   [places]int // bytes
	asked    int         // how often the transport looked for a connection
	obtained int         // how often it got one
	statuses []int       // of the requests that reached the gateway: of the broker's own response, else 0
	late     int         // requests that came up when their connection was over
	whole    int         // responses that were delivered whole
	overdue  int         // timeouts of the test's own server, on a machine with too much to do
}

// An injection is a fault that waits for one call.
type injection struct {
	*plannedCall

	giveUp   context.CancelFunc // ends the call, as its caller
	released chan struct{}      // closed when bytes need no longer wait for the caller to give up
	release  func()             // closes it

	mu                 sync.Mutex
	changed            *sync.Cond
	armed              bool // the call has begun
	cuts               int  // responses that the proxy has to cut
	dialing, connected int
	record             record
}

func newInjection(p *plannedCall, giveUp context.CancelFunc) *injection {
	in := &injection{plannedCall: p, giveUp: giveUp, released: make(chan struct{})}
	in.release = sync.OnceFunc(func() { close(in.released) })
	in.changed = sync.NewCond(&in.mu)
	return in
}

// arm says that the call begins, or that it is over.
func (in *injection) arm(begins bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.armed = begins
}

func (in *injection) isArmed() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.armed
}

func (in *injection) ready() bool { return in.armed && (in.record.strikes == 0 || in.repeats) }

// strikesAt reports whether the fault strikes now at a place where no bytes are counted.
func (in *injection) strikesAt(p place) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if p != in.fault.place || !in.ready() {
		return false
	}
	in.record.strikes++
	if p == inStream {
		in.cuts++
	}
	return true
}

// seen returns what was seen so far.
func (in *injection) seen() record {
	in.mu.Lock()
	defer in.mu.Unlock()
	r := in.record
	r.statuses = slices.Clone(r.statuses)
	return r
}

// cutsNext reports whether the response that begins is one to cut.
func (in *injection) cutsNext() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.cuts == 0 {
		return false
	}
	in.cuts--
	return true
}

// admit returns how many of n bytes pass, and whether the fault strikes after them.
func (in *injection) admit(p place, n int) (pass int, struck bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.armed {
		return n, false
	}
	left := in.at - in.record.passed[p]
	in.record.passed[p] += n
	if p != in.fault.place || left < 0 || left > n || left == n && (n == 0 || !in.fault.endsConnection()) || !in.ready() {
		return n, false
	}
	in.record.strikes++
	if in.fault.lasts() {
		in.giveUp()
	}
	if in.repeats {
		in.record.passed[p] = 0
	}
	return left, true
}

// count adds to a counter.
func (in *injection) count(counter *int, n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	*counter += n
}

// countArmed counts what belongs to the call.
func (in *injection) countArmed(counter *int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	*counter += count(in.armed)
}

// request notes a request that reached the gateway, and returns what notes its status.
func (in *injection) request() (respond func(status int)) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.armed {
		return func(int) {}
	}
	n := len(in.record.statuses)
	in.record.statuses = append(in.record.statuses, 0)
	if n == mostRequests {
		in.giveUp()
	}
	return func(status int) {
		in.mu.Lock()
		defer in.mu.Unlock()
		in.record.statuses[n] = status
	}
}

// trace returns a context with which the injection counts how often the transport looks for a connection, and gets one.
// It counts the dials, too, of a transport that does not dial by the injection.
func (in *injection) trace(ctx context.Context) context.Context {
	hooks := httptrace.ClientTrace{
		GetConn: func(string) { in.countArmed(&in.record.asked) },
		GotConn: func(httptrace.GotConnInfo) { in.countArmed(&in.record.obtained) },
	}
	if in.transport.make == nil {
		hooks.ConnectStart = func(string, string) { in.beginDial() }
		hooks.ConnectDone = func(_, _ string, err error) { in.endDial(err) }
	}
	return httptrace.WithClientTrace(ctx, &hooks)
}

func (in *injection) beginDial() { in.count(&in.dialing, 1) }

func (in *injection) endDial(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.dialing--
	in.connected += count(err == nil)
	in.changed.Broadcast()
}

// waitForDials waits until no dial is in progress, and returns how many succeeded.
func (in *injection) waitForDials() (connected int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.dialing > 0 {
		in.changed.Wait()
	}
	return in.connected
}

// dial is how a transport of the caller's gets its connections.
func (in *injection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if in.strikesAt(whileDialing) {
		return in.failDial(ctx, network)
	}
	in.beginDial()
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	in.endDial(err)
	return conn, err
}

func (in *injection) failDial(ctx context.Context, network string) (net.Conn, error) {
	switch in.fault.how {
	case refused:
		return new(net.Dialer).DialContext(ctx, network, closedPort)
	case unnamed:
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}
	default:
		in.giveUp()
		return nil, context.Canceled
	}
}
