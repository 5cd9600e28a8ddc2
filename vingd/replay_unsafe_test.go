package vingd_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vingd/vingd-api-go/internal/tlstest"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

// Net/http itself sends a GET again if its kept connection dies before the first byte of a response. Then the broker executes it
// twice, and the caller sees one success. The connections of this broker die so after the first request for the given call. All
// else succeeds.

// dyingBroker starts such a broker, by TLS unless a transport is to be the client's own.
func dyingBroker(t *testing.T, doomed call, overTLS bool) (b *broker, address string, transport *http.Transport) {
	l, address := listen(t)
	transport = newTransport(t)
	if overTLS {
		server := tlstest.NewServer(http.NotFoundHandler())
		defer server.Close()
		l = tls.NewListener(l, &tls.Config{Certificates: server.TLS.Certificates})
		address = strings.Replace(address, "http:", "https:", 1)
		transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	}
	var died atomic.Bool
	b = startBroker(t, l, func(x *exchange) bool {
		if asks(x.req, doomed) && died.CompareAndSwap(false, true) {
			return false
		}
		for _, c := range calls {
			if asks(x.req, c) {
				return x.respond(http.StatusOK, `{"data": `+c.data+`}`)
			}
		}
		return false
	})
	return b, address, transport
}

// asks reports whether a request is that of a call.
func asks(req *http.Request, c call) bool {
	return req.Method == c.method && req.URL.EscapedPath() == "/broker/v1"+c.path
}

// times returns how often a call arrived at a broker.
func (b *broker) times(c call) (n int) {
	for _, request := range b.requests() {
		if request == c.method+" /broker/v1"+c.path {
			n++
		}
	}
	return n
}

// Plain net/http sends twice. Otherwise the other tests of this file would show nothing.
func TestReplay_PlainClientSendsTwice(t *testing.T) {
	for _, overTLS := range []bool{false, true} {
		verify := callNamed("Purchases.Verify")
		broker, address, transport := dyingBroker(t, verify, overTLS)
		plain := &http.Client{Transport: transport}
		for _, path := range []string{"/fort/accounts", verify.path} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/broker/v1"+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", authorization)
			resp, err := plain.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != http.StatusOK {
				t.Errorf("%s: status %d", path, resp.StatusCode)
			}
			buffer := make([]byte, 4096)
			for err == nil {
				_, err = resp.Body.Read(buffer)
			}
			_ = resp.Body.Close()
		}
		if got := broker.times(verify); got != 2 {
			t.Errorf("plain net/http sent the verification %d times, want 2: this broker does not do what it must", got)
		}
	}
}

func TestReplay_UnsafeCallsAreSentOnce(t *testing.T) {
	transports := []struct {
		name    string
		overTLS bool
		of      func(*http.Transport) http.RoundTripper
	}{
		{"its own", false, func(*http.Transport) http.RoundTripper { return nil }},
		{"the caller's", true, func(t *http.Transport) http.RoundTripper { return t }},
		{"the caller's without TLS", false, func(t *http.Transport) http.RoundTripper { return t }},
		{"one that the caller has wrapped", true, func(t *http.Transport) http.RoundTripper { return roundTrip(t.RoundTrip) }},
		{"one wrapped without TLS", false, func(t *http.Transport) http.RoundTripper { return roundTrip(t.RoundTrip) }},
	}
	balance := callNamed("Accounts.Balance")
	for _, transport := range transports {
		for _, c := range eachCall() {
			if c.kind != unsafe {
				continue
			}
			t.Run(transport.name+"/"+c.name, func(t *testing.T) {
				broker, address, callers := dyingBroker(t, c, transport.overTLS)
				client := newBareClient(t, address, transport.of(callers))
				// Connections to be kept: of calls that read, and of one that acts, too.
				other := callNamed("Users.Create")
				if c.name == other.name {
					other = callNamed("Rewards.Create")
				}
				for _, warm := range []call{balance, other, balance} {
					if _, err := warm.do(t.Context(), client); err != nil {
						t.Fatal(err)
					}
				}
				_, err := c.do(t.Context(), client)
				checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, nil, 0)
				if got := broker.times(c); got != 1 {
					t.Errorf("sent %d times, want once", got)
				}
				if got, err := c.do(t.Context(), client); err != nil || got == nil {
					t.Errorf("the next call returned %v, %v", got, err)
				}
				if got := broker.times(c); got != 2 {
					t.Errorf("sent %d times by two calls", got)
				}
			})
		}
	}
}

// Verification again and again, each on a connection that may have served one before.
func TestReplay_ManyVerifications(t *testing.T) {
	verify := callNamed("Purchases.Verify")
	for _, wrapped := range []bool{false, true} {
		l, address := listen(t)
		broker := startBroker(t, l, func(x *exchange) bool {
			return x.onConn == 1 && x.respond(http.StatusOK, `{"data": `+verify.data+`}`)
		})
		var rt http.RoundTripper = newTransport(t)
		if wrapped {
			rt = roundTrip(rt.RoundTrip)
		}
		client := newBareClient(t, address, rt)
		const many = 10
		failed := 0
		for range many {
			switch _, err := verify.do(t.Context(), client); {
			case errors.Is(err, vingd.ErrOutcomeUnknown):
				failed++
			case err != nil:
				t.Error(err)
			}
		}
		if got := broker.times(verify); got != many {
			t.Errorf("sent %d times by %d calls", got, many)
		}
		if want := wrapped; (failed > 0) != want {
			t.Errorf("%d of %d calls failed on kept connections, want any: %v", failed, many, want)
		}
	}
}

// connKey is where the server of HTTP/2 keeps the connection of a request.
type connKey struct{}

func TestReplay_UnsafeCallsByHTTP2(t *testing.T) {
	for _, death := range []struct {
		name string
		die  func(*http.Request)
	}{
		{"connection", func(r *http.Request) {
			_ = r.Context().Value(connKey{}).(net.Conn).Close()
			<-r.Context().Done()
		}},
		{"stream", func(*http.Request) { panic(http.ErrAbortHandler) }},
	} {
		for _, wrapped := range []bool{false, true} {
			for _, name := range []string{"Purchases.Verify", "Rewards.Create", "Vouchers.Revoke"} {
				c, balance := callNamed(name), callNamed("Accounts.Balance")
				title := death.name + " of the caller's transport/" + name
				if wrapped {
					title = death.name + " of a wrapped transport/" + name
				}
				t.Run(title, func(t *testing.T) {
					var mu sync.Mutex
					arrived := 0
					server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if asks(r, balance) {
							if r.ProtoMajor != 2 {
								t.Errorf("%s arrived by %s", r.RequestURI, r.Proto)
							}
							_, _ = w.Write([]byte(`{"data": ` + balance.data + `}`))
							return
						}
						mu.Lock()
						arrived++
						mu.Unlock()
						death.die(r)
					}))
					server.EnableHTTP2 = true
					server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
						return context.WithValue(ctx, connKey{}, conn)
					}
					tlstest.Start(server)
					defer server.Close()
					rt := server.Client().Transport
					if wrapped {
						rt = vingdtest.ValidateRequests(t, rt)
					}
					client := newBareClient(t, server.URL, rt)
					for range 2 {
						if _, err := balance.do(t.Context(), client); err != nil {
							t.Fatal(err)
						}
					}
					_, err := c.do(t.Context(), client)
					checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, nil, 0)
					mu.Lock()
					defer mu.Unlock()
					if arrived != 1 {
						t.Errorf("sent %d times, want once", arrived)
					}
				})
			}
		}
	}
}
