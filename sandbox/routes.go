package sandbox

import (
	"net/http"
	"strings"
)

// routes are what a sandbox serves. A [http.ServeMux] would redirect paths with two slashes, which clients do send.
type routes struct{ api, pages, knobs http.Handler }

func (h *routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/-/"):
		h.knobs.ServeHTTP(w, r)
	case meantForAPI(r):
		h.api.ServeHTTP(w, r)
	default:
		h.pages.ServeHTTP(w, r)
	}
}

// meantForAPI reports whether a request should get the API's kind of answer. So should a client that was pointed at the
// wrong place: it logs in at once and, unlike a browser, asks for no page.
func meantForAPI(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/broker/") || strings.HasPrefix(r.URL.Path, "/sandbox/") ||
		r.Header.Get("Authorization") != "" && !strings.Contains(r.Header.Get("Accept"), "text/html")
}
