package fire_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"

	"github.com/vingd/vingd-api-go/vingd"
)

// closedPort is an address that refuses connections.
const closedPort = "127.0.0.1:1"

// A dial is how a transport gets its connections.
type dial func(ctx context.Context, network, address string) (net.Conn, error)

// A transport is one that a caller gives to the client.
type transport struct {
	name string
	// make returns the transport for a call. It is nil for the client's own transport.
	make func(w wire, d dial) http.RoundTripper
	only []wire // nil: every wire
	// vouched says that the caller vouches for it by [vingd.WithTracedTransport].
	vouched bool
	// proves says that the client can trust its report that it got no connection.
	proves bool
	// verifiesByHTTP1 says that the client does not use it for verifications, but HTTP/1.1 by a copy.
	verifiesByHTTP1 bool
	// common says that it is drawn more often than others.
	common bool
}

// transports is the table of all of them. A run fails if no fault struck a call by one.
var transports = []transport{
	{name: "the client's own", proves: true, verifiesByHTTP1: true, common: true},
	{name: "net/http", proves: true, verifiesByHTTP1: true, common: true, make: func(w wire, d dial) http.RoundTripper { return newTransport(w, d) }},
	{name: "wrapped", make: func(w wire, d dial) http.RoundTripper { return wrapper{newTransport(w, d), ""} }},
	{name: "wrapped and vouched for", proves: true, vouched: true, make: func(w wire, d dial) http.RoundTripper {
		return wrapper{newTransport(w, d), ""}
	}},
	{name: "adds Idempotency-Key", make: func(w wire, d dial) http.RoundTripper {
		return wrapper{newTransport(w, d), "Idempotency-Key"}
	}},
	{name: "adds X-Idempotency-Key", make: func(w wire, d dial) http.RoundTripper {
		return wrapper{newTransport(w, d), "X-Idempotency-Key"}
	}},
	{name: "retries what it can rewind", make: func(w wire, d dial) http.RoundTripper {
		return retrier{inner: newTransport(w, d)}
	}},
	{name: "falls back", make: newFallback},
	{name: "has a TLSNextProto", make: newNextProto, only: []wire{http1TLS}},
}

// rude is a transport that keeps a copy of each body to send it again, and hides its connections from the client. Nothing can
// prevent that, so the documentation warns of it, and no plan uses it: see [TestJudge_RudeTransport].
var rude = transport{name: "retries everything", make: func(w wire, d dial) http.RoundTripper {
	return retrier{inner: newTransport(w, d), copies: true}
}}

func (t *transport) fits(w wire, f *fault) bool {
	return (t.only == nil || slices.Contains(t.only, w)) && (t.make != nil || f.place != whileDialing)
}

func newTransport(w wire, d dial) *http.Transport {
	return &http.Transport{DialContext: d, TLSClientConfig: cheapTLS(), ForceAttemptHTTP2: w == http2, MaxIdleConnsPerHost: 8}
}

// cheapTLS returns a configuration by which a handshake takes half the time.
func cheapTLS() *tls.Config {
	return &tls.Config{CurvePreferences: []tls.CurveID{tls.CurveP256}, MinVersion: tls.VersionTLS12}
}

// newClient returns a client whose calls go over a wire by a transport.
func newClient(t *transport, w wire, d dial, p *proxy, options ...vingd.Option) *vingd.Client {
	options = append([]vingd.Option{vingd.WithEndpoint(p.endpoint(w)), vingd.WithLoopbackHTTP()}, options...)
	if t.make != nil {
		options = append(options, vingd.WithHTTPClient(&http.Client{Transport: t.make(w, d)}))
	}
	if t.vouched {
		options = append(options, vingd.WithTracedTransport())
	}
	return must(vingd.New(vingd.Password("test@vingd.com", "123"), options...))
}

// A wrapper is a transport that hides another, and may add a header to each request.
type wrapper struct {
	inner  *http.Transport
	header string
}

func (t wrapper) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.header != "" {
		r = r.Clone(r.Context())
		r.Header.Set(t.header, "0b0e5b0c")
	}
	return t.inner.RoundTrip(r)
}

func (t wrapper) CloseIdleConnections() { t.inner.CloseIdleConnections() }

// A retrier sends a request again when it fails, if it can have its body again: by GetBody, or by a copy of its own.
type retrier struct {
	inner  *http.Transport
	copies bool
}

func (t retrier) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.copies && r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r = r.Clone(context.Background()) //nolint:contextcheck // hides the connections
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		r.Body, _ = r.GetBody()
	}
	for n := 0; ; n++ {
		response, err := t.inner.RoundTrip(r)
		fine := err == nil && response.StatusCode < 500 && response.StatusCode != http.StatusTooManyRequests
		if fine || n == 2 || r.Context().Err() != nil || r.Body != nil && r.GetBody == nil {
			return response, err
		}
		if err == nil {
			_ = response.Body.Close()
		}
		r = r.Clone(r.Context())
		if r.Body != nil {
			r.Body, _ = r.GetBody()
		}
	}
}

func (t retrier) CloseIdleConnections() { t.inner.CloseIdleConnections() }

// A fallback sends by a first transport, and by a second one when that fails. The first does not report to httptrace,
// as one of HTTP/3 may not; the second cannot connect.
type fallback struct{ first, second *http.Transport }

func newFallback(w wire, d dial) http.RoundTripper {
	refuses := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, closedPort)
	}
	return fallback{newTransport(w, d), &http.Transport{DialContext: refuses}}
}

func (t fallback) RoundTrip(r *http.Request) (*http.Response, error) {
	untraced, end := context.WithCancel(context.Background())
	context.AfterFunc(r.Context(), end)
	response, err := t.first.RoundTrip(r.WithContext(untraced))
	if err == nil {
		return response, nil
	}
	end()
	return t.second.RoundTrip(r)
}

func (t fallback) CloseIdleConnections() { t.first.CloseIdleConnections() }

// newNextProto returns a transport with a protocol of the caller's. Of its connections net/http reports that it looks for
// them, and never that it got one.
func newNextProto(_ wire, d dial) http.RoundTripper {
	const protocol = "http/1.1"
	config := cheapTLS()
	config.NextProtos = []string{protocol}
	return &http.Transport{
		DialContext:     d,
		TLSClientConfig: config,
		TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{
			protocol: func(_ string, conn *tls.Conn) http.RoundTripper {
				return &nextProto{conn: conn, reader: bufio.NewReader(conn)}
			},
		},
	}
}

// A nextProto is HTTP/1.1 on one connection.
type nextProto struct {
	mu     sync.Mutex
	conn   *tls.Conn
	reader *bufio.Reader
}

func (t *nextProto) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	stop := context.AfterFunc(r.Context(), func() { _ = t.conn.Close() })
	response, err := (*http.Response)(nil), r.Write(t.conn)
	if err == nil {
		response, err = http.ReadResponse(t.reader, r)
	}
	if err != nil {
		stop()
		return nil, errors.Join(err, t.conn.Close())
	}
	response.Body = endedBody{response.Body, stop}
	return response, nil
}

// An endedBody calls a function when it is closed.
type endedBody struct {
	io.ReadCloser

	end func() bool
}

func (b endedBody) Close() error {
	b.end()
	return b.ReadCloser.Close()
}
