package brokerapi

import (
	"net/http"
	"strings"
)

// A router serves the routes that the generated code registers. It cuts the slash at the end of a route, as the front does
// for requests, so that a client may send either form.
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

// pattern returns the route of a request, such as "GET /orders/{orderid}", or "". It returns "" for HEAD, which would run a
// GET: to verify a purchase uses up its token.
func (r router) pattern(request *http.Request) string {
	if request.Method == http.MethodHead {
		return ""
	}
	_, pattern := r.mux.Handler(request)
	return pattern
}
