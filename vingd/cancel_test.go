package vingd_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// phase is what a call waits for when it is cancelled.
type phase struct {
	name string
	// start returns a transport, for a broker at an address, by which calls come as far as this phase and no farther.
	// It tells each time one is there.
	start   func(t *testing.T, there chan<- struct{}) (address string, rt http.RoundTripper)
	outcome vingd.Outcome // of whatever does not only read
	status  int
}

var phases = []phase{
	{"DNS", func(t *testing.T, there chan<- struct{}) (string, http.RoundTripper) {
		transport := newTransport(t)
		over := make(chan struct{})
		t.Cleanup(func() { close(over) })
		dialer := &net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			select {
			case <-ctx.Done():
			case <-over: // two calls that look for one name may wait for one question, which the end of neither ends
			}
			return nil, net.ErrClosed
		}}}
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			tell(there)
			return dialer.DialContext(ctx, network, address)
		}
		return "https://broker.example.com", transport
	}, vingd.OutcomeNotDone, 0},
	{"dial", func(t *testing.T, there chan<- struct{}) (string, http.RoundTripper) {
		transport := newTransport(t)
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			tell(there)
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return "https://127.0.0.1:1", transport
	}, vingd.OutcomeNotDone, 0},
	{"TLS", func(t *testing.T, there chan<- struct{}) (string, http.RoundTripper) {
		l, address := listen(t)
		acceptEach(t, l, func(conn net.Conn) {
			hello := make([]byte, 1)
			if _, err := io.ReadFull(conn, hello); err == nil {
				tell(there)
			}
			_, _ = io.Copy(io.Discard, conn)
		})
		return strings.Replace(address, "http:", "https:", 1), newTransport(t)
	}, vingd.OutcomeNotDone, 0},
	{"headers", func(t *testing.T, there chan<- struct{}) (string, http.RoundTripper) {
		l, address := listen(t)
		startBroker(t, l, func(x *exchange) bool { tell(there); x.awaitHangUp(); return false })
		return address, newTransport(t)
	}, vingd.OutcomeUnknown, 0},
	{"body", func(t *testing.T, there chan<- struct{}) (string, http.RoundTripper) {
		l, address := listen(t)
		startBroker(t, l, func(x *exchange) bool {
			x.write(rawAnswer(200, 1000, `{"data": `))
			x.awaitHangUp()
			return false
		})
		return address, tellingHeads(newTransport(t), there)
	}, vingd.OutcomeUnknown, 200},
	{"headers by HTTP/2", func(t *testing.T, there chan<- struct{}) (string, http.RoundTripper) {
		return overHTTP2(t, func(_ http.ResponseWriter, r *http.Request) { tell(there); <-r.Context().Done() })
	}, vingd.OutcomeUnknown, 0},
	{"body by HTTP/2", func(t *testing.T, there chan<- struct{}) (string, http.RoundTripper) {
		address, transport := overHTTP2(t, func(w http.ResponseWriter, r *http.Request) {
			flush(w, `{"data": `)
			<-r.Context().Done()
		})
		return address, tellingHeads(transport, there)
	}, vingd.OutcomeUnknown, 200},
	{"backoff", func(_ *testing.T, there chan<- struct{}) (string, http.RoundTripper) {
		return pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			tell(there)
			return reply(req, http.StatusServiceUnavailable, sorry, "Retry-After", "20"), nil
		})
	}, vingd.OutcomeUnknown, 503},
}

// tell says that a call is there, unless that is known.
func tell(there chan<- struct{}) {
	select {
	case there <- struct{}{}:
	default:
	}
}

// tellingHeads returns a transport that tells when it returns the head of a response.
func tellingHeads(rt http.RoundTripper, there chan<- struct{}) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		resp, err := rt.RoundTrip(req)
		tell(there)
		return resp, err
	})
}

// acceptEach serves each connection of a listener until the test ends.
func acceptEach(t *testing.T, l net.Listener, serve func(net.Conn)) {
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { defer func() { _ = conn.Close() }(); serve(conn) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); serving.Wait() })
}

// overHTTP2 returns a broker that speaks HTTP/2, and a transport that trusts it.
func overHTTP2(t *testing.T, serve http.HandlerFunc) (string, http.RoundTripper) {
	server := httptest.NewUnstartedServer(serve)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, server.Client().Transport
}

// A call that is cancelled in any phase returns the cause and the outcome. Goleak finds no goroutine of it.
func TestCancel(t *testing.T) {
	for _, p := range phases {
		for _, name := range []string{"Accounts.Balance", "Purchases.Verify", "Purchases.Commit", "Rewards.Create", "Vouchers.List", "Vouchers.All"} {
			c := callNamed(name)
			if p.name == "backoff" && c.kind == unsafe {
				continue // there is no retry
			}
			t.Run(p.name+"/"+name, func(t *testing.T) {
				there := make(chan struct{}, 1)
				address, rt := p.start(t, there)
				client := newBareClient(t, address, rt)
				ctx, cancel := context.WithCancel(t.Context())
				go func() {
					<-there
					if p.name == "backoff" {
						<-time.After(time.Millisecond) // the response is read, and the wait begins
					}
					cancel()
				}()
				within(t, name, func() {
					_, err := c.do(ctx, client)
					kind := vingd.ErrInternal
					if p.name == "backoff" {
						kind = vingd.ErrGeneral
					}
					checkFailure(t, err, c, c.unlessSafe(p.outcome), kind, context.Canceled, p.status)
				})
			})
		}
	}
}

// TestCancelLatency measures how long a call goes on after it is cancelled. VINGD_CANCELS says how often, in all phases
// together; "make cancels" does it 10 000 times. It asserts no time, which would depend on the machine.
func TestCancelLatency(t *testing.T) {
	many, err := strconv.Atoi(os.Getenv("VINGD_CANCELS"))
	if err != nil {
		t.Skip("VINGD_CANCELS does not say how often to cancel")
	}
	random := rand.New(rand.NewPCG(1, 1))
	var all []time.Duration
	for _, p := range phases {
		there := make(chan struct{}, 1)
		address, rt := p.start(t, there)
		client := newBareClient(t, address, rt)
		c := callNamed("Accounts.Balance")
		var took []time.Duration
		for range (many + len(phases) - 1) / len(phases) {
			ctx, cancel := context.WithCancel(t.Context())
			cancelled := make(chan time.Time, 1)
			delay := time.Duration(random.IntN(300)) * time.Microsecond
			if p.name == "backoff" {
				delay += time.Millisecond
				client = newBareClient(t, address, rt) // one that has retries left
			}
			go func() {
				<-there
				<-time.After(delay)
				cancelled <- time.Now()
				cancel()
			}()
			_, err := c.do(ctx, client)
			returned := time.Now()
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: %v", p.name, err)
			}
			took = append(took, returned.Sub(<-cancelled))
		}
		all = append(all, took...)
		report(t, p.name, took)
	}
	report(t, "all", all)
}

// report prints the percentiles of what was measured.
func report(t *testing.T, name string, took []time.Duration) {
	slices.Sort(took)
	at := func(share float64) time.Duration {
		return took[min(int(share*float64(len(took))), len(took)-1)].Round(time.Microsecond)
	}
	t.Logf("%-20s %6d cancels: p50 %v, p99 %v, p99.9 %v, at most %v", name, len(took), at(.5), at(.99), at(.999), at(1))
}
