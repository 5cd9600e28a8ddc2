package vingd

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"time"
)

// httpClients returns the client for all calls, and the one for calls that must not be sent twice.
func httpClients(callers *http.Client) (general, once *http.Client) {
	if callers == nil {
		callers = &http.Client{Transport: newTransport()}
	}
	g := *callers
	g.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	o := g
	o.Transport = onceTransport(g.Transport)
	return &g, &o
}

// newTransport is net/http's transport with bounds on every phase and room for more than two idle connections,
// which is what it costs to make several calls at a time without a new TLS handshake for most.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  15 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    64,
	}
}

// onceTransport returns a transport by which a request is sent once at most.
//
// net/http on its own sends a GET again when the kept connection it chose dies before an answer: a verification, which
// is a GET, would be spent twice without anybody knowing. It does so only on a connection that was used before, so a
// net/http transport is made to use each connection once. Any other transport may hold one inside: there, a body that
// cannot be had again forbids it (see [sealed]).
func onceTransport(rt http.RoundTripper) http.RoundTripper {
	if rt == nil {
		rt = http.DefaultTransport
	}
	if t, ok := rt.(*http.Transport); ok {
		t = t.Clone()
		t.DisableKeepAlives = true
		return t
	}
	return rt
}

// sealed is an empty body that cannot be had again, so that net/http takes the request for one it cannot repeat.
type sealed struct{}

func (sealed) Read([]byte) (int, error) { return 0, io.EOF }
func (sealed) Close() error             { return nil }
