package vingd

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"reflect"
	"time"
)

// sender sends requests with a transport and the cookies of the caller's http.Client. An http.Client itself parses the
// Location of a redirect before it asks whether to follow, and a followed redirect carries the credentials to another host.
type sender struct {
	transport http.RoundTripper
	singleUse *http.Transport // the same with a connection for each request; nil if transport is not an http.Transport
	jar       http.CookieJar
	vouched   bool // whether transport is as [WithTracedTransport] describes
	own       bool // whether transport is the client's own, which sends no request twice
}

func newSender(callers *http.Client, vouched bool, roots *x509.CertPool) *sender {
	s := &sender{vouched: vouched}
	if callers == nil {
		s.transport, s.vouched, s.own = newTransport(roots), true, true
	} else {
		s.transport, s.jar = cmp.Or(callers.Transport, http.DefaultTransport), callers.Jar
	}
	if t, ok := s.transport.(*http.Transport); ok {
		s.singleUse = newSingleUse(t)
	}
	return s
}

// newSingleUse returns a copy of a transport that sends each request by HTTP/1.1, on a connection of its own. Net/http replays no
// request that fails on a new connection of HTTP/1.1. It is nil for a transport without HTTP/1.1, and for one that makes
// TLS connections by the caller's code, which may agree on HTTP/2.
func newSingleUse(t *http.Transport) *http.Transport {
	if t.DialTLSContext != nil || t.DialTLS != nil || t.Protocols != nil && !t.Protocols.HTTP1() { //nolint:staticcheck // a caller may still set it
		return nil
	}
	single := t.Clone()
	single.DisableKeepAlives = true
	single.ForceAttemptHTTP2 = false
	single.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	single.Protocols = new(http.Protocols)
	single.Protocols.SetHTTP1(true)
	if single.TLSClientConfig == nil {
		single.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	single.TLSClientConfig.NextProtos = []string{"http/1.1"} // a server may refuse a handshake without a protocol
	if single.TLSClientConfig.ClientSessionCache == nil && single.TLSClientConfig.VerifyPeerCertificate == nil {
		// A resumed session saves most of the handshake. It cannot replay a request: Go's TLS client sends no early data. But
		// crypto/tls calls VerifyPeerCertificate only for a session that is not resumed.
		single.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(8)
	}
	return single
}

// isTraced reports whether the transport reports all its connections and sends each request at most once.
func (s *sender) isTraced() bool {
	if s.vouched {
		return true
	}
	t, ok := s.transport.(*http.Transport)
	return ok && isPlain(t)
}

// transportFor returns the transport for a request, which sends an unsafe request once. An unsafe GET
// verifies a purchase. It gets its own connection, for two reasons:
//   - it needs no body to forbid a replay, and servers may refuse a GET with a body;
//   - no outcome is unknown because a kept connection died.
//
// Clone does not copy the protocols that a caller has registered, so a transport with such
// protocols is used unchanged.
func (s *sender) transportFor(op operation, req *http.Request) http.RoundTripper {
	if op.kind != unsafe {
		return s.transport
	}
	if req.Method == http.MethodGet && s.singleUse != nil {
		if t, ok := s.transport.(*http.Transport); ok && isPlain(t) {
			return s.singleUse
		}
	}
	forbidReplay(req)
	return s.transport
}

// do sends a request of an operation.
func (s *sender) do(op operation, req *http.Request) (*http.Response, error) {
	if s.jar != nil {
		for _, cookie := range s.jar.Cookies(req.URL) {
			req.AddCookie(cookie)
		}
	}
	resp, err := s.transportFor(op, req).RoundTrip(req)
	switch {
	case err != nil:
		return nil, err
	case resp == nil:
		return nil, errors.New("the transport returned neither a response nor an error")
	case resp.Body == nil:
		resp.Body = http.NoBody
	case resp.StatusCode == http.StatusSwitchingProtocols:
		_ = resp.Body.Close() // it is the connection itself, which no context ends
		resp.Body = http.NoBody
	}
	resp.Request = req // the caller's transport may not set it
	if s.jar != nil {
		if cookies := resp.Cookies(); len(cookies) > 0 {
			s.jar.SetCookies(req.URL, cookies)
		}
	}
	return resp, nil
}

func (s *sender) closeIdleConnections() {
	if t, ok := s.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
	if s.singleUse != nil {
		s.singleUse.CloseIdleConnections()
	}
}

// newTransport returns net/http's transport with a limit on each phase. It keeps more than two idle connections, so that most
// concurrent calls need no new TLS handshake.
func newTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dial,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    5 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    64,
		HTTP2: &http.HTTP2Config{
			// Net/http buffers up to 4 MiB of an unread response by default.
			MaxReceiveBufferPerStream: 512 << 10,
			// All calls share one connection. If it dies in silence, all calls fail until TCP gives it up after a quarter of an
			// hour. With a ping after 5 seconds of silence, net/http gives it up after 10 seconds.
			SendPingTimeout: 5 * time.Second,
			PingTimeout:     5 * time.Second,
		},
	}
}

// dial connects so that nothing is sent once the connection is closed. Otherwise the system goes on sending what the server has not
// acknowledged, for about two minutes. After an outage, a reward would arrive so when Reconcile has said that it was not paid.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	conn, err := dialer.DialContext(ctx, network, address)
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // it fails for a closed connection only
	}
	return conn, err
}

// forbidReplay makes a request that net/http cannot send again, because it cannot get the body again. Net/http sends a request again by itself:
//   - by HTTP/1.1, a GET, if its kept connection dies before the first byte of a response;
//   - by HTTP/1.1, any request to which the caller's transport has added an Idempotency-Key;
//   - by HTTP/2, on Go 1.26, any request whose stream the server ends with PROTOCOL_ERROR, for as long as the context lasts. A
//     proxy ends a stream so if it cannot forward the response of a request that was done.
//
// The client sets no GetBody, so a request with a body is such a request already.
func forbidReplay(req *http.Request) {
	if req.Body == nil {
		req.Body = unreplayableBody{}
	}
}

// unreplayableBody is an empty body that net/http cannot get again. By HTTP/1.1 a POST or PUT with it is chunked, and a GET or
// DELETE has no body.
type unreplayableBody struct{}

func (unreplayableBody) Read([]byte) (int, error) { return 0, io.EOF }
func (unreplayableBody) Close() error             { return nil }

// isPlain reports whether only net/http's own code sends the requests of a transport. A protocol that the caller has registered
// may send a request without a report. Net/http keeps the protocols in an unexported field. If the field is not as expected, the
// transport is not plain.
//
// The transport must have been used or cloned before, so that net/http does not register its own HTTP/2 at the same time.
func isPlain(t *http.Transport) bool {
	for name := range t.TLSNextProto {
		if name != "h2" && name != "unencrypted_http2" {
			return false
		}
	}
	altProto := reflect.ValueOf(t).Elem().FieldByName("altProto")
	if !altProto.IsValid() || altProto.Kind() != reflect.Struct {
		return false
	}
	registered := altProto.FieldByName("v") // of an atomic.Value
	if !registered.IsValid() || registered.Kind() != reflect.Interface {
		return false
	}
	if registered.IsNil() {
		return len(t.TLSNextProto) == 0
	}
	protocols := registered.Elem()
	if protocols.Kind() != reflect.Map {
		return false
	}
	for protocol := protocols.MapRange(); protocol.Next(); {
		if protocol.Key().Kind() != reflect.String || protocol.Value().Kind() != reflect.Interface || protocol.Value().IsNil() ||
			protocol.Value().Elem().Type().PkgPath() != reflect.TypeFor[http.Transport]().PkgPath() {
			return false
		}
	}
	return len(t.TLSNextProto) == 0 || protocols.MapIndex(reflect.ValueOf("https")).IsValid()
}
