package vingd_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// sends is how often a call is sent when it fails in the same way each time, by its kind.
type sends struct{ safe, idempotent, unsafe int }

func (s sends) of(kind methodKind) int { return [...]int{s.safe, s.idempotent, s.unsafe}[kind] }

// With two retries, as in the tests.
var (
	never        = sends{}
	once         = sends{1, 1, 1}
	always       = sends{3, 3, 3}
	unlessUnsafe = sends{3, 3, 1}
)

// failure is a way for a call to fail.
type failure struct {
	name string
	// dial fails in place of a connection, unless it is nil.
	dial func(context.Context) error
	// behave is what the broker does with a request that it has read.
	behave func(*exchange) (keep bool)
	// expire ends the context before the call.
	expire bool

	kind    error
	cause   error // another error that it is; optional
	status  int
	outcome vingd.Outcome // of whatever does not only read
	tries   sends         // how often it is tried
}

// envelope returns what a broker that responds with a status in its own envelope does.
func envelope(status int) func(*exchange) bool {
	return answered(status, `{"message": "Something is wrong", "context": "Some context"}`, "Content-Type", "application/json")
}

func answered(status int, body string, fields ...string) func(*exchange) bool {
	return func(x *exchange) bool { return x.respond(status, body, fields...) }
}

const page = "<html><body><h1>Bad Gateway</h1></body></html>"

// failures are what a call may meet. Only what never left, or what the broker refused in its own words, is not done.
var failures = []failure{
	{name: "refused connection", dial: func(context.Context) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}, kind: vingd.ErrInternal, cause: syscall.ECONNREFUSED, outcome: vingd.OutcomeNotDone, tries: always},
	{name: "no such host", dial: func(context.Context) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}
	}, kind: vingd.ErrInternal, outcome: vingd.OutcomeNotDone, tries: once},
	{name: "name server down", dial: func(context.Context) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}
	}, kind: vingd.ErrInternal, outcome: vingd.OutcomeNotDone, tries: always},
	{name: "bad certificate", dial: func(context.Context) error {
		return &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	}, kind: vingd.ErrInternal, cause: x509.UnknownAuthorityError{}, outcome: vingd.OutcomeNotDone, tries: once},
	{name: "no connection in time", dial: func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}, kind: vingd.ErrInternal, cause: context.DeadlineExceeded, outcome: vingd.OutcomeNotDone, tries: once},
	{name: "cancelled before", expire: true,
		kind: vingd.ErrInternal, cause: context.Canceled, outcome: vingd.OutcomeNotDone, tries: never},

	{name: "hang-up after the request", behave: func(*exchange) bool { return false },
		kind: vingd.ErrInternal, cause: io.EOF, outcome: vingd.OutcomeUnknown, tries: unlessUnsafe},
	{name: "no response in time", behave: func(x *exchange) bool { x.awaitHangUp(); return false },
		kind: vingd.ErrInternal, cause: context.DeadlineExceeded, outcome: vingd.OutcomeUnknown, tries: once},
	{name: "no HTTP", behave: func(x *exchange) bool { x.write("220 mail ESMTP\r\n"); return false },
		kind: vingd.ErrInternal, outcome: vingd.OutcomeUnknown, tries: unlessUnsafe},
	{name: "half a head", behave: func(x *exchange) bool { x.write("HTTP/1.1 200 OK\r\nContent-Ty"); return false },
		kind: vingd.ErrInternal, outcome: vingd.OutcomeUnknown, tries: unlessUnsafe},
	{name: "incomplete response", behave: func(x *exchange) bool { x.write(rawAnswer(200, 1000, `{"data": `)); return false },
		kind: vingd.ErrInternal, cause: io.ErrUnexpectedEOF, status: 200, outcome: vingd.OutcomeUnknown, tries: unlessUnsafe},
	{name: "half a refusal", behave: func(x *exchange) bool { x.write(rawAnswer(403, 1000, `{"mess`)); return false },
		kind: vingd.ErrInternal, cause: io.ErrUnexpectedEOF, status: 403, outcome: vingd.OutcomeUnknown, tries: unlessUnsafe},
	{name: "silence halfway", behave: func(x *exchange) bool {
		x.write(rawAnswer(200, 1000, `{"data": `))
		x.awaitHangUp()
		return false
	}, kind: vingd.ErrInternal, cause: context.DeadlineExceeded, status: 200, outcome: vingd.OutcomeUnknown, tries: once},

	{name: "400", behave: envelope(400), kind: vingd.ErrInvalidData, status: 400, outcome: vingd.OutcomeNotDone, tries: once},
	{name: "401", behave: envelope(401), kind: vingd.ErrGeneral, status: 401, outcome: vingd.OutcomeNotDone, tries: once},
	{name: "402", behave: envelope(402), kind: vingd.ErrGeneral, status: 402, outcome: vingd.OutcomeNotDone, tries: once},
	{name: "403", behave: envelope(403), kind: vingd.ErrForbidden, status: 403, outcome: vingd.OutcomeNotDone, tries: once},
	{name: "404", behave: envelope(404), kind: vingd.ErrNotFound, status: 404, outcome: vingd.OutcomeNotDone, tries: once},
	{name: "408", behave: envelope(408), kind: vingd.ErrGeneral, status: 408, outcome: vingd.OutcomeUnknown, tries: unlessUnsafe},
	{name: "409", behave: envelope(409), kind: vingd.ErrGeneral, status: 409, outcome: vingd.OutcomeNotDone, tries: once},
	{name: "410", behave: envelope(410), kind: vingd.ErrGeneral, status: 410, outcome: vingd.OutcomeNotDone, tries: once},
	{name: "429", behave: envelope(429), kind: vingd.ErrGeneral, status: 429, outcome: vingd.OutcomeNotDone, tries: always},
	{name: "499", behave: envelope(499), kind: vingd.ErrGeneral, status: 499, outcome: vingd.OutcomeUnknown, tries: once},
	{name: "500", behave: envelope(500), kind: vingd.ErrInternal, status: 500, outcome: vingd.OutcomeUnknown, tries: unlessUnsafe},
	{name: "501", behave: envelope(501), kind: vingd.ErrGeneral, status: 501, outcome: vingd.OutcomeUnknown, tries: once},
	{name: "502", behave: envelope(502), kind: vingd.ErrGeneral, status: 502, outcome: vingd.OutcomeUnknown, tries: unlessUnsafe},
	{name: "503", behave: envelope(503), kind: vingd.ErrGeneral, status: 503, outcome: vingd.OutcomeUnknown, tries: unlessUnsafe},
	{name: "504", behave: envelope(504), kind: vingd.ErrGeneral, status: 504, outcome: vingd.OutcomeUnknown, tries: unlessUnsafe},

	{name: "403 page", behave: answered(403, page), kind: vingd.ErrGeneral, status: 403, outcome: vingd.OutcomeUnknown, tries: once},
	{name: "429 of other types", behave: answered(429, `{"message": 5, "context": "Some context"}`), kind: vingd.ErrGeneral, status: 429, outcome: vingd.OutcomeUnknown, tries: unlessUnsafe},
	{name: "403 of other types", behave: answered(403, `{"message": "denied", "context": []}`), kind: vingd.ErrForbidden, status: 403, outcome: vingd.OutcomeUnknown, tries: once},
	{name: "429 page", behave: answered(429, page), kind: vingd.ErrGeneral, status: 429, outcome: vingd.OutcomeUnknown, tries: unlessUnsafe},
	{name: "502 page", behave: answered(502, page), kind: vingd.ErrGeneral, status: 502, outcome: vingd.OutcomeUnknown, tries: unlessUnsafe},
	{name: "404 of JSON", behave: answered(404, `{"error": "no route"}`),
		kind: vingd.ErrInvalidData, status: 404, outcome: vingd.OutcomeUnknown, tries: once},
	{name: "redirect", behave: answered(302, page, "Location", "https://login.example.com/"),
		kind: vingd.ErrGeneral, status: 302, outcome: vingd.OutcomeUnknown, tries: once},
	{name: "redirect in the broker's envelope", behave: envelope(301), kind: vingd.ErrGeneral, status: 301, outcome: vingd.OutcomeUnknown, tries: once},
	{name: "200 page", behave: answered(200, page), kind: vingd.ErrGeneral, status: 200, outcome: vingd.OutcomeUnknown, tries: once},
	{name: "200 of nothing", behave: answered(200, ""), kind: vingd.ErrGeneral, status: 200, outcome: vingd.OutcomeUnknown, tries: once},
	{name: "200 without data", behave: answered(200, `{"ok": true}`),
		kind: vingd.ErrInvalidData, status: 200, outcome: vingd.OutcomeUnknown, tries: once},
	{name: "200 with other data", behave: answered(200, `{"data": "something else"}`),
		kind: vingd.ErrInvalidData, status: 200, outcome: vingd.OutcomeUnknown, tries: once},
}

// Every call meets every failure, on net/http over connections in memory and in virtual time, with retries.
func TestOutcome(t *testing.T) {
	for _, f := range failures {
		for _, c := range eachCall() {
			if c.name == "Request" && f.name == "200 with other data" {
				continue // it takes any data
			}
			t.Run(f.name+"/"+c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { testOutcome(t, f, c) })
			})
		}
	}
}

func testOutcome(t *testing.T, f failure, c call) {
	network := newPipes()
	broker := startBroker(t, network, f.behave)
	transport := network.transport(t)
	if f.dial != nil {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return nil, f.dial(ctx) }
	}
	tries := 0
	client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
		tries++
		return transport.RoundTrip(req)
	}), vingd.WithTracedTransport())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if f.expire {
		cancel()
	}
	got, err := c.do(ctx, client)

	checkFailure(t, err, c, c.unlessSafe(f.outcome), f.kind, f.cause, f.status)
	if got != nil && !reflect.ValueOf(got).IsZero() {
		t.Errorf("returned %v beside the error", got)
	}
	if want := f.tries.of(c.kind); tries != want {
		t.Errorf("tried %d times, want %d", tries, want)
	}
	arrived := broker.requests()
	if f.behave != nil && len(arrived) != tries || f.behave == nil && len(arrived) != 0 {
		t.Errorf("tried %d times, and these arrived: %q", tries, arrived)
	}
}

// unlessSafe returns the outcome of a call that failed: a call that only reads has nothing that could be done.
func (c call) unlessSafe(outcome vingd.Outcome) vingd.Outcome {
	if c.kind == safe {
		return vingd.OutcomeNotDone
	}
	return outcome
}

// checkFailure fails the test unless an error says what it must, in each way there is to ask it.
func checkFailure(t *testing.T, err error, c call, outcome vingd.Outcome, kind, cause error, status int) {
	t.Helper()
	var failed *vingd.Error
	if !errors.As(err, &failed) {
		t.Fatalf("got the error %v, want a *vingd.Error", err)
	}
	if failed.Op != c.op || !errors.Is(failed.Kind, kind) || failed.Status != status || failed.Outcome != outcome {
		t.Errorf("got %s, %v, status %d, %v; want %s, %v, status %d, %v (%v)",
			failed.Op, failed.Kind, failed.Status, failed.Outcome, c.op, kind, status, outcome, err)
	}
	for _, sentinel := range []error{vingd.ErrInvalidData, vingd.ErrForbidden, vingd.ErrNotFound, vingd.ErrInternal, vingd.ErrGeneral} {
		if got, want := errors.Is(err, sentinel), errors.Is(kind, sentinel); got != want {
			t.Errorf("errors.Is(err, %q) is %v", sentinel, got)
		}
	}
	if got, want := errors.Is(err, vingd.ErrOutcomeUnknown), outcome == vingd.OutcomeUnknown; got != want {
		t.Errorf("errors.Is(err, ErrOutcomeUnknown) is %v, want %v", got, want)
	}
	if got := vingd.OutcomeOf(fmt.Errorf("wrapped: %w", err)); got != outcome {
		t.Errorf("OutcomeOf is %v, want %v", got, outcome)
	}
	if cause != nil && !errors.Is(err, cause) {
		t.Errorf("%v is not %v", err, cause)
	}
	text := err.Error()
	if !strings.HasPrefix(text, "vingd: "+c.op+": ") || strings.ContainsAny(text, "\r\n") || strings.Contains(text, "/broker/v1") {
		t.Errorf("the error does not read well: %q", text)
	}
	if got, want := strings.HasSuffix(text, "(outcome unknown)"), outcome == vingd.OutcomeUnknown; got != want {
		t.Errorf("the outcome is %v, and the error reads %q", outcome, text)
	}
	sayNothingSecret(t, err)
}

// A 303 tells that a POST was done, and where its result is. No other redirect tells that it was not.
func TestOutcome_SeeOther(t *testing.T) {
	for _, status := range []int{300, 301, 302, 303, 304, 305, 306, 307, 308, 399} {
		for _, c := range eachCall() {
			l, address := listen(t)
			broker := startBroker(t, l, answered(status, "", "Location", "/broker/v1/elsewhere"))
			_, err := c.do(t.Context(), newBareClient(t, address, nil))
			checkFailure(t, err, c, c.unlessSafe(vingd.OutcomeUnknown), vingd.ErrGeneral, nil, status)
			if got := len(broker.requests()); got != 1 {
				t.Errorf("%d to %s: sent %d times, want once", status, c.name, got)
			}
		}
	}
}

// A gateway may forward a request, lose the response, forward the request again, and meet a limit then. So a refusal in words other
// than the broker's does not tell that nothing was done.
func TestOutcome_TooManyRequestsOfProxy(t *testing.T) {
	for _, body := range []string{page, "", "null", `{"message": "Slow down"}`, `{"context": "Busy"}`, `{"error": {"message": "m", "context": "c"}}`, sorry + sorry} {
		for _, c := range unsafeCalls() {
			l, address := listen(t)
			broker := startUncheckedBroker(t, l, answered(http.StatusTooManyRequests, body))
			_, err := c.do(t.Context(), newBareClient(t, address, nil))
			if got := vingd.OutcomeOf(err); got != vingd.OutcomeUnknown {
				t.Errorf("%s of %s: the outcome is %v, want unknown", body, c.name, got)
			}
			if got := len(broker.requests()); got != 1 {
				t.Errorf("%s of %s: sent %d times, want once", body, c.name, got)
			}
		}
	}
}

// A later attempt does not undo an earlier one.
func TestOutcome_SeveralAttempts(t *testing.T) {
	hangUp := func(*exchange) bool { return false }
	done := answered(200, `{"data": {"ok": true}}`)
	for _, test := range []struct {
		name    string
		behave  []func(*exchange) bool
		outcome vingd.Outcome
		kind    error
		status  int
	}{
		{"unknown, done", []func(*exchange) bool{hangUp, done}, vingd.OutcomeDone, nil, 0},
		{"refused, done", []func(*exchange) bool{envelope(429), done}, vingd.OutcomeDone, nil, 0},
		{"unknown, refused", []func(*exchange) bool{hangUp, envelope(404)}, vingd.OutcomeUnknown, vingd.ErrNotFound, 404},
		{"unknown, refused twice", []func(*exchange) bool{envelope(500), envelope(429), envelope(403)}, vingd.OutcomeUnknown, vingd.ErrForbidden, 403},
		{"refused, unknown, refused", []func(*exchange) bool{envelope(429), hangUp, envelope(409)}, vingd.OutcomeUnknown, vingd.ErrGeneral, 409},
		{"refused twice", []func(*exchange) bool{envelope(429), envelope(403)}, vingd.OutcomeNotDone, vingd.ErrForbidden, 403},
		{"unknown, not committed", []func(*exchange) bool{hangUp, answered(200, `{"data": {"ok": false}}`)}, vingd.OutcomeUnknown, vingd.ErrGeneral, 200},
		{"no word whether committed", []func(*exchange) bool{answered(200, `{"data": {}}`)}, vingd.OutcomeUnknown, vingd.ErrInvalidData, 200},
		{"not committed", []func(*exchange) bool{answered(200, `{"data": {"ok": false}}`)}, vingd.OutcomeNotDone, vingd.ErrGeneral, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := newPipes()
				broker := startBroker(t, network, func(x *exchange) bool { return test.behave[x.nth-1](x) })
				client := newClient(t, pipesAddress, network.transport(t))
				commit := callNamed("Purchases.Commit")
				_, err := commit.do(t.Context(), client)
				if test.kind == nil {
					if err != nil {
						t.Error(err)
					}
				} else {
					checkFailure(t, err, commit, test.outcome, test.kind, nil, test.status)
				}
				if got := broker.requests(); len(got) != len(test.behave) {
					t.Errorf("sent %d times, want %d", len(got), len(test.behave))
				}
			})
		})
	}

	t.Run("unknown, cancelled in between", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
				time.AfterFunc(time.Second, cancel)
				return reply(req, 503, `{"message": "m", "context": "c"}`, "Retry-After", "2"), nil
			}))
			commit := callNamed("Purchases.Commit")
			_, err := commit.do(ctx, client)
			checkFailure(t, err, commit, vingd.OutcomeUnknown, vingd.ErrGeneral, context.Canceled, 503)
		})
	})
}

// A batch in which one thing failed and another did not is neither done nor not done.
func TestOutcome_Batch(t *testing.T) {
	for _, test := range []struct {
		data    string
		outcome vingd.Outcome
	}{
		{`{"oids": [], "errors": [{"code": "409", "desc": "Object exists"}, {"code": "500", "desc": "another"}]}`, vingd.OutcomeNotDone},
		{`{"oids": [5], "errors": [{"code": "409", "desc": "Object exists"}]}`, vingd.OutcomeUnknown},
	} {
		for _, status := range []int{200, 201, 206} {
			create := callNamed("Objects.Create")
			sent := 0
			_, err := create.do(t.Context(), newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
				sent++
				return reply(req, status, `{"data": `+test.data+`}`), nil
			})))
			checkFailure(t, err, create, test.outcome, vingd.ErrGeneral, nil, status)
			var failed *vingd.Error
			if errors.As(err, &failed) && (failed.Context != "Error" || failed.Message != "Object exists") {
				t.Errorf("got %q and %q, want the first failure's words", failed.Context, failed.Message)
			}
			if sent != 1 {
				t.Errorf("sent %d times, want once", sent)
			}
		}
	}
}

// A transport that tells nothing about its connections proves nothing about what has left.
func TestOutcome_WithoutTrace(t *testing.T) {
	for _, c := range eachCall() {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				_, err := c.do(t.Context(), newClient(t, pipesAddress, roundTrip(func(*http.Request) (*http.Response, error) {
					tries++
					return nil, syscall.ECONNREFUSED
				})))
				checkFailure(t, err, c, c.unlessSafe(vingd.OutcomeUnknown), vingd.ErrInternal, syscall.ECONNREFUSED, 0)
				if want := unlessUnsafe.of(c.kind); tries != want {
					t.Errorf("tried %d times, want %d", tries, want)
				}
			})
		})
	}
}

// The same on sockets, where the system names the failure. The transport is one that the client sees, one that it does not see,
// and its own.
func TestOutcome_OnSockets(t *testing.T) {
	for _, test := range []struct {
		name    string
		start   func(t *testing.T) (address string, transport *http.Transport)
		own     bool // whether the client's own transport fails so too
		outcome vingd.Outcome
		status  int
		dials   int // of a read, repeated once
	}{
		{"refused connection", func(t *testing.T) (string, *http.Transport) {
			l, address := listen(t)
			_ = l.Close()
			return address, newTransport(t)
		}, true, vingd.OutcomeNotDone, 0, 2},
		{"no such host", func(t *testing.T) (string, *http.Transport) {
			transport := newTransport(t)
			transport.DialContext = (&net.Dialer{Resolver: noSuchHost(t)}).DialContext
			return "https://broker.example.com", transport
		}, false, vingd.OutcomeNotDone, 0, 1},
		{"unknown authority", func(t *testing.T) (string, *http.Transport) {
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			t.Cleanup(server.Close)
			return server.URL, newTransport(t)
		}, true, vingd.OutcomeNotDone, 0, 1},
		{"another's certificate", func(t *testing.T) (string, *http.Transport) {
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			t.Cleanup(server.Close)
			transport := server.Client().Transport.(*http.Transport)
			transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
			}
			return "https://broker.example.org", transport
		}, false, vingd.OutcomeNotDone, 0, 1},
		{"hang-up at once", brokerThat(func(*exchange) bool { return false }), true, vingd.OutcomeUnknown, 0, 2},
		{"reset", brokerThat(func(x *exchange) bool {
			_ = x.conn.(*net.TCPConn).SetLinger(0)
			return false
		}), true, vingd.OutcomeUnknown, 0, 2},
		{"incomplete response", brokerThat(func(x *exchange) bool {
			x.write(rawAnswer(200, 1000, `{"data": `))
			return false
		}), true, vingd.OutcomeUnknown, 200, 2},
		{"half a chunk", brokerThat(func(x *exchange) bool {
			x.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"data\"")
			return false
		}), true, vingd.OutcomeUnknown, 200, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, kind := range []string{"own", "caller's", "wrapped", "vouched for"} {
				address, transport := test.start(t)
				var tries atomic.Int32
				var rt http.RoundTripper = transport
				switch {
				case kind == "own" && !test.own:
					continue
				case kind == "own":
					rt = nil
				case kind != "caller's":
					rt = roundTrip(func(req *http.Request) (*http.Response, error) {
						tries.Add(1)
						return transport.RoundTrip(req)
					})
				}
				for _, name := range []string{"Purchases.Verify", "Rewards.Create", "Purchases.Commit", "Accounts.Balance", "Vouchers.All"} {
					c := callNamed(name)
					options, outcome := []vingd.Option{vingd.WithRetries(0)}, test.outcome
					switch kind {
					case "wrapped":
						outcome = vingd.OutcomeUnknown
					case "vouched for":
						options = append(options, vingd.WithTracedTransport())
					}
					_, err := c.do(t.Context(), newBareClient(t, address, rt, options...))
					checkFailure(t, err, c, c.unlessSafe(outcome), vingd.ErrInternal, nil, test.status)
				}
				if kind != "wrapped" {
					continue
				}
				tries.Store(0)
				_, _ = callNamed("Accounts.Balance").do(t.Context(), newBareClient(t, address, rt, vingd.WithRetries(1)))
				if got := int(tries.Load()); got != test.dials {
					t.Errorf("tried %d times, want %d", got, test.dials)
				}
			}
		})
	}
}

// brokerThat returns what starts a broker on a socket.
func brokerThat(behave func(*exchange) bool) func(t *testing.T) (string, *http.Transport) {
	return func(t *testing.T) (string, *http.Transport) {
		l, address := listen(t)
		startBroker(t, l, behave)
		return address, newTransport(t)
	}
}

// noSuchHost returns a resolver whose name server, on this machine, knows no name.
func noSuchHost(t *testing.T) *net.Resolver {
	l, _ := listen(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			denyNames(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}}
}

// denyNames responds to each question on a connection of DNS with "no such name".
func denyNames(conn net.Conn) {
	for {
		var length uint16
		if binary.Read(conn, binary.BigEndian, &length) != nil {
			return
		}
		message := make([]byte, length)
		if _, err := io.ReadFull(conn, message); err != nil {
			return
		}
		message[2] |= 0x80                       // a response
		message[3] = 0x80 | 3                    // recursive, no such name
		copy(message[6:12], make([]byte, 6))     // no records
		message = message[:questionEnd(message)] // nor any behind the question
		head := binary.BigEndian.AppendUint16(nil, uint16(len(message)))
		if _, err := conn.Write(slices.Concat(head, message)); err != nil {
			return
		}
	}
}

// questionEnd returns where the one question of a message ends: behind its labels, type and class.
func questionEnd(message []byte) int {
	at := 12
	for message[at] != 0 {
		at += 1 + int(message[at])
	}
	return at + 5
}

// The text of an error has its message once, and the message is the client's if no valid response came.
func TestError_Message(t *testing.T) {
	for want, respond := range map[string]func(*http.Request) (*http.Response, error){
		"no response": func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
		"incomplete response": func(req *http.Request) (*http.Response, error) {
			resp := reply(req, http.StatusOK, "")
			resp.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
			return resp, nil
		},
		"unexpected response format": func(req *http.Request) (*http.Response, error) { return reply(req, http.StatusOK, "[]"), nil },
		"response too large": func(req *http.Request) (*http.Response, error) {
			return reply(req, http.StatusOK, `{"data": "`+strings.Repeat("a", 5<<20)), nil
		},
	} {
		client := newClient(t, pipesAddress, roundTrip(respond))
		_, err := client.Rewards.Create(t.Context(), huid, vingd.RewardParams{Amount: 75})
		var failed *vingd.Error
		if !errors.As(err, &failed) || failed.Message != want || failed.Context != "" || strings.Count(err.Error(), want) != 1 {
			t.Errorf("got %v, want the message %q once, and no context", err, want)
		}
	}
}
