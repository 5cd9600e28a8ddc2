package vingd_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
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
