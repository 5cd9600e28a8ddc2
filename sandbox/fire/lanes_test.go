package fire_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// lanes is how many requests pass a laneTransport at a time. A job has half as many.
const lanes = 8

// A laneTransport passes the requests of a client that makes several at a time. Each goes by a lane of its own: a proxy and a
// gateway, which many requests cannot share, in front of the one sandbox. A request that fails has ended at the broker when
// RoundTrip returns, so nothing is in flight.
type laneTransport struct {
	sandbox  *sandbox.Sandbox
	direct   *vingd.Client // calls the sandbox without a connection
	wire     wire
	endpoint string
	all      []*fixture
	free     chan *fixture

	mu             sync.Mutex
	numbers        *rand.Rand
	calls, lookUps int // those with a fault
}

// newLanes returns the lanes to a new sandbox, whose clock is ahead of the machine's.
func newLanes(t *testing.T, skew time.Duration, w wire, numbers *rand.Rand) *laneTransport {
	t.Helper()
	clock := func() time.Time { return time.Now().Add(skew) }
	s := must(sandbox.New(sandbox.Options{Clock: clock, Seller: sandbox.Seller{Balance: 1_000_000_00}}))
	l := &laneTransport{sandbox: s, wire: w, free: make(chan *fixture, lanes), numbers: numbers}
	for range lanes {
		b := newGateway(s)
		b.serve(t)
		lane := &fixture{broker: b, proxy: newProxy(t, b.address)}
		l.all = append(l.all, lane)
		l.free <- lane
		l.direct, l.endpoint = b.direct, lane.proxy.endpoint(w)
	}
	return l
}

func (l *laneTransport) close(t *testing.T) {
	t.Helper()
	for _, lane := range l.all {
		lane.proxy.close()
		lane.broker.stop()
	}
	if err := errors.Join(l.sandbox.Check(), l.sandbox.Close()); err != nil {
		t.Error(err)
	}
}

// random returns a number below n.
func (l *laneTransport) random(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.numbers.IntN(n)
}

// drawFault returns what goes wrong with a request: with half of the calls that move money, and with one look-up
// in twenty.
func (l *laneTransport) drawFault(r *http.Request) *plannedCall {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &plannedCall{wire: l.wire, transport: &transports[1], fault: &faults[0], fresh: true, at: l.numbers.IntN(500)}
	if lookUp := r.Method != http.MethodPost; lookUp && l.numbers.IntN(10) > 0 || l.numbers.IntN(2) > 0 {
		return p
	}
	p.fault = draw(l.numbers, faults, func(f *fault) bool {
		return f.fits(l.wire) && f.place != nowhere && f.place != onIdle && !f.kept && (f.reply == nil || f.reply.retryAfter == "")
	})
	return p
}

// RoundTrip sends a request by a lane, which is free again when the body of the response is closed.
func (l *laneTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	lane := <-l.free
	ctx, cancel := context.WithCancel(r.Context())
	in := newInjection(l.drawFault(r), cancel)
	lane.begin(in)
	in.arm(true)
	if in.fault.how == garbled { // the end of a message may be lost: nothing but time ends the call
		time.AfterFunc(300*time.Millisecond, cancel)
	}
	transport := newTransport(l.wire, in.dial)
	end := sync.OnceFunc(func() {
		cancel()
		transport.CloseIdleConnections()
		lane.broker.rest(lane.proxy.finish())
		l.count(r, in.seen())
		l.free <- lane
	})
	request := r.Clone(ctx)
	request.URL.Host = must(url.Parse(lane.proxy.endpoint(l.wire))).Host
	response, err := transport.RoundTrip(request)
	if err != nil {
		end()
		return nil, err
	}
	response.Body = laneBody{response.Body, end}
	return response, nil
}

// count counts a request that a fault struck.
func (l *laneTransport) count(r *http.Request, seen record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Method == http.MethodPost {
		l.calls += count(seen.strikes > 0)
	} else {
		l.lookUps += count(seen.strikes > 0)
	}
}

// A laneBody is the body of a response that came by a lane.
type laneBody struct {
	io.ReadCloser

	end func()
}

func (b laneBody) Close() error {
	err := b.ReadCloser.Close()
	b.end()
	return err
}
