package vingd_test

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
)

// unsafeCalls are the calls that must not be executed twice.
func unsafeCalls() (calls []call) {
	for _, c := range eachCall() {
		if c.kind == unsafe {
			calls = append(calls, c)
		}
	}
	return append(calls,
		call{name: "Request of a PUT without a body", op: "request", kind: unsafe, do: doRequest("PUT", nil), data: `{}`},
		call{name: "Request of a POST without a body", op: "request", kind: unsafe, do: doRequest("POST", nil), data: `{}`},
		call{name: "Request of a POST", op: "request", kind: unsafe, do: doRequest("POST", 1), data: `{}`},
	)
}

func doRequest(method string, body any) func(context.Context, *vingd.Client) (any, error) {
	return func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Request(ctx, method, "some/path", body)
	}
}

// A proxy ends a stream by PROTOCOL_ERROR when it cannot forward the broker's response, after the broker has executed the
// request. Go 1.26 sends such a request again by itself, without an end, if it can have its body again.
func TestReplay_ProtocolErrorAfterExecution(t *testing.T) {
	for _, c := range unsafeCalls() {
		t.Run(c.name, func(t *testing.T) {
			broker, address, transport := startHTTP2OnSocket(t, func(x *http2Exchange) {
				if x.nth > 100 {
					x.conn.close()
					return
				}
				x.reset(codeProtocol)
			})
			_, err := c.do(t.Context(), newBareClient(t, address, wrap(transport), vingd.WithTracedTransport()))
			checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, nil, 0)
			if got := broker.requests(); got != 1 {
				t.Errorf("executed %d times, want once", got)
			}
		})
	}
}

// The same by kept connections, on which other calls went well before.
func TestReplay_ProtocolErrorByOwnTransport(t *testing.T) {
	balance := callNamed("Accounts.Balance")
	for _, c := range unsafeCalls() {
		t.Run(c.name, func(t *testing.T) {
			broker, address, transport := startHTTP2OnSocket(t, func(x *http2Exchange) {
				switch {
				case x.nth <= 2:
					x.respond(`{"data": ` + balance.data + `}`)
				case x.nth > 100:
					x.conn.close()
				default:
					x.reset(codeProtocol)
				}
			})
			client := newBareClient(t, address, wrap(transport), vingd.WithTracedTransport())
			for range 2 {
				if _, err := balance.do(t.Context(), client); err != nil {
					t.Fatal(err)
				}
			}
			_, err := c.do(t.Context(), client)
			checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, nil, 0)
			if got := broker.requests(); got != 3 {
				t.Errorf("executed %d times, want once", got-2)
			}
		})
	}
}

// No end of an HTTP/2 stream proves anything. HAProxy 2.6 refuses a stream when a kept connection to the broker dies after the broker
// has executed the request. Node.js 20 ends a connection with GOAWAY, and executes streams above the last one that it names.
func TestHTTP2_StreamEnds(t *testing.T) {
	reset := func(code uint32) func(*http2Exchange) { return func(x *http2Exchange) { x.reset(code) } }
	for _, test := range []struct {
		name string
		end  func(*http2Exchange)
	}{
		{"RST_STREAM NO_ERROR", reset(codeNone)},
		{"RST_STREAM PROTOCOL_ERROR", reset(codeProtocol)},
		{"RST_STREAM INTERNAL_ERROR", reset(codeInternal)},
		{"RST_STREAM CANCEL", reset(codeCancel)},
		{"RST_STREAM ENHANCE_YOUR_CALM", reset(codeEnhanceCalm)},
		{"RST_STREAM REFUSED_STREAM", reset(codeRefusedStream)},
		{"GOAWAY below the stream", func(x *http2Exchange) { x.goAway(x.stream-1, codeNone) }},
		{"GOAWAY below the stream for an error", func(x *http2Exchange) { x.goAway(x.stream-1, codeEnhanceCalm) }},
		{"GOAWAY with the stream", func(x *http2Exchange) { x.goAway(x.stream, codeNone); x.conn.close() }},
		{"GOAWAY with the stream for an error", func(x *http2Exchange) { x.goAway(x.stream, codeInternal); x.conn.close() }},
	} {
		for _, c := range endure.Part(unsafeCalls(), 4) {
			for _, kept := range []int{0, 1} { // requests that the connection has served before
				t.Run(test.name+"/"+c.name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						network := newPipes()
						ends := 0 // how many requests end so
						broker, trust := startHTTP2(t, network, func(x *http2Exchange) {
							if x.nth <= kept || x.nth > kept+ends {
								x.respond(`{"data": ` + c.data + `}`)
								return
							}
							test.end(x)
						})
						transport := network.transport(t)
						transport.TLSClientConfig, transport.ForceAttemptHTTP2 = trust, true
						client := newBareClient(t, pipesAddressTLS, wrap(transport), vingd.WithTracedTransport())
						for range kept {
							if _, err := c.do(t.Context(), client); err != nil {
								t.Fatal(err)
							}
						}

						ends = 100
						_, err := c.do(t.Context(), client)
						checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, nil, 0)
						if got := broker.requests() - kept; got != 1 {
							t.Errorf("sent %d times, want once", got)
						}
					})
				})
			}
		}
	}
}

// Gateways and tracers give each POST an idempotency key, by which net/http takes it for one that it may send again.
func TestReplay_IdempotencyKeyOfWrapper(t *testing.T) {
	balance := callNamed("Accounts.Balance")
	for header, options := range map[string][]vingd.Option{"Idempotency-Key": nil, "X-Idempotency-Key": {vingd.WithTracedTransport()}} {
		for _, c := range unsafeCalls() {
			t.Run(header+"/"+c.name, func(t *testing.T) {
				l, address := listen(t)
				broker := startUncheckedBroker(t, l, func(x *exchange) bool {
					return x.nth != 2 && x.respond(http.StatusOK, `{"data": `+balance.data+`}`)
				})
				transport := newTransport(t)
				client := newBareClient(t, address, roundTrip(func(req *http.Request) (*http.Response, error) {
					req = req.Clone(req.Context())
					req.Header.Set(header, "1234")
					return transport.RoundTrip(req)
				}), options...)
				if _, err := balance.do(t.Context(), client); err != nil {
					t.Fatal(err)
				}
				_, err := c.do(t.Context(), client)
				checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, nil, 0)
				if got := len(broker.requests()); got != 2 {
					t.Errorf("executed %d times, want once", got-1)
				}
			})
		}
	}
}

// A connection of HTTP/2 may die in silence: its bytes are lost, and nothing ends it. It must not fail calls until TCP gives it up.
func TestDeadConnection(t *testing.T) {
	for _, name := range []string{"Accounts.Balance", "Purchases.Commit", "Rewards.Create", "Purchases.Verify"} {
		c := callNamed(name)
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := newPipes()
				var conns []*silentConn
				_, trust := startHTTP2(t, network, func(x *http2Exchange) { x.respond(`{"data": ` + c.data + `}`) })
				transport := vingd.NewTransport()
				defer transport.CloseIdleConnections()
				dial := network.transport(t).DialContext
				transport.TLSClientConfig = trust
				transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
					conn, err := dial(ctx, network, address)
					conns = append(conns, &silentConn{Conn: conn})
					return conns[len(conns)-1], err
				}
				client := newBareClient(t, pipesAddressTLS, wrap(transport), vingd.WithTracedTransport(), vingd.WithRetries(0))
				if _, err := c.do(t.Context(), client); err != nil {
					t.Fatal(err)
				}
				for _, conn := range conns {
					conn.dead.Store(true)
				}
				start, failed := time.Now(), 0
				for time.Since(start) < time.Minute {
					if _, err := c.do(t.Context(), client); err != nil {
						checkFailure(t, err, c, c.unlessSafe(vingd.OutcomeUnknown), vingd.ErrInternal, nil, 0)
						failed++
					}
					<-time.After(time.Second)
				}
				if failed > 1 {
					t.Errorf("%d calls failed by one dead connection, want 1 at most", failed)
				}
			})
		})
	}
}

// silentConn is a connection that loses what is written, without a word, once it is dead.
type silentConn struct {
	net.Conn
	dead atomic.Bool
}

func (c *silentConn) Write(b []byte) (int, error) {
	if c.dead.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}
