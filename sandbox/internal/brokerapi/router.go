package brokerapi

import (
	"net/http"
	"strings"
)

// A router is where the generated code registers its routes. It serves each without the slash at its end that some have,
// so that one form of a path is enough: a client may send either.
type router struct {
	mux *http.ServeMux
}

func newRouter() router { return router{http.NewServeMux()} }

// HandleFunc registers a route.
func (r router) HandleFunc(pattern string, handle func(http.ResponseWriter, *http.Request)) {
	r.mux.HandleFunc(strings.TrimSuffix(pattern, "/{$}"), handle)
}

// ServeHTTP serves a request whose path ends in no slash.
func (r router) ServeHTTP(w http.ResponseWriter, request *http.Request) { r.mux.ServeHTTP(w, request) }

// pattern returns the route that a request takes, such as "GET /orders/{orderid}", or nothing.
// HEAD takes none: it would run a GET, and one of those spends.
func (r router) pattern(request *http.Request) string {
	if request.Method == http.MethodHead {
		return ""
	}
	_, pattern := r.mux.Handler(request)
	return pattern
}
