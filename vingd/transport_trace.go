package vingd

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"reflect"
	"sync"
	"sync/atomic"
)

// connTrace records whether a transport obtained a connection for a request, and how often it sent the request. It ends a request
// that net/http sends again and again. If an HTTP/2 server ends each stream with PROTOCOL_ERROR, Go 1.26 resends a request without
// a body for as long as its context lasts.
type connTrace struct {
	hooks    httptrace.ClientTrace
	end      context.CancelCauseFunc // ends the request
	once     bool                    // whether the request may be sent once only
	obtained atomic.Bool
	sent     atomic.Int32

	mu     sync.Mutex
	last   net.Conn
	resent int        // how often net/http obtained a new connection, or the same one again
	begun  int        // how many requests began to be written, if the request may be sent once only
	conns  []net.Conn // that such requests obtained
}

// maxResends limits how often net/http may send a request again, without the kept connections that have died.
const maxResends = 3

// errResent ends a request that net/http sends again and again.
var errResent = errors.New("the server ended the HTTP/2 stream of each request")

// errSentAgain ends a request that the caller's transport sends again.
var errSentAgain = errors.New("the transport sends the request a second time")

// attach makes the transport of a request report to t.
func (t *connTrace) attach(ctx context.Context) context.Context {
	t.hooks.GotConn = t.gotConn
	t.hooks.WroteHeaders = func() { t.sent.Add(1) }
	if t.once {
		t.hooks.WroteHeaderField = t.wroteField
	}
	return httptrace.WithClientTrace(ctx, &t.hooks)
}

func (t *connTrace) gotConn(info httptrace.GotConnInfo) {
	t.obtained.Store(true)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.once {
		t.conns = append(t.conns, info.Conn)
		if t.begun > 0 || t.sent.Load() > 0 {
			t.end(errSentAgain) // by HTTP/2 net/http then sends nothing
			return
		}
	}
	if !info.Reused || reflect.ValueOf(info.Conn).Comparable() && info.Conn == t.last {
		t.resent++
	}
	if t.last = info.Conn; t.resent > 1+maxResends {
		t.end(errResent)
	}
}

// wroteField ends a request of which a second copy begins to be written, before the copy is whole. Two copies may obtain their
// connections at the same time, as those of a transport that hedges do.
func (t *connTrace) wroteField(name string, _ []string) {
	http1 := name == "Host" // the first field
	if !http1 && name != ":authority" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun++; t.begun == 1 {
		return
	}
	t.end(errSentAgain)
	for _, conn := range t.conns { // by HTTP/1.1 net/http sends a request although its context has ended
		if http1 && conn != nil && !speaksHTTP2(conn) {
			_ = conn.Close()
		}
	}
}

// speaksHTTP2 reports whether other requests share a connection.
func speaksHTTP2(conn net.Conn) bool {
	secure, ok := conn.(*tls.Conn)
	return ok && secure.ConnectionState().NegotiatedProtocol == "h2"
}

// isResent reports whether the transport sent the request more than once, as a caller's transport that retries does.
func (t *connTrace) isResent() bool { return t.sent.Load() > 1 }

// notProcessed reports whether a failed request certainly did not reach the broker's code. traced is the result of
// [sender.isTraced]: no other transport proves anything.
func (t *connTrace) notProcessed(cause error, traced bool) bool {
	return traced && (!t.obtained.Load() || t.sent.Load() == 0 && isUnsent(cause))
}

// isUnsent reports whether an error of net/http says that a connection ended before it sent anything of a request. Net/http exports
// no such errors, so isUnsent compares their texts. After any other text the outcome is unknown.
//
// No HTTP/2 server proves that it did not process a request, although RFC 9113 has it so. HAProxy refuses a stream (8.7) when a
// kept connection to the broker dies, even if the broker has done what the request asks for. A server of Node.js that ends a
// connection by GOAWAY (6.8) acts on requests that it says it will not process.
func isUnsent(cause error) bool {
	switch cause.Error() {
	case "http2: client conn could not be established", "net/http: cannot rewind body after connection loss":
		return true
	}
	return false
}
