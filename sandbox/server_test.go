package sandbox_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
)

func closeServer(t testing.TB, s *sandbox.Server) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func closeSandbox(t testing.TB, s *sandbox.Sandbox) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func get(client *http.Client, address string) (status int, err error) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	request.SetBasicAuth(username, digest)
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

func TestServer(t *testing.T) {
	a, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeServer(t, b)
	if !strings.HasPrefix(a.Frontend(), "https://127.0.0.1:") || a.Endpoint() != a.Frontend()+"/sandbox/broker/v1" || a.Frontend() == b.Frontend() {
		t.Errorf("got %s, %s and %s", a.Endpoint(), a.Frontend(), b.Frontend())
	}
	for _, s := range []*sandbox.Server{a, b} {
		if status, err := get(s.HTTPClient(), s.Endpoint()+"/fort/accounts"); status != http.StatusOK {
			t.Errorf("got %d, %v", status, err)
		}
	}
	// Only the server's own client trusts the server.
	for _, client := range []*http.Client{b.HTTPClient(), {}} {
		var unknown x509.UnknownAuthorityError
		if _, err := get(client, a.Endpoint()+"/fort/accounts"); !errors.As(err, &unknown) {
			t.Errorf("got %v, want an unknown authority", err)
		}
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if _, err := get(a.HTTPClient(), a.Endpoint()+"/fort/accounts"); err == nil {
		t.Error("a closed server responds")
	}
	if balance, err := a.Balance(a.Seller()); err == nil {
		t.Errorf("a closed server returns the balance %v", balance)
	}
}
