package fire_test

import (
	"bytes"
	"context"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// now is the time at the broker, where it stands.
var now = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)

// A broker is a sandbox behind a gateway, on a server of HTTP/1.1 and HTTP/2 without TLS. It can wait until the sandbox
// is idle, so that the judge reads a ledger that no longer changes.
type broker struct {
	*sandbox.Sandbox

	direct *vingd.Client // calls the sandbox without a connection: nothing goes wrong
	object vingd.ObjectID
	order  vingd.OrderID
	group  vingd.GroupID  // of five vouchers
	ann    *sandbox.Buyer // pays orders
	friend vingd.HUID     // is charged and rewarded
	groups int            // of vouchers to revoke, so far

	address string
	server  *http.Server
	served  chan struct{}

	mu        sync.Mutex
	changed   *sync.Cond
	injection *injection
	serving   int             // requests that are being served
	ended     map[string]bool // by its remote address, whether a connection has ended
}

const price vingd.Cents = 2_00

// newBroker returns a broker where a seller offers an object to Ann, and may charge a friend.
func newBroker(tb testing.TB) *broker {
	tb.Helper()
	s := must(sandbox.New(sandbox.Options{Clock: sandbox.FixedClock(now), Seller: sandbox.Seller{Balance: 1_000_000_000}}))
	b := newGateway(s)
	ctx := tb.Context()
	b.object = must(b.direct.Objects.Create(ctx, vingd.ObjectParams{Name: "an object", URL: "http://localhost/"}))
	// As for the reward below: Reconcile sees that the broker keeps such names.
	must(b.direct.Objects.Create(ctx, vingd.ObjectParams{Name: reference(0), URL: "http://localhost:80/article"}))
	b.order = must(b.direct.Orders.Create(ctx, b.object, vingd.OrderParams{Price: price})).ID
	b.group = "five"
	for range 5 {
		must(b.direct.Vouchers.Create(ctx, vingd.VoucherParams{AllowZero: true, Message: "one of five", Group: b.group}))
	}
	b.ann = must(b.AddBuyer("Ann", 1_000_000_000))
	b.friend = must(b.direct.Users.Create(ctx, vingd.UserParams{Permissions: []vingd.Permission{vingd.PermissionPurchase}}))
	// Its reference shows Reconcile that this broker keeps the descriptions of rewards.
	must(b.direct.Rewards.Create(ctx, b.friend, vingd.RewardParams{Amount: 100_000_000, Description: reference(0)}))
	b.serve(tb)
	return b
}

// newGateway returns a broker with an empty ledger, that is not served yet.
func newGateway(s *sandbox.Sandbox) *broker {
	b := &broker{Sandbox: s, direct: newDirectClient(s.Handler(), s.Now), served: make(chan struct{}), ended: make(map[string]bool)}
	b.changed = sync.NewCond(&b.mu)
	return b
}

// newDirectClient returns a client of a handler.
func newDirectClient(handler http.Handler, clock func() time.Time) *vingd.Client {
	return must(vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithSandbox(), vingd.WithTimeout(time.Hour),
		vingd.WithRetries(0), vingd.WithSettleTime(0),
		vingd.WithClock(clock), vingd.WithHTTPClient(&http.Client{Transport: directTransport{handler}})))
}

// A brokerConn is a connection of the broker's server.
type brokerConn struct {
	injection *injection // of the call during which it was accepted
	over      bool
}

type brokerConnKey struct{}

func (b *broker) serve(tb testing.TB) {
	tb.Helper()
	l := must(new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0"))
	b.address = l.Addr().String()
	conns := make(map[net.Conn]*brokerConn)
	b.server = &http.Server{
		Handler:   http.HandlerFunc(b.serveHTTP),
		ErrorLog:  log.New(timeoutLog{b}, "", 0),
		Protocols: new(http.Protocols),
		// The proxy drops frames with headers: no later one may need them to be read.
		HTTP2: &http.HTTP2Config{MaxEncoderHeaderTableSize: 1},
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			b.mu.Lock()
			defer b.mu.Unlock()
			c := &brokerConn{injection: b.injection}
			conns[conn] = c
			delete(b.ended, conn.RemoteAddr().String())
			return context.WithValue(ctx, brokerConnKey{}, c)
		},
		ConnState: func(conn net.Conn, state http.ConnState) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if c := conns[conn]; c != nil && state == http.StateClosed {
				c.over = true
				delete(conns, conn)
				b.ended[conn.RemoteAddr().String()] = true
				b.changed.Broadcast()
			}
		},
	}
	b.server.Protocols.SetHTTP1(true)
	b.server.Protocols.SetUnencryptedHTTP2(true)
	go func() {
		defer close(b.served)
		_ = b.server.Serve(l)
	}()
}

// serveHTTP passes a request to the gateway unless its connection has ended: over HTTP/2 one may come up then. It is
// counted, because the sandbox might as well have executed it a moment sooner.
func (b *broker) serveHTTP(w http.ResponseWriter, r *http.Request) {
	conn := r.Context().Value(brokerConnKey{}).(*brokerConn)
	b.mu.Lock()
	if conn.over {
		b.mu.Unlock()
		conn.injection.count(&conn.injection.record.late, 1)
		panic(http.ErrAbortHandler)
	}
	b.serving++
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.serving--
		b.changed.Broadcast()
	}()
	b.passGateway(conn.injection, w, r)
}

// passGateway passes a request to the sandbox, responds in its place, or both.
func (b *broker) passGateway(in *injection, w http.ResponseWriter, r *http.Request) {
	f := in.fault
	struck := in.strikesAt(atGateway) || in.strikesAt(inStream)
	respond := in.request()
	recorder := &statusRecorder{ResponseWriter: w}
	switch {
	case !struck, f.place == inStream && f.after:
		defer func() { respond(recorder.status) }()
		b.Handler().ServeHTTP(recorder, r)
		return
	case f.after:
		b.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}
	switch {
	case f.place == inStream:
		return // the proxy replaces the response
	case f.reply == nil:
		panic(http.ErrAbortHandler)
	case f.reply.envelope:
		respond(f.reply.status)
	}
	f.reply.write(w)
}

func (r *reply) write(w http.ResponseWriter) {
	for name, value := range map[string]string{"Location": r.location, "Retry-After": r.retryAfter} {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(r.status)
	if r.body != "" {
		_, _ = w.Write([]byte(r.body))
	}
}

// begin tells which injection the next connections belong to.
func (b *broker) begin(in *injection) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.injection = in
}

// rest waits until the sandbox serves nothing, and the connections from some addresses have ended.
func (b *broker) rest(from []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.serving > 0 || slices.ContainsFunc(from, func(address string) bool { return !b.ended[address] }) {
		b.changed.Wait()
	}
}

// stop ends the server.
func (b *broker) stop() {
	_ = b.server.Close()
	<-b.served
	b.rest(nil)
}

func (b *broker) close(tb testing.TB) {
	tb.Helper()
	b.stop()
	if err := b.Check(); err != nil {
		tb.Errorf("the books are wrong: %v", err)
	}
	if err := b.Close(); err != nil {
		tb.Error(err)
	}
}

// timeoutLog counts the timeouts of the server, which net/http sets on the beginning of a connection and nothing turns
// off. They expire on a machine with too much to do.
type timeoutLog struct{ broker *broker }

func (l timeoutLog) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("timeout waiting for")) {
		l.broker.mu.Lock()
		in := l.broker.injection
		l.broker.mu.Unlock()
		in.count(&in.record.overdue, 1)
	}
	return len(line), nil
}

// A statusRecorder records the status of a response.
type statusRecorder struct {
	http.ResponseWriter

	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *statusRecorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// directTransport hands requests to a handler, without a connection.
type directTransport struct{ handler http.Handler }

func (d directTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	if request.Body == nil {
		request.Body = http.NoBody // as a server has it
	}
	response := httptest.NewRecorder()
	d.handler.ServeHTTP(response, request)
	return response.Result(), nil
}

// must returns the result of a call that never fails.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
