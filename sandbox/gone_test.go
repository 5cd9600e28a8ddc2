package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
)

// gone is the connection of a client that has disconnected.
type gone struct {
	header   http.Header
	statuses []int
}

func (g *gone) Header() http.Header       { return g.header }
func (g *gone) WriteHeader(status int)    { g.statuses = append(g.statuses, status) }
func (g *gone) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// If a response cannot be written, because the client has disconnected, the sandbox writes no second one.
func TestResponse_ClientGone(t *testing.T) {
	broker, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Close() })
	for _, path := range []string{"/broker/v1/fort/accounts/", "/broker/v1/orders/4711"} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://localhost"+path, nil)
		request.SetBasicAuth("test@vingd.com", "40bd001563085fc35165329ea1ff5c5ecbdbbeef")
		client := &gone{header: http.Header{}}
		broker.Handler().ServeHTTP(client, request)
		if len(client.statuses) != 1 {
			t.Errorf("%s: got statuses %v, want one", path, client.statuses)
		}
	}
}
