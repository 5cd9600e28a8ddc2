package vingd_test

import (
	"context"
	"errors"
	"net"
	"net/http"
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
