package vingd_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// notDialling makes a transport one that cannot connect.
func notDialling(transport *http.Transport) *http.Transport {
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	return transport
}

// notDone fails the test unless each call that must not be executed twice is told to have this outcome, by a transport that
// cannot connect.
func outcomesWithoutConnection(t *testing.T, rt http.RoundTripper, want vingd.Outcome, options ...vingd.Option) {
	t.Helper()
	for _, c := range unsafeCalls() {
		_, err := c.do(t.Context(), newBareClient(t, pipesAddressTLS, rt, append(options, vingd.WithRetries(0))...))
		checkFailure(t, err, c, want, vingd.ErrInternal, nil, 0)
	}
}

// A plain transport of net/http reports each connection, so that without one nothing was sent.
func TestTransport_PlainProvesNotSent(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	used := server.Client().Transport.(*http.Transport)
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := used.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	used.CloseIdleConnections()
	onlyHTTP1, onlyHTTP2 := new(http.Protocols), new(http.Protocols)
	onlyHTTP1.SetHTTP1(true)
	onlyHTTP2.SetHTTP2(true)
	files := newTransport(t)
	files.RegisterProtocol("file", http.NewFileTransport(http.Dir(".")))
	for name, transport := range map[string]*http.Transport{
		"new":                  newTransport(t),
		"the client's own":     vingd.NewTransport(),
		"used":                 used,
		"a copy":               used.Clone(),
		"net/http's":           http.DefaultTransport.(*http.Transport).Clone(),
		"HTTP/2 forced":        {ForceAttemptHTTP2: true},
		"HTTP/2 switched off":  {TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}},
		"HTTP/1.1 only":        {Protocols: onlyHTTP1},
		"HTTP/2 only":          {Protocols: onlyHTTP2},
		"no kept connections":  {DisableKeepAlives: true},
		"net/http's own files": files,
	} {
		t.Run(name, func(t *testing.T) {
			outcomesWithoutConnection(t, notDialling(transport), vingd.OutcomeNotDone)
		})
	}
}

// Any other transport proves nothing, unless the caller vouches for it.
func TestTransport_OtherProvesNothing(t *testing.T) {
	registered := func(scheme string, rt http.RoundTripper) *http.Transport {
		transport := newTransport(t)
		transport.RegisterProtocol(scheme, rt)
		return transport
	}
	skip := roundTrip(func(*http.Request) (*http.Response, error) { return nil, http.ErrSkipAltProtocol })
	nextProto := func(names ...string) *http.Transport {
		protos := map[string]func(string, *tls.Conn) http.RoundTripper{}
		for _, name := range names {
			protos[name] = func(string, *tls.Conn) http.RoundTripper { return skip }
		}
		return &http.Transport{TLSNextProto: protos}
	}
	wrapped := newTransport(t)
	for name, rt := range map[string]http.RoundTripper{
		"wrapped":                         roundTrip(notDialling(wrapped).RoundTrip),
		"a protocol for https":            notDialling(registered("https", skip)),
		"another transport for https":     notDialling(registered("https", notDialling(newTransport(t)))),
		"a protocol of its own":           notDialling(registered("spy", skip)),
		"another next protocol":           notDialling(nextProto("http/1.1")),
		"another HTTP/2":                  notDialling(nextProto("h2")),
		"another next protocol and h2":    notDialling(nextProto("h2", "spy")),
		"a copy of another next protocol": notDialling(nextProto("spy").Clone()),
	} {
		t.Run(name, func(t *testing.T) {
			outcomesWithoutConnection(t, rt, vingd.OutcomeUnknown)
			outcomesWithoutConnection(t, rt, vingd.OutcomeNotDone, vingd.WithTracedTransport())
		})
	}
	t.Run("registered later", func(t *testing.T) {
		transport := notDialling(newTransport(t))
		client := newBareClient(t, pipesAddressTLS, transport, vingd.WithRetries(0))
		transport.RegisterProtocol("https", skip)
		for _, c := range unsafeCalls() {
			_, err := c.do(t.Context(), client)
			checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, nil, 0)
		}
	})
}

// A connection that TLSNextProto takes over is not reported, and may have carried a request.
func TestTransport_UnreportingNextProto(t *testing.T) {
	for _, proto := range []string{"spy", "h2"} {
		for _, c := range unsafeCalls() {
			t.Run(proto+"/"+c.name, func(t *testing.T) {
				executed := 0
				server := httptest.NewUnstartedServer(http.NotFoundHandler())
				server.TLS = &tls.Config{NextProtos: []string{proto}, MinVersion: tls.VersionTLS12}
				server.StartTLS()
				defer server.Close()
				transport := server.Client().Transport.(*http.Transport).Clone()
				transport.TLSClientConfig.NextProtos = []string{proto}
				transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{
					proto: func(_ string, conn *tls.Conn) http.RoundTripper {
						return roundTrip(func(*http.Request) (*http.Response, error) {
							executed++
							_ = conn.Close()
							return nil, io.ErrUnexpectedEOF
						})
					},
				}
				_, err := c.do(t.Context(), newBareClient(t, server.URL, transport))
				checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, io.ErrUnexpectedEOF, 0)
				if executed != 1 {
					t.Errorf("executed %d times, want once", executed)
				}
			})
		}
	}
}

// A transport may try a way first of which httptrace knows nothing, such as HTTP/3, and then a plain one that cannot connect.
func TestTransport_Fallback(t *testing.T) {
	for _, c := range unsafeCalls() {
		executed := 0
		fallback := notDialling(newTransport(t))
		_, err := c.do(t.Context(), newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			executed++ // and the response was lost
			return fallback.RoundTrip(req)
		})))
		checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, syscall.ECONNREFUSED, 0)
		if executed != 1 {
			t.Errorf("%s: executed %d times, want once", c.name, executed)
		}
	}
}

// A transport that retries may have executed a request before it meets a server that ends the connection. The client ends the call
// before the request is sent again.
func TestTransport_RetryingBeforeGoAway(t *testing.T) {
	for _, c := range unsafeCalls() {
		broker, address, transport := startHTTP2OnSocket(t, func(x *http2Exchange) {
			if x.nth%2 == 1 {
				x.reset(codeInternal) // executed
			} else {
				x.goAway(x.stream-1, codeNone)
			}
		})
		_, err := c.do(t.Context(), newBareClient(t, address, roundTrip(func(req *http.Request) (*http.Response, error) {
			resp, err := transport.RoundTrip(req.Clone(req.Context()))
			if err != nil {
				resp, err = transport.RoundTrip(req.Clone(req.Context()))
			}
			return resp, err
		})))
		if got := vingd.OutcomeOf(err); got != vingd.OutcomeUnknown {
			t.Errorf("%s: the outcome is %v, want unknown", c.name, got)
		}
		if got := broker.requests(); got != 1 {
			t.Errorf("%s: sent %d times, want once", c.name, got)
		}
	}
}

// A transport that retries by itself is beyond this package's reach. It gets a request that cannot be sent again, if it asks.
func TestTransport_Retries(t *testing.T) {
	for _, c := range unsafeCalls() {
		executed := 0
		_, err := c.do(t.Context(), newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			for {
				executed++
				if req.Body != nil && req.GetBody == nil { // it cannot have the body again
					return nil, io.ErrUnexpectedEOF
				}
				if executed == 3 {
					return reply(req, 200, `{"data": `+c.data+`}`), nil
				}
			}
		})))
		checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, io.ErrUnexpectedEOF, 0)
		if executed != 1 {
			t.Errorf("%s: executed %d times, want once", c.name, executed)
		}
	}
}

// Everything goes by the protocol that the caller has registered for https: a recorder, a guard, HTTP/3.
func TestTransport_RegisteredProtocolForVerify(t *testing.T) {
	for _, later := range []bool{false, true} {
		for _, c := range eachCall() {
			transport := notDialling(newTransport(t))
			var client *vingd.Client
			if later {
				client = newBareClient(t, pipesAddressTLS, transport)
			}
			var seen atomic.Int32
			transport.RegisterProtocol("https", roundTrip(func(req *http.Request) (*http.Response, error) {
				seen.Add(1)
				return reply(req, 200, `{"data": `+c.data+`}`), nil
			}))
			if !later {
				client = newBareClient(t, pipesAddressTLS, transport)
			}
			if _, err := c.do(t.Context(), client); err != nil || seen.Load() != 1 {
				t.Errorf("%s: the registered protocol saw %d requests, want 1 (%v)", c.name, seen.Load(), err)
			}
		}
	}
}

// A transport for which the caller vouches lets a call be made again that found no connection.
func TestWithTracedTransport(t *testing.T) {
	for _, c := range eachCall() {
		for _, vouched := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s vouched %t", c.name, vouched), func(t *testing.T) {
				t.Parallel() // the client waits before it retries
				var dialled atomic.Int32
				l, address := listen(t)
				broker := startBroker(t, l, answered(200, `{"data": `+c.data+`}`))
				transport := newTransport(t)
				transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
					if dialled.Add(1) == 1 {
						return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
					}
					return new(net.Dialer).DialContext(ctx, network, address)
				}
				var options []vingd.Option
				if vouched {
					options = append(options, vingd.WithTracedTransport())
				}
				_, err := c.do(t.Context(), newBareClient(t, address, roundTrip(func(req *http.Request) (*http.Response, error) {
					if c.kind != safe && httptrace.ContextClientTrace(req.Context()) == nil {
						t.Errorf("%s is not traced", c.name)
					}
					return transport.RoundTrip(req)
				}), options...))
				retried := vouched || c.kind != unsafe
				if (err == nil) != retried || len(broker.requests()) != int(dialled.Load())-1 {
					t.Errorf("%s, vouched %v: got %v, and %d requests arrived by %d dials", c.name, vouched, err, len(broker.requests()), dialled.Load())
				}
				if !retried && !errors.Is(err, vingd.ErrOutcomeUnknown) {
					t.Errorf("%s: got %v, want ErrOutcomeUnknown", c.name, err)
				}
			})
		}
	}
}

// A verification is a GET without a body, by HTTP/1.1 on a connection of its own. By HTTP/2 only a body forbids net/http to send it
// again; HAProxy makes such a GET a chunked one, which servers may refuse.
func TestVerify_HTTP1WithoutBody(t *testing.T) {
	verify := callNamed("Purchases.Verify")
	var arrived []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived = append(arrived, fmt.Sprintf("%s %v %d", r.Proto, r.TransferEncoding, r.ContentLength))
		_, _ = io.WriteString(w, `{"data": `+verify.data+`}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	trust := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	plain, own, http2Only := newTransport(t), vingd.NewTransport(), newTransport(t)
	plain.Clone() // sets up HTTP/2, which a transport with a TLS configuration of the caller's does not have
	http2Only.Protocols = new(http.Protocols)
	http2Only.Protocols.SetHTTP2(true)
	http2Only.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	for name, transport := range map[string]*http.Transport{"the client's own": own, "the caller's": plain, "the caller's of HTTP/2": http2Only} {
		defer transport.CloseIdleConnections()
		transport.TLSClientConfig.RootCAs = trust
		arrived = nil
		client := newBareClient(t, server.URL, transport)
		for range 2 {
			if _, err := verify.do(t.Context(), client); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		want := []string{"HTTP/1.1 [] 0", "HTTP/1.1 [] 0"}
		if transport == http2Only {
			want = []string{"HTTP/2.0 [] -1", "HTTP/2.0 [] -1"}
		}
		if !slices.Equal(arrived, want) {
			t.Errorf("%s: got %q, want %q", name, arrived, want)
		}
	}
}

// A caller's code that makes TLS connections may agree on HTTP/2, so verifications go by the transport as it is.
func TestVerify_DialTLSContext(t *testing.T) {
	verify := callNamed("Purchases.Verify")
	var protocols []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocols = append(protocols, r.Proto)
		_, _ = io.WriteString(w, `{"data": `+verify.data+`}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	dialer := &tls.Dialer{Config: server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()}
	dialer.Config.NextProtos = []string{"h2"}
	transport := newTransport(t)
	transport.DialTLSContext, transport.ForceAttemptHTTP2 = dialer.DialContext, true
	if _, err := verify.do(t.Context(), newBareClient(t, server.URL, transport)); err != nil || !slices.Equal(protocols, []string{"HTTP/2.0"}) {
		t.Errorf("verified by %q, %v; want HTTP/2.0", protocols, err)
	}
}

// Each verification has a connection of its own, and all but the first resume a TLS session.
func TestVerify_ResumesTLS(t *testing.T) {
	verify := callNamed("Purchases.Verify")
	for _, overHTTP2 := range []bool{false, true} {
		var resumed []bool
		conns := map[string]bool{}
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			resumed = append(resumed, r.TLS.DidResume)
			conns[r.RemoteAddr] = true
			_, _ = io.WriteString(w, `{"data": `+verify.data+`}`)
		}))
		server.EnableHTTP2 = overHTTP2
		server.StartTLS()
		defer server.Close()
		for name, transport := range map[string]*http.Transport{"the client's own": vingd.NewTransport(), "the caller's": newTransport(t)} {
			transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
			client := newBareClient(t, server.URL, transport)
			resumed = nil
			clear(conns)
			for range 3 {
				if _, err := verify.do(t.Context(), client); err != nil {
					t.Fatal(err)
				}
			}
			if want := []bool{false, true, true}; !slices.Equal(resumed, want) || len(conns) != 3 {
				t.Errorf("%s, HTTP/2 %v: resumed %v by %d connections, want %v by 3", name, overHTTP2, resumed, len(conns), want)
			}
			if transport.TLSClientConfig.ClientSessionCache != nil {
				t.Errorf("%s: the transport was changed", name)
			}
		}
	}
}
