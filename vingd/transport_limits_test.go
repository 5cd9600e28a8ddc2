package vingd_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// Each value of the client's own transport is a promise: the time of a phase, the size of a header, the number of idle
// connections.
func TestNewTransport_Limits(t *testing.T) {
	transport := vingd.NewTransport()
	for name, held := range map[string]bool{
		"TLS handshake of 5 seconds":           transport.TLSHandshakeTimeout == 5*time.Second,
		"header of 64 KiB":                     transport.MaxResponseHeaderBytes == 64<<10,
		"idle connections for 90 seconds":      transport.IdleConnTimeout == 90*time.Second,
		"100 idle connections":                 transport.MaxIdleConns == 100,
		"64 idle connections a host":           transport.MaxIdleConnsPerHost == 64,
		"ping after 5 seconds of silence":      transport.HTTP2.SendPingTimeout == 5*time.Second,
		"response to a ping within 5 seconds":  transport.HTTP2.PingTimeout == 5*time.Second,
		"512 KiB unread of a stream":           transport.HTTP2.MaxReceiveBufferPerStream == 512<<10,
		"HTTP/2":                               transport.ForceAttemptHTTP2,
		"TLS 1.2":                              transport.TLSClientConfig.MinVersion == tls.VersionTLS12,
		"no limit for the header's wait alone": transport.ResponseHeaderTimeout == 0,
		"a proxy by the environment":           transport.Proxy != nil,
		"a dialer with a timeout":              transport.DialContext != nil,
	} {
		if !held {
			t.Errorf("the transport has not: %s", name)
		}
	}
}

// An http.Client without a transport sends by http.DefaultTransport, as it does by itself.
func TestWithHTTPClient_NilTransport(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"data": {"uid": 1, "balance": 123}}`))
	}))
	defer server.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	client, err := vingd.New(vingd.Password(username, password), vingd.WithHTTPClient(&http.Client{}),
		vingd.WithEndpoint(server.URL+"/broker/v1"), vingd.WithLoopbackHTTP())
	if err != nil {
		t.Fatal(err)
	}
	if balance, err := client.Accounts.Balance(t.Context()); err != nil || balance != 123 {
		t.Errorf("got a balance of %v, %v; want 1.23", balance, err)
	}
}

// failureOf returns the failure of a call to which a broker or a proxy responds with a text of its own.
func failureOf(t *testing.T, credentials vingd.Credentials, message string) *vingd.Error {
	t.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	client, err := vingd.New(credentials, vingd.WithRetries(0), vingd.WithHTTPClient(&http.Client{
		Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			return reply(req, 502, `{"message": `+string(text)+`, "context": ""}`), nil
		}),
	}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Accounts.Balance(t.Context())
	var failure *vingd.Error
	if !errors.As(err, &failure) {
		t.Fatalf("got %v, want an *Error", err)
	}
	return failure
}

// The text of a proxy cannot change how a terminal or a log shows the line that it is printed in.
func TestError_ForeignCharacters(t *testing.T) {
	for _, c := range []string{
		"\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e",
		"\u2060", "\u2066", "\u2067", "\u2068", "\u2069", "\u206f", "\ufeff", "\x00", "\x1b", "\x7f", "\u0085", "\u009b",
	} {
		text := failureOf(t, vingd.Password(username, password), "bad"+c+"gateway").Error()
		if strings.Contains(text, c) || !strings.Contains(text, "badgateway") {
			t.Errorf("%q is printed in %q", c, text)
		}
	}
}

// The text of a proxy is cut, between characters.
func TestError_LongForeignText(t *testing.T) {
	for _, letter := range []string{"x", "č", "☂", "😀"} {
		text := failureOf(t, vingd.Password(username, password), "a"+strings.Repeat(letter, 5000)).Error()
		if len(text) > 700 || !strings.Contains(text, strings.Repeat(letter, 100)) || !strings.Contains(text, letter+"…") {
			t.Errorf("%d bytes of %s are printed: %q", len(text), letter, text)
		}
	}
}

// A secret of six characters is looked for in the text of others. A shorter one is a part of many words.
func TestError_ShortSecrets(t *testing.T) {
	for secret, hidden := range map[string]bool{"abcde": false, "abcdef": true, "abcdefg": true, "abcdefgh": true} {
		text := failureOf(t, vingd.Key("key", secret), "who is "+secret+"?").Error()
		if strings.Contains(text, secret) == hidden {
			t.Errorf("a secret of %d characters is hidden: %v, want %v (%s)", len(secret), !hidden, hidden, text)
		}
	}
}
