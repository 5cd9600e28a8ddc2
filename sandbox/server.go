package sandbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"time"
)

// A Server is a sandbox that listens on the loopback interface, over TLS with a self-signed certificate.
type Server struct {
	*Sandbox

	address string
	server  *http.Server
	served  chan struct{} // closed when the server no longer accepts
	client  *http.Client
}

// Start runs a sandbox on a free port. It returns the errors of [New]. Close the server when done.
func Start(options Options) (*Server, error) {
	sandbox, err := New(options)
	if err != nil {
		return nil, err
	}
	certificate, err := loopbackCertificate()
	if err != nil {
		return nil, errors.Join(named(err), sandbox.Close())
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(named(err), sandbox.Close())
	}
	s := &Server{
		Sandbox: sandbox,
		address: listener.Addr().String(),
		server: &http.Server{
			Handler:           sandbox.Handler(),
			TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
			ReadHeaderTimeout: 10 * time.Second,
			ReadTimeout:       30 * time.Second,
			IdleTimeout:       2 * time.Minute,
		},
		served: make(chan struct{}),
		client: clientTrusting(certificate.Leaf),
	}
	go s.serve(listener)
	return s, nil
}

func (s *Server) serve(listener net.Listener) {
	defer close(s.served)
	s.server.ServeTLS(listener, "", "") //nolint:errcheck // Close ends it
}

// Endpoint returns the address of the API, https://127.0.0.1:<port>/sandbox/broker/v1.
func (s *Server) Endpoint() string { return s.Frontend() + "/sandbox/broker/v1" }

// Frontend returns the base URL of the pages, https://127.0.0.1:<port>. Pass it to vingd.WithFrontend.
func (s *Server) Frontend() string { return "https://" + s.address }

// HTTPClient returns a client that trusts this server's certificate and no other.
func (s *Server) HTTPClient() *http.Client { return s.client }

// Close stops the server, closes its connections and those of its client, and closes the sandbox.
func (s *Server) Close() error {
	err := s.server.Close()
	<-s.served
	s.client.CloseIdleConnections()
	return errors.Join(named(err), s.Sandbox.Close())
}

// clientTrusting returns a client that trusts one certificate only.
func clientTrusting(certificate *x509.Certificate) *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     time.Minute,
			ForceAttemptHTTP2:   true,
		},
	}
}
