package frontend_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/frontend"
)

// When the database fails, pages say so and not why.
func TestDatabaseFails(t *testing.T) {
	b := must[*broker.Broker](t)(broker.New(time.Now, ""))
	handler := frontend.New(b)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/orders/1/add/", "/popup/orders/1/add/", "/vouchers/2222-222-222", "/popup/vouchers/2222-222-222"} {
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		body := response.Body.String()
		if response.Code != http.StatusInternalServerError || !strings.Contains(body, "within the sandbox") || strings.Contains(body, "sql") {
			t.Errorf("%s: got %d %s", path, response.Code, body)
		}
	}
}
