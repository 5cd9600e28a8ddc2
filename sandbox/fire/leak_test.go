package fire_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/race"
	"github.com/vingd/vingd-api-go/vingd"
)

const (
	// leakCallers is how many make calls at a time.
	leakCallers = 16
	// leakStep is how many calls one of them makes before the next.
	leakStep = 10
)

// failings are ways for a call to fail: what the server does with a request, unless something goes wrong before.
var failings = []struct {
	name string
	// serve fails a request.
	serve http.HandlerFunc
	// dial fails in place of a connection, unless it is nil.
	dial func() (net.Conn, error)
	// ends says that the context ends within two milliseconds, at any point of the call; late that the client gives up.
	ends, late bool
}{
	{name: "reset", serve: func(w http.ResponseWriter, r *http.Request) { hangUp(w, true) }},
	{name: "hang-up", serve: func(w http.ResponseWriter, r *http.Request) { hangUp(w, false) }},
	{name: "half an answer", serve: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"data": [`)
		panic(http.ErrAbortHandler)
	}},
	{name: "500", serve: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"message": "m", "context": "c"}`)
	}},
	{name: "garbage", serve: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 100_000)) }},
	{name: "no HTTP", serve: func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler) // HTTP/2 has no such thing
		}
		_, _ = io.WriteString(conn, "220 mail ESMTP\r\n")
		_ = conn.Close()
	}},
	{name: "cancel", ends: true, serve: silence},
	{name: "timeout", late: true, serve: silence},
	{name: "refused", dial: func() (net.Conn, error) { return net.Dial("tcp", "127.0.0.1:1") }},
	{name: "no TLS", dial: func() (net.Conn, error) {
		ours, theirs := net.Pipe()
		_ = theirs.Close()
		return ours, nil
	}},
}

func silence(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// hangUp ends a connection; over HTTP/2, the stream.
func hangUp(w http.ResponseWriter, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	raw := conn
	if sealed, ok := conn.(*tls.Conn); ok {
		raw = sealed.NetConn()
	}
	if reset {
		_ = raw.(*net.TCPConn).SetLinger(0)
	}
	_ = raw.Close()
}

// TestNothingIsLeft lets calls fail in every way, many at a time. Afterwards there are as many goroutines, descriptors
// and connections as before.
func TestNothingIsLeft(t *testing.T) {
	calls := callsUnraced
	if race.Enabled {
		calls = callsRaced
	}
	each := number(t, callsVariable, calls) / len(failings) / int(wires)
	c := newCertificates(t)
	before := readHoldings(t)
	total := 0
	for w := range wires {
		t.Run(w.String(), func(t *testing.T) { total += failOver(t, w, c, each) })
	}
	settle(t, "when all is closed", before, func() holdings { return readHoldings(t) })
	t.Logf("%d calls failed; %s before, %s after", total, before, readHoldings(t))
}

// failOver makes calls fail over a wire, and returns how many there were.
func failOver(t *testing.T, w wire, c *certificates, each int) (total int) {
	var wrong atomic.Pointer[http.HandlerFunc]
	var dial atomic.Pointer[func() (net.Conn, error)]
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if serve := wrong.Load(); serve != nil {
			(*serve)(out, r)
			return
		}
		_, _ = io.WriteString(out, `{"data": {"balance": 1}}`)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{c.known}, MinVersion: tls.VersionTLS12}
	if server.EnableHTTP2 = w == overHTTP2; w == inTheClear {
		server.Start()
	} else {
		server.StartTLS()
	}
	defer server.Close()
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: c.roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: w == overHTTP2,
		MaxIdleConnsPerHost: leakCallers,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if fails := dial.Load(); fails != nil {
				return (*fails)()
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	client, hasty := newFailing(t, server.URL, transport), newFailing(t, server.URL, transport, vingd.WithTimeout(time.Millisecond))
	defer client.CloseIdleConnections()
	defer hasty.CloseIdleConnections()

	// Of what a cancelled call began to dial something may come about later, and be kept like any other connection.
	atRest := func() holdings {
		client.CloseIdleConnections()
		hasty.CloseIdleConnections()
		if _, err := client.Accounts.Balance(t.Context()); err != nil {
			t.Fatal(err)
		}
		return readHoldings(t)
	}
	var before holdings
	for i, f := range failings {
		if i == 0 {
			before = atRest()
		}
		if f.serve != nil {
			wrong.Store(&f.serve)
		}
		if f.dial != nil {
			transport.CloseIdleConnections()
			dial.Store(&f.dial)
		}
		caller := client
		if f.late {
			caller = hasty
		}
		total += failTogether(t, f.name, caller, each, f.ends)
		wrong.Store(nil)
		dial.Store(nil)
		settle(t, "after "+f.name, before, atRest)
	}
	return total
}

func newFailing(t *testing.T, address string, transport *http.Transport, options ...vingd.Option) *vingd.Client {
	t.Helper()
	return must(vingd.New(vingd.Password("test@vingd.com", "123"), append([]vingd.Option{
		vingd.WithEndpoint(address + "/broker/v1"), vingd.WithLoopbackHTTP(), vingd.WithRetries(0),
		vingd.WithHTTPClient(&http.Client{Transport: transport}),
	}, options...)...))(t)
}

// failTogether makes so many calls at least, each of which must fail, and returns how many there were.
func failTogether(t *testing.T, name string, client *vingd.Client, least int, ends bool) int {
	var begun, made atomic.Int64
	var done sync.WaitGroup
	for n := range leakCallers {
		done.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(n)))
			for begun.Add(leakStep) <= int64(least)+leakStep {
				for i := range leakStep {
					ctx, release := t.Context(), func() {} // nothing but the client ends the call
					if ends {
						ctx, release = endSoon(ctx, r)
					}
					err := failOne(ctx, client, n+i)
					release()
					made.Add(1)
					if err == nil {
						t.Errorf("%s: a call did not fail", name)
						return
					}
				}
			}
		})
	}
	done.Wait()
	return int(made.Load())
}

// endSoon returns a context that ends within two milliseconds.
func endSoon(parent context.Context, r *rand.Rand) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancel(parent)
	timer := time.AfterFunc(time.Duration(r.IntN(2_000_000)), cancel)
	return ctx, func() {
		timer.Stop()
		cancel()
	}
}

// failOne makes one of several calls: what reads, what acts by GET and by POST, what settles, and a list.
func failOne(ctx context.Context, c *vingd.Client, n int) error {
	const user = "5b7c1a9d2e3f405162738495a6b7c8d9e0f1a2b3"
	switch n % 5 {
	case 0:
		_, err := c.Accounts.Balance(ctx)
		return err
	case 1:
		_, err := c.Purchases.Verify(ctx, 5, user)
		return err
	case 2:
		_, err := c.Rewards.Create(ctx, user, vingd.RewardParams{Amount: 1})
		return err
	case 3:
		return c.Purchases.Commit(ctx, 7, 8)
	default:
		for _, err := range c.Vouchers.All(ctx, vingd.VoucherFilter{}) {
			return err
		}
		return errors.New("no vouchers")
	}
}

// holdings are what a process holds.
type holdings struct{ goroutines, descriptors int }

func (h holdings) String() string {
	return fmt.Sprintf("%d goroutines and %d descriptors", h.goroutines, h.descriptors)
}

func readHoldings(t *testing.T) holdings {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil && runtime.GOOS == "linux" {
		t.Fatal(err)
	}
	return holdings{runtime.NumGoroutine(), len(files)}
}

// settle waits until the process holds no more than before.
func settle(t *testing.T, when string, before holdings, read func() holdings) {
	t.Helper()
	var now holdings
	for range 1000 {
		now = read()
		if now.goroutines <= before.goroutines && now.descriptors <= before.descriptors {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Fatalf("%s: %s, there were %s before\n%s", when, now, before, stacks[:runtime.Stack(stacks, true)])
}
