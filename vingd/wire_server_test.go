package vingd_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

// wireConfig is how the original client of a recording was made. An empty value is as good as none.
type wireConfig struct {
	Endpoint string `json:"endpoint"`
	Frontend string `json:"frontend"`
	Key      string `json:"key"`
	Secret   string `json:"secret"`
	Username string `json:"username"`
	Password string `json:"password"`
	NoCA     bool   `json:"no_ca"` // it did not know the server's certificate authority
}

// login returns what goes on the wire, as the original chooses it.
func (c *wireConfig) login() (user, secret string) {
	user, secret = c.Key, c.Secret
	if user == "" {
		user = c.Username
	}
	if secret == "" && c.Password != "" {
		sum := sha1.Sum([]byte(c.Password))
		secret = hex.EncodeToString(sum[:])
	}
	return user, secret
}

func (c *wireConfig) options() []vingd.Option {
	var options []vingd.Option
	if c.Endpoint != "" {
		options = append(options, vingd.WithEndpoint(c.Endpoint))
	}
	if c.Frontend != "" {
		options = append(options, vingd.WithFrontend(c.Frontend))
	}
	return options
}

// refusal says why New refuses a configuration that the original takes, or nothing.
func (c *wireConfig) refusal() string {
	user, secret := c.login()
	endpoint, endpointErr := url.Parse(c.Endpoint)
	frontend, frontendErr := url.Parse(c.Frontend)
	isControl := func(r rune) bool { return r < ' ' || r == 0x7f }
	switch {
	case strings.Contains(user, ":"):
		return "a user name with a colon, behind which the server would look for the password"
	case strings.ContainsFunc(user+secret, isControl):
		return "a user name or secret with control characters"
	case endpointErr != nil:
		return "an endpoint that is no address"
	case endpoint.User != nil:
		return "an endpoint with a user name"
	case strings.ContainsAny(c.Endpoint, "?#"):
		return "an endpoint with a query or a fragment"
	case c.Frontend != "" && (frontendErr != nil || frontend.Host == ""):
		return "a frontend that is no address"
	case c.Frontend != "" && frontend.Scheme != "https" && frontend.Scheme != "http":
		return "a frontend that is not on the web"
	case frontend.User != nil:
		return "a frontend with a user name"
	}
	return ""
}

// wireAnswer is what the server of a recording sent, and how it misbehaved.
type wireAnswer struct {
	Status  int               `json:"status"`
	Body    *string           `json:"body"`
	BodyHex *string           `json:"body_hex"`
	Headers map[string]string `json:"headers"`
	Mode    string            `json:"mode"`
	Then    *wireAnswer       `json:"then"` // for the next request
}

func (a *wireAnswer) check() error {
	if a.Status < 200 || a.Status > 999 {
		return fmt.Errorf("status %d: want one that ends a response", a.Status)
	}
	if modes := []string{"", "chunked", "http10", "close", "garbage", "truncate"}; !slices.Contains(modes, a.Mode) {
		return fmt.Errorf("mode %q: want one of %q", a.Mode, modes)
	}
	if (a.Body == nil) == (a.BodyHex == nil) {
		return errors.New("want either body or body_hex")
	}
	if a.BodyHex != nil {
		if _, err := hex.DecodeString(*a.BodyHex); err != nil {
			return err
		}
	}
	if a.Then != nil {
		return a.Then.check()
	}
	return nil
}

// content returns the body. Behind some statuses there is none, whatever follows.
func (a *wireAnswer) content() []byte {
	if !a.hasBody() {
		return nil
	}
	if a.BodyHex != nil {
		body, _ := hex.DecodeString(*a.BodyHex) // as check has seen
		return body
	}
	return []byte(*a.Body)
}

func (a *wireAnswer) hasBody() bool {
	return a.Status != http.StatusNoContent && a.Status != http.StatusNotModified
}

// arrives reports whether a client gets to see the status.
func (a *wireAnswer) arrives() bool { return a.Mode != "close" && a.Mode != "garbage" }

// write writes the response as its mode has it.
func (a *wireAnswer) write(w http.ResponseWriter) {
	body := a.content()
	half := len(body) / 2
	header := w.Header()
	header.Set("Content-Type", "application/json")
	for name, value := range a.Headers {
		header.Set(name, value)
	}
	if a.Mode == "" && a.hasBody() {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	switch a.Mode {
	case "":
		w.WriteHeader(a.Status)
		_, _ = w.Write(body)
	case "chunked":
		w.WriteHeader(a.Status)
		for _, part := range [][]byte{body[:half], body[half:]} {
			_, _ = w.Write(part)
			_ = http.NewResponseController(w).Flush()
		}
	default:
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return // the client sees no response, which the test finds
		}
		defer func() { _ = conn.Close() }()
		var lines strings.Builder
		_ = header.Write(&lines)
		switch a.Mode {
		case "http10":
			_, _ = fmt.Fprintf(conn, "HTTP/1.0 %d %s\r\n%s\r\n%s", a.Status, http.StatusText(a.Status), &lines, body)
		case "truncate":
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\n%sContent-Length: %d\r\n\r\n%s",
				a.Status, http.StatusText(a.Status), &lines, max(len(body), 1), body[:half])
		case "garbage":
			_, _ = io.WriteString(conn, "this is not HTTP\r\n\r\n")
		}
	}
}

// wireReceived is what arrived at the server.
type wireReceived struct {
	method, target, authorization string
	body                          []byte
}

func (r wireReceived) String() string {
	return strings.TrimSpace(r.method + " " + r.target + " " + string(r.body))
}

// wireServer replaces the broker, under the names localhost and api.vingd.com.
type wireServer struct {
	listening net.Addr
	roots     *x509.CertPool
	transport *http.Transport // shared by all calls that do not break their connection

	mu       sync.Mutex
	answer   *wireAnswer
	requests []wireReceived
}

func startWireServer(t *testing.T) *wireServer {
	t.Helper()
	s := &wireServer{roots: x509.NewCertPool()}
	server := httptest.NewUnstartedServer(s)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{s.newCertificate(t)}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // some recordings are of clients that do not trust it
	server.StartTLS()
	t.Cleanup(server.Close)
	s.listening = server.Listener.Addr()
	s.transport = s.newTransport(t, s.roots, s.dial)
	return s
}

// newCertificate makes the server's certificate, and has it trusted.
func (s *wireServer) newCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		DNSNames:     []string{"localhost", "api.vingd.com"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s.roots.AddCert(certificate)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// dial connects to the server, whatever address is asked for.
func (s *wireServer) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, s.listening.Network(), s.listening.String())
}

type wireDial func(ctx context.Context, network, address string) (net.Conn, error)

func (s *wireServer) newTransport(t *testing.T, roots *x509.CertPool, dial wireDial) *http.Transport {
	transport := &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// newClient returns a client like the original of a recording, which reaches the server as the original did. Each request is
// validated against the specification.
func (s *wireServer) newClient(t *testing.T, r *recording) (*vingd.Client, error) {
	t.Helper()
	config := &r.Call.Config
	user, secret := config.login()
	credentials := vingd.Key(user, secret)
	if config.Secret == "" {
		credentials = vingd.Password(user, config.Password)
	}
	options := append(config.options(),
		vingd.WithRetries(0),
		vingd.WithClock(func() time.Time { return r.Clock }),
		vingd.WithHTTPClient(&http.Client{Transport: vingdtest.ValidateRequests(t, s.transportFor(t, r))}),
	)
	return vingd.New(credentials, options...)
}

func (s *wireServer) transportFor(t *testing.T, r *recording) *http.Transport {
	t.Helper()
	if r.unconnected() {
		switch class := r.Result.Raised.Class; {
		case !strings.HasPrefix(class, "ssl."):
			t.Fatalf("not a recording that this test knows: no server, and %s", class)
		case r.Call.Config.NoCA:
			return s.newTransport(t, x509.NewCertPool(), s.dial)
		}
	}
	if r.Answer != nil && r.Answer.Mode != "" {
		return s.newTransport(t, s.roots, s.dial)
	}
	return s.transport
}

// expect makes the server give a response, and what comes behind it, from now on.
func (s *wireServer) expect(answer *wireAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer, s.requests = answer, nil
}

// received returns what arrived since the last expect.
func (s *wireServer) received() []wireReceived {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

func (s *wireServer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		body = []byte("unreadable: " + err.Error())
	}
	s.mu.Lock()
	answer := s.answer
	if answer != nil {
		s.answer = answer.Then
	}
	s.requests = append(s.requests, wireReceived{req.Method, req.RequestURI, req.Header.Get("Authorization"), body})
	s.mu.Unlock()
	if answer == nil {
		w.WriteHeader(http.StatusTeapot) // one request too many, which the test finds
		return
	}
	answer.write(w)
}
