package vingd_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The login of every test. The secret on the wire is the SHA-1 of the password.
const (
	username      = "test@vingd.com"
	password      = "a password of some length"
	secret        = "ccd92d8a5fd9d8e6588f54ee85ebc71dc86ae24f"
	authorization = "Basic dGVzdEB2aW5nZC5jb206Y2NkOTJkOGE1ZmQ5ZDhlNjU4OGY1NGVlODVlYmM3MWRjODZhZTI0Zg=="
)

// now is what the clients of the tests take for the present.
var now = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)

// newClient returns a client of the broker at an address like "https://127.0.0.1:8443" that sends by rt.
// Each of its requests is held against the specification.
func newClient(t *testing.T, address string, rt http.RoundTripper, options ...vingd.Option) *vingd.Client {
	t.Helper()
	return newBareClient(t, address, vingdtest.ValidateRequests(t, rt), options...)
}

// newBareClient returns a client that sees what rt is, nil being its own transport. It is for servers that hold the
// requests against the specification themselves, as a broker does.
func newBareClient(t *testing.T, address string, rt http.RoundTripper, options ...vingd.Option) *vingd.Client {
	t.Helper()
	standard := []vingd.Option{
		vingd.WithEndpoint(address + "/broker/v1"),
		vingd.WithLoopbackHTTP(),
		vingd.WithClock(func() time.Time { return now }),
	}
	if rt != nil {
		standard = append(standard, vingd.WithHTTPClient(&http.Client{Transport: rt}))
	}
	client, err := vingd.New(vingd.Password(username, password), append(standard, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// newTransport returns a transport whose connections end with the test.
func newTransport(t *testing.T) *http.Transport {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// wrap hides what a transport is. The client then sends verifications by it too, and not by HTTP/1.1 on their own connections.
func wrap(transport http.RoundTripper) http.RoundTripper { return roundTrip(transport.RoundTrip) }

// reply returns a response as a transport returns it. The fields are names and values of headers.
func reply(req *http.Request, status int, body string, fields ...string) *http.Response {
	header := http.Header{}
	for i := 0; i < len(fields); i += 2 {
		header.Set(fields[i], fields[i+1])
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}
}

// exchange is a request that a broker has read whole.
type exchange struct {
	conn   net.Conn
	req    *http.Request
	body   string
	nth    int // of all requests, from 1
	onConn int // of this connection's requests, from 1
}

// write writes raw bytes to the client, which may have gone.
func (x *exchange) write(raw string) { _, _ = io.WriteString(x.conn, raw) }

// respond writes a whole response, and keeps the connection.
func (x *exchange) respond(status int, body string, fields ...string) (keep bool) {
	x.write(rawAnswer(status, len(body), body, fields...))
	return true
}

// awaitHangUp returns when the client has closed the connection.
func (x *exchange) awaitHangUp() { _, _ = io.Copy(io.Discard, x.conn) }

// rawAnswer returns a response as HTTP/1.1 writes it, which claims to have length bytes.
func rawAnswer(status, length int, body string, fields ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %03d %s\r\nContent-Length: %d\r\n", status, http.StatusText(status), length)
	for i := 0; i < len(fields); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", fields[i], fields[i+1])
	}
	return b.String() + "\r\n" + body
}

// broker is a server of HTTP/1.1 made by hand, so that it can stop at any byte.
type broker struct {
	behave   func(*exchange) (keep bool) // handles a request, and reports whether the connection may have another
	validate http.RoundTripper

	mu    sync.Mutex
	seen  []string // the requests in their order, like "GET /broker/v1/fort/accounts"
	conns []net.Conn
	done  sync.WaitGroup
}

// startBroker serves l until the test ends. It holds each request against the specification.
func startBroker(t *testing.T, l net.Listener, behave func(*exchange) (keep bool)) *broker {
	return startBrokerThatValidates(t, l, behave, vingdtest.ValidateRequests(t, roundTrip(acceptRequest)))
}

// startUncheckedBroker is startBroker for requests that the specification does not know.
func startUncheckedBroker(t *testing.T, l net.Listener, behave func(*exchange) (keep bool)) *broker {
	return startBrokerThatValidates(t, l, behave, roundTrip(acceptRequest))
}

func acceptRequest(req *http.Request) (*http.Response, error) {
	return reply(req, http.StatusOK, ""), nil
}

func startBrokerThatValidates(t *testing.T, l net.Listener, behave func(*exchange) (keep bool), validate http.RoundTripper) *broker {
	b := &broker{behave: behave, validate: validate}
	b.done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			b.mu.Lock()
			b.conns = append(b.conns, conn)
			b.mu.Unlock()
			b.done.Go(func() { b.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		b.mu.Lock()
		for _, conn := range b.conns {
			_ = conn.Close()
		}
		b.mu.Unlock()
		b.done.Wait()
	})
	return b
}

func (b *broker) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for onConn := 1; ; onConn++ {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		resp, err := b.validate.RoundTrip(req)
		if err != nil {
			return
		}
		_ = resp.Body.Close()
		b.mu.Lock()
		b.seen = append(b.seen, req.Method+" "+req.RequestURI)
		nth := len(b.seen)
		b.mu.Unlock()
		if !b.behave(&exchange{conn, req, string(body), nth, onConn}) {
			return
		}
	}
}

// requests returns what arrived.
func (b *broker) requests() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.seen...)
}

// listen returns a listener on this machine, and the address of what it serves.
func listen(t *testing.T) (l net.Listener, address string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l, "http://" + l.Addr().String()
}

// pipes is a network of pipes in memory, which goes along with virtual time.
type pipes struct {
	conns chan net.Conn
	shut  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), shut: make(chan struct{})} }

// pipesAddress is where clients think that the other end of the pipes is.
const pipesAddress = "http://127.0.0.1:1"

// pipesAddressTLS is that for TLS.
const pipesAddressTLS = "https://127.0.0.1:1"

// transport returns a transport all of whose connections are pipes.
func (p *pipes) transport(t *testing.T) *http.Transport {
	transport := newTransport(t)
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		select {
		case p.conns <- theirs:
			return ours, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return transport
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.shut:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.shut) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// sayNothingSecret fails the test if an error holds the password or what goes on the wire for it, however it is printed.
func sayNothingSecret(t *testing.T, err error) {
	t.Helper()
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Error("failed", "err", err)
	slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err)
	text, _ := json.Marshal(err)
	printed := fmt.Sprintf("%s\n%v\n%+v\n%#v\n%q\n%s\n%s", err, err, err, err, err, text, log.String())
	for inner := err; inner != nil; {
		printed += fmt.Sprintf("\n%v %+v %#v", inner, inner, inner)
		unwrapper, ok := inner.(interface{ Unwrap() error })
		if !ok {
			break
		}
		inner = unwrapper.Unwrap()
	}
	sayNothing(t, "an error", printed)
}

// sayNothing fails the test if a text holds the password, or what goes on the wire for it, in any form.
func sayNothing(t *testing.T, where, text string) {
	t.Helper()
	for _, hidden := range []string{password, secret, strings.TrimPrefix(authorization, "Basic ")} {
		for _, form := range []string{hidden, fmt.Sprintf("%x", hidden), fmt.Sprintf("%X", hidden), base64.StdEncoding.EncodeToString([]byte(hidden))} {
			if strings.Contains(text, form) {
				t.Errorf("%s: %q is in %.200q", where, form, text)
				return
			}
		}
	}
}
