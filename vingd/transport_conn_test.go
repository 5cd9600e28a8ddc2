package vingd_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// valueConn is a connection of a caller's dialer that Go cannot compare.
type valueConn struct {
	net.Conn
	closed func()
}

func (c valueConn) Close() error {
	c.closed()
	return c.Conn.Close()
}

// Net/http replays a read on one kept connection after another, until one is alive. Their values need not be comparable.
func TestTransport_ConnectionsThatCannotBeCompared(t *testing.T) {
	var both sync.WaitGroup
	both.Add(2)
	balance := callNamed("Accounts.Balance")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("warm") != "" {
			both.Done()
			both.Wait() // each request has a connection of its own
		}
		_, _ = io.WriteString(w, `{"data": `+balance.data+`}`)
	}))
	defer server.Close()
	var mu sync.Mutex
	var conns []*net.TCPConn
	transport := newTransport(t)
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		conns = append(conns, conn.(*net.TCPConn))
		return valueConn{conn, func() {}}, nil
	}
	var done sync.WaitGroup
	for range 2 {
		done.Go(func() {
			resp, err := (&http.Client{Transport: transport}).Get(server.URL + "?warm=1") //nolint:noctx // it ends with the test
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		})
	}
	done.Wait()
	for _, conn := range conns {
		if err := conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := balance.do(t.Context(), newBareClient(t, server.URL, transport)); err != nil {
		t.Error(err)
	}
}

// A verification names HTTP/1.1 in the TLS handshake. A server may refuse a handshake without a protocol.
func TestVerify_OffersHTTP1(t *testing.T) {
	var offered []string
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		offered = hello.SupportedProtos
		return nil, errors.New("seen")
	}}
	server.StartTLS()
	defer server.Close()
	transport := newTransport(t)
	transport.ForceAttemptHTTP2 = true
	_, _ = callNamed("Purchases.Verify").do(t.Context(), newBareClient(t, server.URL, transport))
	if len(offered) != 1 || offered[0] != "http/1.1" {
		t.Errorf("got %q, want http/1.1", offered)
	}
}

// Crypto/tls does not call VerifyPeerCertificate for a resumed session, so the copy of a transport with one resumes none.
func TestVerify_VerifyPeerCertificate(t *testing.T) {
	verify := callNamed("Purchases.Verify")
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data": `+verify.data+`}`)
	}))
	defer server.Close()
	revoked := errors.New("revoked")
	checks := 0
	transport := newTransport(t)
	transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	transport.TLSClientConfig.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error {
		if checks++; checks > 1 {
			return revoked
		}
		return nil
	}
	client := newBareClient(t, server.URL, transport)
	if _, err := verify.do(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if _, err := verify.do(t.Context(), client); !errors.Is(err, revoked) {
		t.Errorf("got %v, want %v", err, revoked)
	}
}
