package vingd

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// sender sends requests by a transport, with what else a caller's http.Client brings. It is an http.Client that has no
// code to follow a redirect with, which would carry the credentials elsewhere.
type sender struct {
	transport http.RoundTripper
	singleUse *http.Transport // the same with a connection for each request, nil if there is none
	jar       http.CookieJar
	vouched   bool // the transport is known to be one that [WithTracedTransport] describes
}

func newSender(callers *http.Client, vouched bool, roots *x509.CertPool) *sender {
	s := &sender{vouched: vouched}
	if callers == nil {
		s.transport, s.vouched = newTransport(roots), true
	} else {
		s.transport, s.jar = cmp.Or(callers.Transport, http.DefaultTransport), callers.Jar
	}
	if t, ok := s.transport.(*http.Transport); ok {
		s.singleUse = newSingleUse(t)
	}
	return s
}

// newSingleUse returns a copy of a transport that uses each connection for one request.
func newSingleUse(t *http.Transport) *http.Transport {
	single := t.Clone()
	single.DisableKeepAlives = true
	// A copy has a TLS configuration, for which net/http leaves HTTP/2 out, but not out of what that offers to the server.
	single.ForceAttemptHTTP2 = single.ForceAttemptHTTP2 || t.TLSNextProto["h2"] != nil
	if single.TLSClientConfig == nil {
		single.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if single.TLSClientConfig.ClientSessionCache == nil {
		// A resumed session spares most of the handshake. It cannot repeat a request: Go's TLS client sends no early data.
		single.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(8)
	}
	return single
}

// isTraced reports whether the transport reports all its connections, and sends a request once at most.
func (s *sender) isTraced() bool {
	if s.vouched {
		return true
	}
	t, ok := s.transport.(*http.Transport)
	return ok && isPlain(t)
}

// transportFor returns the transport for a request. [forbidReplay] makes every unsafe request one that is sent once. A GET
// among them, which is a verification, gets a connection of its own as well, so that its outcome is not unknown because a kept
// connection died. Clone leaves out the protocols that a caller has registered, so a transport with those is used as it is.
func (s *sender) transportFor(op operation, req *http.Request) http.RoundTripper {
	if op.effect == acts && req.Method == http.MethodGet && s.singleUse != nil {
		if t, ok := s.transport.(*http.Transport); ok && isPlain(t) {
			return s.singleUse
		}
	}
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
		return nil, errors.New("the transport returned neither an answer nor an error")
	case resp.Body == nil:
		resp.Body = http.NoBody
	case resp.StatusCode == http.StatusSwitchingProtocols:
		_ = resp.Body.Close() // it is the connection itself, which no context ends
		resp.Body = http.NoBody
	}
	resp.Request = req // a transport of the caller's may leave it out
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

// newTransport is net/http's transport with bounds on every phase and room for more than two idle connections,
// which is what it costs to make several calls at a time without a new TLS handshake for most.
func newTransport(roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    5 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    64,
		HTTP2: &http.HTTP2Config{
			// Else up to 4 MiB of an answer wait unread, beside what is read of it.
			MaxReceiveBufferPerStream: 512 << 10,
			// All calls share one connection. If it dies in silence, they would all fail until TCP gives it up, a quarter of an hour
			// later. With a ping after 5 seconds of silence, net/http gives it up after 10.
			SendPingTimeout: 5 * time.Second,
			PingTimeout:     5 * time.Second,
		},
	}
}

// forbidReplay makes a request one that net/http cannot send again, because it cannot have the body again. It must be called
// for each request of an operation that acts, whatever its method. Net/http sends a request again by itself:
//   - by HTTP/1.1, a GET, when the kept connection that it chose dies before the first byte of a response;
//   - the same with any request that a caller's transport has given an Idempotency-Key;
//   - by HTTP/2, on Go 1.26, any request whose stream the server ends by PROTOCOL_ERROR, for as long as the context lasts. A
//     proxy ends streams so when it cannot forward a response, after the request was executed.
func forbidReplay(req *http.Request) {
	req.GetBody = nil
	if req.Body == nil {
		req.Body = sealed{}
	}
}

// sealed is an empty body that cannot be had again. By HTTP/1.1 a POST or PUT of it is chunked, a GET or DELETE has no body.
type sealed struct{}

func (sealed) Read([]byte) (int, error) { return 0, io.EOF }
func (sealed) Close() error             { return nil }
