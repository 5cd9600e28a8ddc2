package fire_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A fixture is a broker with a proxy in front of it. It plays one call after the other. Each call has its own client and
// connections, so only the ledger is left for the next.
type fixture struct {
	broker *broker
	proxy  *proxy
	calls  int
}

func newFixture(tb testing.TB) *fixture {
	tb.Helper()
	b := newBroker(tb)
	return &fixture{broker: b, proxy: newProxy(tb, b.address)}
}

func (f *fixture) close(tb testing.TB) {
	tb.Helper()
	f.proxy.close()
	f.broker.close(tb)
}

// begin tells which injection the next connections belong to.
func (f *fixture) begin(in *injection) {
	f.broker.begin(in)
	f.proxy.begin(in)
}

// A plannedCall is a call, and what goes wrong.
type plannedCall struct {
	operation *operation
	wire      wire
	transport *transport
	retries   int // the client may make so many
	fault     *fault
	boundary  int  // of [plan], or -1
	at        int  // bytes before the fault strikes
	repeats   bool // the fault strikes each attempt, not only the first
	fresh     bool // the call gets a new connection

	// After a call of unknown outcome Reconcile is called, if the operation has one and this is not nil.
	keeping *keeping
	skew    time.Duration
	awkward bool // the reference is one that brokers change
}

func (p *plannedCall) String() string {
	text := fmt.Sprintf("%s over %s by a transport that is %q, with %d retries, and %q after %d bytes (repeats %v, fresh %v)", p.operation.name,
		p.wire, p.transport.name, p.retries, p.fault.name, p.at, p.repeats, p.fresh)
	if p.keeping != nil {
		text += fmt.Sprintf("; texts kept %q, clocks %v apart, awkward %v", p.keeping.name, p.skew, p.awkward)
	}
	return text
}

// reference returns a text that is unique to a call.
func (p *plannedCall) reference(n int) string {
	text := reference(n)
	if p.awkward {
		text += " of Cafe\u0301,\r\nwith a second line "
	}
	return text
}

func reference(n int) string { return fmt.Sprintf("reference-%06d", n) }

// A result is how a call ended, and what is known of it.
type result struct {
	*plannedCall
	record

	err        error
	done       int   // how often the ledger has it
	reconciles bool  // whether Reconcile was called
	reconciled error // the result of Reconcile
}

// play makes a call while a fault strikes, waits until the broker is idle, and asks the ledger. Then it may call Reconcile.
func (f *fixture) play(parent context.Context, p *plannedCall) *result {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	f.calls++
	a := p.operation.prepare(f.broker, p.reference(f.calls))
	in := newInjection(p, cancel)
	f.begin(in)
	clock := func() time.Time { return f.broker.Now().Add(p.skew) }
	client := newClient(p.transport, p.wire, in.dial, f.proxy, vingd.WithClock(clock), vingd.WithRetries(p.retries))
	defer client.CloseIdleConnections()

	traced := in.trace(ctx)
	if !p.fresh {
		warmUp(traced, client)
	}
	in.arm(true)
	if p.fault.how == garbled { // the end of a message may be lost: nothing but time ends the call
		defer time.AfterFunc(300*time.Millisecond, cancel).Stop()
	}
	if p.fault.place == onIdle {
		f.proxy.strikeIdle()
	}
	r := &result{plannedCall: p, err: a.call(traced, client)}
	client.CloseIdleConnections()
	f.broker.rest(f.proxy.finish())
	r.record, r.done = in.seen(), a.done()
	if p.keeping != nil && a.reconcile != nil && vingd.OutcomeOf(r.err) == vingd.OutcomeUnknown {
		r.reconciles = true
		r.reconciled = a.reconcile(parent, newDirectClient(p.keeping.handler(f.broker.Sandbox), clock), clock())
	}
	return r
}

// warmUp makes a call without a fault, so that the client keeps a connection.
func warmUp(ctx context.Context, client *vingd.Client) {
	var err error
	for range 10 { // net/http's own timeouts expire on a machine with too much to do
		if _, err = client.Accounts.Balance(ctx); err == nil {
			return
		}
	}
	panic(err)
}
