package vingd_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// net/http goes on dialing for a call that was canceled, and keeps the connection. If that dies before any use, net/http
// still gives it to one more call in the next five seconds. That call fails, and was not sent.
func TestHTTP2_ConnectionDiedUnused(t *testing.T) {
	for _, name := range []string{"Purchases.Commit", "Rewards.Create"} {
		c := callNamed(name)
		start := func(t *testing.T, options ...vingd.Option) (*http2Broker, error) {
			b, address, transport := startHTTP2OnSocket(t, func(x *http2Exchange) { x.respond(`{"data": ` + c.data + `}`) })
			leaveDeadConnection(t, b, address, transport)
			_, err := c.do(t.Context(), newBareClient(t, address, transport, options...))
			return b, err
		}
		t.Run(name, func(t *testing.T) {
			if b, err := start(t, vingd.WithRetries(0)); vingd.OutcomeOf(err) != vingd.OutcomeNotDone || b.requests() != 0 {
				t.Errorf("got %v, %v and %d requests, want that it was not done", err, vingd.OutcomeOf(err), b.requests())
			}
		})
		t.Run(name+" with retries", func(t *testing.T) {
			if b, err := start(t); err != nil || b.requests() != 1 {
				t.Errorf("got %v and %d requests, want success by one", err, b.requests())
			}
		})
	}
}

// leaveDeadConnection leaves a connection in the pool of a transport that died before any use.
func leaveDeadConnection(t *testing.T, b *http2Broker, address string, transport *http.Transport) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	conns := make(chan *heldConn, 1)
	dial := transport.DialContext
	transport.DialContext = func(dialing context.Context, network, address string) (net.Conn, error) {
		transport.DialContext = dial // the next dial begins after this connection is closed
		conn, err := dial(dialing, network, address)
		if err != nil {
			return nil, err
		}
		held := newHeldConn(conn)
		conns <- held
		cancel()
		return held, nil
	}
	if _, err := newBareClient(t, address, transport, vingd.WithRetries(0)).Accounts.Balance(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want that it was canceled", err)
	}
	held := <-conns
	close(held.released)
	<-b.greeted
	b.closeConns()
	<-held.closed
}

// A heldConn reads nothing before it is released, and tells when it is closed.
type heldConn struct {
	net.Conn

	released, closed chan struct{}
	close            func() error
}

func newHeldConn(conn net.Conn) *heldConn {
	c := &heldConn{Conn: conn, released: make(chan struct{}), closed: make(chan struct{})}
	c.close = sync.OnceValue(func() error {
		defer close(c.closed)
		return conn.Close()
	})
	return c
}

func (c *heldConn) Read(b []byte) (int, error) {
	select {
	case <-c.released:
		return c.Conn.Read(b)
	case <-c.closed:
		return 0, net.ErrClosed
	}
}

func (c *heldConn) Close() error { return c.close() }

// A kept connection of HTTP/2 may end just when net/http takes it for a call: servers end each after so many requests. Net/http
// then looks for another one, but cannot rewind the body. The call was not sent.
func TestHTTP2_ConnectionEndsWhenTaken(t *testing.T) {
	for _, name := range []string{"Purchases.Commit", "Rewards.Create"} {
		for _, retries := range []int{0, 1} {
			t.Run(fmt.Sprint(name, " with retries ", retries), func(t *testing.T) {
				c := callNamed(name)
				b, address, transport := startHTTP2OnSocket(t, func(x *http2Exchange) { x.respond(`{"data": ` + c.data + `}`) })
				var first *heldConn
				dial := transport.DialContext
				transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
					conn, err := dial(ctx, network, address)
					if err != nil || first != nil {
						return conn, err
					}
					first = newHeldConn(conn)
					close(first.released)
					return first, nil
				}
				client := newBareClient(t, address, transport, vingd.WithRetries(retries))
				if _, err := c.do(t.Context(), client); err != nil {
					t.Fatal(err)
				}
				ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
					if info.Reused {
						_ = first.Conn.Close()
						<-first.closed // net/http has seen it
					}
				}})
				_, err := c.do(ctx, client)
				const cannotRewind = "net/http: cannot rewind body after connection loss"
				if retries == 0 && (vingd.OutcomeOf(err) != vingd.OutcomeNotDone || !strings.Contains(err.Error(), cannotRewind)) {
					t.Errorf("got %v, %v, want that it was not done, by the text %q", err, vingd.OutcomeOf(err), cannotRewind)
				}
				if retries > 0 && err != nil {
					t.Error(err)
				}
				if got := b.requests(); got != 1+retries {
					t.Errorf("%d requests, want %d", got, 1+retries)
				}
			})
		}
	}
}
