package sandbox

import (
	"net/http"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/brokerapi"
	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
	"github.com/vingd/vingd-api-go/sandbox/internal/control"
	"github.com/vingd/vingd-api-go/sandbox/internal/faults"
	"github.com/vingd/vingd-api-go/sandbox/internal/frontend"
)

// routes serves all paths of a sandbox. A [http.ServeMux] would redirect paths with two slashes, which clients do send.
type routes struct {
	hosts         hosts
	now           func() time.Time
	calls         *calls.Log
	token         string
	api, controls http.Handler
	pages         *frontend.Frontend
	wrong         *faults.Set
}

func (h *routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isWatching(r) {
		h.serve(w, r)
		return
	}
	h.calls.Serve(w, r, http.HandlerFunc(h.serve))
}

// isWatching reports whether a request only looks at the sandbox. Such requests are not in the call log.
func isWatching(r *http.Request) bool {
	path := r.URL.Path
	return r.Method == http.MethodGet && (path == "/" || path == "/-/" || path == "/-/calls" || path == control.HealthPath || path == "/favicon.ico" ||
		strings.HasPrefix(path, "/docs") || strings.HasPrefix(path, "/assets/") || strings.HasPrefix(path, "/look/") || strings.HasPrefix(path, "/dashboard/"))
}

func (h *routes) serve(w http.ResponseWriter, r *http.Request) {
	controls, api := strings.HasPrefix(r.URL.Path, "/-/"), meantForAPI(r)
	foreign := (controls && h.token == "" || unprotected(r)) && h.hosts.foreign(r) && r.URL.Path != control.HealthPath
	if controls || api {
		w = &dated{ResponseWriter: w, now: h.now}
	}
	switch {
	case foreign && (controls || api):
		brokerapi.WriteRefusal(w, http.StatusForbidden, foreignHost)
	case foreign:
		h.pages.Forbid(w, foreignHost)
	case (controls || api) && crossOrigin(r):
		brokerapi.WriteRefusal(w, http.StatusForbidden, foreignPage)
	case controls:
		h.controls.ServeHTTP(w, r)
	case api:
		h.api.ServeHTTP(w, r)
	case isPage(r, "/orders/"):
		h.wrong.Page(faults.OrderPage, h.pages).ServeHTTP(w, r)
	case isPage(r, "/vouchers/"):
		h.wrong.Page(faults.VoucherPage, h.pages).ServeHTTP(w, r)
	default:
		h.pages.ServeHTTP(w, r)
	}
}

// isPage reports whether a request is for a page in the buyer's own window or in a popup.
func isPage(r *http.Request, prefix string) bool {
	return strings.HasPrefix(strings.TrimPrefix(r.URL.Path, "/popup"), prefix)
}

// meantForAPI reports whether a request should get a response of the API. This includes API clients with a wrong endpoint:
// unlike a browser, they send a login at once and do not ask for HTML.
func meantForAPI(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/broker/") || strings.HasPrefix(r.URL.Path, "/sandbox/") ||
		r.Header.Get("Authorization") != "" && !strings.Contains(r.Header.Get("Accept"), "text/html")
}

// A dated writer sets the Date of a response by the sandbox's clock.
type dated struct {
	http.ResponseWriter

	now func() time.Time
}

// WriteHeader sets the Date.
func (w *dated) WriteHeader(status int) {
	w.Header().Set("Date", w.now().UTC().Format(http.TimeFormat))
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap returns the writer below.
func (w *dated) Unwrap() http.ResponseWriter { return w.ResponseWriter }
