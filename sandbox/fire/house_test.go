package fire_test

import (
	"context"
	"io"
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

// now is when everything happens: all times have as many digits.
var now = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)

// A house is a sandbox behind a server of HTTP/1.1 and of HTTP/2, both in the clear. It counts the requests that reach
// the sandbox, and can wait until nothing moves in it any more: so the judge asks a ledger that stands.
type house struct {
	*sandbox.Sandbox

	// clean is a client whose calls nothing befalls: they reach the sandbox without a connection.
	clean *vingd.Client

	object vingd.ObjectID
	order  vingd.OrderID
	price  vingd.Cents
	ann    *sandbox.Buyer // who pays orders
	friend vingd.HUID     // who is charged and rewarded

	address string
	server  *http.Server
	served  chan struct{}

	mu      sync.Mutex
	changed *sync.Cond
	call    int             // the call that is under way
	serving int             // requests in the sandbox right now
	ended   map[string]bool // by its address, whether a connection is over
	reached map[int][]int   // by call, the status of each request that reached the sandbox; 0 is a hang-up
	late    map[int]int     // by call, the requests that came up when their connection was over, which did nothing
}

// A caller is a connection of the house's server.
type caller struct {
	call int  // during which it was accepted or last used
	over bool // it has been closed
}

type callerKey struct{}

// newHouse opens a house in which a seller sells an object to Ann, and knows a friend who lets her charge him.
func newHouse(t testing.TB) *house {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Clock: sandbox.StandAt(now), Seller: sandbox.Seller{Balance: 1_000_000_000}})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{Sandbox: s, price: 2_00, served: make(chan struct{}),
		ended: make(map[string]bool), reached: make(map[int][]int), late: make(map[int]int)}
	h.changed = sync.NewCond(&h.mu)
	h.clean, err = vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithSandbox(), vingd.WithRetries(0),
		vingd.WithClock(s.Now), vingd.WithHTTPClient(&http.Client{Transport: direct{s.Handler()}}))
	if err != nil {
		t.Fatal(err)
	}
	h.settleIn(t)
	h.serve(t)
	return h
}

func (h *house) settleIn(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	h.object = must(h.clean.Objects.Create(ctx, vingd.ObjectParams{Name: "an object", URL: "http://localhost/"}))(t)
	h.order = must(h.clean.Orders.Create(ctx, h.object, vingd.OrderParams{Price: h.price}))(t).ID
	h.ann = must(h.NewBuyer("Ann", 1_000_000_000))(t)
	h.friend = must(h.clean.Users.Create(ctx, vingd.UserParams{
		Permissions: []vingd.Permission{vingd.PermissionPurchase, vingd.PermissionBalance},
	}))(t)
	must(h.clean.Rewards.Create(ctx, h.friend, vingd.RewardParams{Amount: 100_000_000}))(t)
}

func (h *house) serve(t testing.TB) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.address = l.Addr().String()
	callers := make(map[net.Conn]*caller)
	h.server = &http.Server{
		Handler:   http.HandlerFunc(h.serveHTTP),
		ErrorLog:  log.New(io.Discard, "", 0),
		Protocols: new(http.Protocols),
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			h.mu.Lock()
			defer h.mu.Unlock()
			c := &caller{call: h.call}
			callers[conn] = c
			delete(h.ended, conn.RemoteAddr().String())
			return context.WithValue(ctx, callerKey{}, c)
		},
		ConnState: func(conn net.Conn, state http.ConnState) {
			h.mu.Lock()
			defer h.mu.Unlock()
			switch c := callers[conn]; {
			case c == nil:
			case state == http.StateClosed:
				c.over = true
				delete(callers, conn)
				h.ended[conn.RemoteAddr().String()] = true
				h.changed.Broadcast()
			case state == http.StateActive:
				c.call = h.call
			}
		},
	}
	h.server.Protocols.SetHTTP1(true)
	h.server.Protocols.SetUnencryptedHTTP2(true)
	go func() {
		defer close(h.served)
		_ = h.server.Serve(l)
	}()
}

// serveHTTP lets a request into the sandbox, unless its connection is over: over HTTP/2 one may come up then. It is
// noted all the same, for it might as well have come up a moment sooner.
func (h *house) serveHTTP(w http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(callerKey{}).(*caller)
	h.mu.Lock()
	if c.over {
		h.late[c.call]++
		h.mu.Unlock()
		panic(http.ErrAbortHandler)
	}
	call, nth := h.call, len(h.reached[h.call])
	h.reached[call] = append(h.reached[call], 0)
	h.serving++
	h.mu.Unlock()
	noted := &statusNote{ResponseWriter: w}
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.reached[call][nth] = noted.status
		h.serving--
		h.changed.Broadcast()
	}()
	h.Handler().ServeHTTP(noted, r)
}

// begin tells which call comes next.
func (h *house) begin(call int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.call = call
}

// rest waits until the sandbox serves nothing, and the connections from some addresses are over.
func (h *house) rest(from []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.serving > 0 || slices.ContainsFunc(from, func(address string) bool { return !h.ended[address] }) {
		h.changed.Wait()
	}
}

// statuses returns the status of each request of a call that reached the sandbox, in order.
func (h *house) statuses(call int) []int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reached[call]
}

// came returns how many requests of a call came up when their connection was over.
func (h *house) came(call int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.late[call]
}

func (h *house) close(t testing.TB) {
	t.Helper()
	_ = h.server.Close()
	<-h.served
	h.rest(nil)
	if err := h.Check(); err != nil {
		t.Errorf("the books are wrong: %v", err)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// statusNote notes the status of an answer.
type statusNote struct {
	http.ResponseWriter

	status int
}

func (n *statusNote) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

func (n *statusNote) Write(b []byte) (int, error) {
	if n.status == 0 {
		n.status = http.StatusOK
	}
	return n.ResponseWriter.Write(b)
}

// direct is a transport that hands requests to a handler, and makes no connection.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	if request.Body == nil {
		request.Body = http.NoBody // as a server has it
	}
	answer := httptest.NewRecorder()
	d.handler.ServeHTTP(answer, request)
	return answer.Result(), nil
}

// must returns what returns a value, and fails the test at the error that came with it.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
