package fire_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A round is a house, a proxy before it and a client that makes calls through it, one after the other.
type round struct {
	number  int
	wire    wire
	wrapped bool
	house   *house
	proxy   *proxy
	client  *vingd.Client
	cancel  context.CancelFunc // gives the call up that is under way
	quiet   bool               // the call before went well
}

func newRound(t testing.TB, number int, w wire, wrapped bool, c *certificates) *round {
	t.Helper()
	r := &round{number: number, wire: w, wrapped: wrapped, house: newHouse(t)}
	r.proxy = newProxy(t, w, r.house.address, c)
	transport := &http.Transport{
		DialContext:         r.dial,
		TLSClientConfig:     &tls.Config{RootCAs: c.roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   w == overHTTP2,
		MaxIdleConnsPerHost: 8,
	}
	var sent http.RoundTripper = transport
	if wrapped {
		sent = wrapper{transport}
	}
	scheme := "https://"
	if w == inTheClear {
		scheme = "http://"
	}
	var err error
	r.client, err = vingd.New(vingd.Password("test@vingd.com", "123"),
		vingd.WithEndpoint(scheme+r.proxy.listener.Addr().String()+"/broker/v1"), vingd.WithLoopbackHTTP(),
		vingd.WithClock(r.house.Now), vingd.WithHTTPClient(&http.Client{Transport: sent}), vingd.WithTracedTransport())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *round) close(t testing.TB) {
	t.Helper()
	r.client.CloseIdleConnections()
	r.proxy.close()
	r.house.close(t)
}

// wrapper is a transport of which the client does not know what is inside.
type wrapper struct{ inside *http.Transport }

func (w wrapper) RoundTrip(r *http.Request) (*http.Response, error) { return w.inside.RoundTrip(r) }
func (w wrapper) CloseIdleConnections()                             { w.inside.CloseIdleConnections() }

// dial is how the client gets its connections.
func (r *round) dial(ctx context.Context, network, address string) (net.Conn, error) {
	s := r.proxy.armed()
	if !s.befalls(atDial) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	switch s.fault.how {
	case refused:
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:1")
	case unnamed:
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}
	default:
		r.cancel()
		return nil, context.Canceled
	}
}

// An event is a call that is over, and what is known of it.
type event struct {
	turn
	number   int
	err      error
	struck   bool
	asked    int   // how often the client's transport looked for a connection
	handed   int   // connections that it was given
	whole    int   // answers that were delivered whole
	statuses []int // of the requests that reached the sandbox
	done     int   // how often it was done, by the ledger
	late     int   // requests that came up when it was over
	quiet    bool  // the call before went well
	bytes    [places]int
}

// play makes a call that is befallen by a fault, waits until nothing of it moves any more, and asks what came of it.
func (r *round) play(t testing.TB, number int, next turn) event {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if next.fault.how == garbled {
		ctx, cancel = context.WithTimeout(ctx, 300*time.Millisecond) // where the end of a message is garbled, nobody hears it
		defer cancel()
	}
	r.cancel = cancel
	var asked, handed atomic.Int32
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { asked.Add(1) },
		GotConn: func(httptrace.GotConnInfo) { handed.Add(1) },
	})
	call, done := deeds[next.deed].prepare(t, r.house, number)
	r.warm(t, next.fault)
	r.house.begin(number)
	s := r.befall(t, next.fault)
	over := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-s.holding:
			cancel()
		case <-over:
		}
	}()
	err := call(traced, r.client)
	close(over)
	<-watched
	var open []string
	if err != nil || s.struck() {
		r.client.CloseIdleConnections()
		open = r.proxy.finish(s)
		r.client.CloseIdleConnections() // and those that came about meanwhile
	}
	r.house.rest(open)
	r.house.ClearFaults()
	e := event{
		turn: next, number: number, err: err, struck: s.struck(), asked: int(asked.Load()), handed: int(handed.Load()), whole: s.answers(),
		statuses: r.house.statuses(number), late: r.house.came(number), quiet: r.quiet,
	}
	r.quiet = err == nil && !e.struck
	for at := range e.bytes {
		e.bytes[at] = s.bytes(place(at))
	}
	r.proxy.arm(fault{})
	e.done = done()
	return e
}

// warm sees to it that the client keeps a connection, or none where a call is to get a new one.
func (r *round) warm(t testing.TB, f fault) {
	t.Helper()
	if f.fresh {
		r.client.CloseIdleConnections()
		return
	}
	if len(r.proxy.live()) > 0 {
		return
	}
	r.house.begin(-1)
	var err error
	for range 10 { // one that a cancelled call left behind may be dead, without the client knowing
		if _, err = r.client.Accounts.Balance(t.Context()); err == nil {
			return
		}
	}
	t.Fatalf("ten times befallen by nothing: %v", err)
}

// befall makes a fault befall the next call.
func (r *round) befall(t testing.TB, f fault) *strike {
	t.Helper()
	s := r.proxy.arm(f)
	switch f.place {
	case whileIdle:
		if r.proxy.cutIdle(f.how) {
			s.note()
		}
	case inBroker:
		wrong := brokerFaults[f.at].Fault
		if !f.again {
			wrong.Next = 1
		}
		if err := r.house.Fail("", wrong); err != nil {
			t.Fatal(err)
		}
		s.note()
	}
	return s
}

// problems returns what the client did or said that it must not.
func (e *event) problems() (problems []string) {
	deed, outcome := &deeds[e.deed], vingd.OutcomeOf(e.err)
	var failed *vingd.Error
	if e.err != nil && !errors.As(e.err, &failed) {
		return []string{"a lie: " + e.err.Error()}
	}
	if e.done > 1 {
		problems = append(problems, "doubled: it was done more than once")
	}
	if !deed.reads && !deed.settles && e.sentAgain() {
		problems = append(problems, "doubled: it was sent again when it may have been done")
	}
	switch {
	case outcome == vingd.OutcomeDone && !deed.reads && e.done == 0:
		problems = append(problems, "a lie: it was not done, and is said to be done")
	case outcome == vingd.OutcomeNotDone && (e.done > 0 || e.late > 0 && !deed.reads):
		problems = append(problems, "a lie: it was done, and is said not to be done")
	case outcome == vingd.OutcomeUnknown && deed.reads:
		problems = append(problems, "needless: a read has no unknown outcome")
	case outcome == vingd.OutcomeUnknown && e.knowable():
		problems = append(problems, "needless: it could have been known what came of it")
	case e.err != nil && e.quiet && e.fault.fresh && (e.fault.place == nowhere || e.fault.how == paused):
		problems = append(problems, "needless: nothing befell it, and it failed")
	}
	return problems
}

// sentAgain reports whether a request reached the broker after one that it did not refuse.
func (e *event) sentAgain() bool {
	for i, status := range e.statuses {
		if (status < 400 || status >= 500) && i+1 < len(e.statuses)+e.late {
			return true
		}
	}
	return false
}

// knowable reports whether the client had the means to know what came of a call. It had when its transport looked for a
// connection and was never given one, so that nothing can have been sent; and when the one request that was sent was
// answered in the broker's own words, by another status than that of a failure, and all of the answer was delivered as
// it was, in time.
func (e *event) knowable() bool {
	if e.handed == 0 {
		return e.asked > 0 && e.fault.how != garbled // whose short time may end right before the transport looks
	}
	spoilt := e.fault.how == garbled || e.struck && (e.fault.how != closed || e.fault.place == inBroker && brokerFaults[e.fault.at].Garbage)
	return e.handed == 1 && e.whole == 1 && len(e.statuses) == 1 && 200 <= e.statuses[0] && e.statuses[0] < 500 && !spoilt
}
