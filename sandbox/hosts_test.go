package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
)

// fetch gets a path of a server, with a Host that need not be the server's.
func fetch(t *testing.T, server *httptest.Server, host, path string) (status int, kind, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	if strings.Contains(path, "/broker/") {
		request.SetBasicAuth(username, digest)
	}
	a := open(t, server.Client(), request)
	return a.status, a.header.Get("Content-Type"), string(a.raw)
}

// If the name of another site leads to the sandbox, it refuses the controls, and without TLS the API and the pages too.
func TestHosts(t *testing.T) {
	s, err := sandbox.New(sandbox.Options{Hosts: []string{"vingd.test"}})
	if err != nil {
		t.Fatal(err)
	}
	defer closeSandbox(t, s)
	plain, secure := httptest.NewServer(s.Handler()), httptest.NewTLSServer(s.Handler())
	defer plain.Close()
	defer secure.Close()
	for host, ours := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9:8443": true, "[::1]": true, "[::1]:8443": true,
		"localhost": true, "LocalHost.:8443": true, "vingd.test": true, "VINGD.test:8443": true,
		"evil.example": false, "evil.example:8443": false, "127.0.0.1.evil.example": false, "localhost.evil.example": false,
		"0.0.0.0": false, "192.0.2.1:8443": false, "sub.vingd.test": false, "1": false, "[::]:8443": false,
	} {
		for _, test := range []struct {
			server  *httptest.Server
			path    string
			checked bool
			says    string
		}{
			{plain, "/-/clock", true, `"context":"Forbidden"`},
			{secure, "/-/clock", true, `"context":"Forbidden"`},
			{plain, "/sandbox/broker/v1/fort/accounts", true, `"context":"Forbidden"`},
			{secure, "/sandbox/broker/v1/fort/accounts", false, ""},
			{plain, "/", true, "<h1>Not allowed</h1>"},
			{secure, "/", false, ""},
		} {
			status, kind, body := fetch(t, test.server, host, test.path)
			refused := test.checked && !ours
			switch {
			case !refused && status != http.StatusOK, refused && status != http.StatusForbidden:
				t.Errorf("%s on %s: got %d %s", test.server.URL+test.path, host, status, body)
			case refused && (!strings.Contains(body, test.says) || !strings.Contains(body, "address must name this machine")):
				t.Errorf("%s on %s: got %s %s, want %s", test.server.URL+test.path, host, kind, body, test.says)
			}
		}
	}
}
