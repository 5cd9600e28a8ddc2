package vingd_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
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

// Nothing of a request is sent after its call has ended. The broker here begins to read only then. Most of the
// request is in the client's system, which would send it for two minutes: for longer than the settle time of Reconcile.
func TestCall_NotSentAfterEnd(t *testing.T) {
	t.Run("HTTP", func(t *testing.T) {
		assertNotSentAfterEnd(t, "http", func(c net.Conn) net.Conn { return c })
	})
	t.Run("TLS of a private authority", func(t *testing.T) {
		authority := httptest.NewTLSServer(http.NotFoundHandler())
		defer authority.Close()
		roots := x509.NewCertPool()
		roots.AddCert(authority.Certificate())
		config := &tls.Config{Certificates: authority.TLS.Certificates, MinVersion: tls.VersionTLS12}
		assertNotSentAfterEnd(t, "https", func(c net.Conn) net.Conn { return tls.Server(c, config) }, vingd.WithRootCAs(roots))
	})
}

func assertNotSentAfterEnd(t *testing.T, scheme string, over func(net.Conn) net.Conn, options ...vingd.Option) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	ended, arrived := make(chan struct{}), make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			arrived <- err
			return
		}
		defer func() { _ = conn.Close() }()
		conn = over(conn)
		if c, ok := conn.(*tls.Conn); ok {
			if err := c.HandshakeContext(t.Context()); err != nil {
				t.Error(err)
			}
		}
		<-ended
		req, err := http.ReadRequest(bufio.NewReader(conn))
		if err == nil {
			_, err = io.Copy(io.Discard, req.Body)
		}
		arrived <- err
	}()
	client := newBareClient(t, scheme+"://"+listener.Addr().String(), nil, options...)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // for a system that takes less than all of the request
	defer cancel()
	written := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
	_, err = client.Rewards.Create(written, huid, vingd.RewardParams{Amount: 200, Description: strings.Repeat("x", 500<<10)})
	if vingd.OutcomeOf(err) != vingd.OutcomeUnknown {
		t.Fatalf("got %v, want an unknown outcome", err)
	}
	close(ended)
	if err := <-arrived; err == nil {
		t.Error("the broker got the whole request, although its call had ended")
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
