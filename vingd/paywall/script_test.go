package paywall_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// The script is one that browsers run.
func TestServeScript_Headers(t *testing.T) {
	w := httptest.NewRecorder()
	paywall.ServeScript(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/vingd.js", nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" ||
		w.Header().Get("Cache-Control") != "public, max-age=3600" || w.Header().Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(w.Body.String(), "data-vingd") {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
}
