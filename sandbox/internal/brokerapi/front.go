package brokerapi

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd/kvpath"
)

// A front converts each request into the form of the specification, for the generated router, or refuses it.
type front struct {
	broker     *broker.Broker
	routes     router
	parameters map[string]rule
	filters    map[string][]string
	bodies     map[string][]field
}

// ServeHTTP serves the API.
func (f *front) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w := &asciiWriter{ResponseWriter: out, status: http.StatusOK}
	rest, ok := cutBase(r.URL.EscapedPath())
	if !ok {
		writeEnvelope(w, http.StatusNotFound, "there is nothing here; the API is under /sandbox/broker/v1")
		return
	}
	login, digest, _ := r.BasicAuth()
	bound := f.broker.UntilReset()
	uid, ok, err := bound.Authenticate(login, digest)
	if err != nil {
		writeError(w, r, err)
		return
	}
	if !ok {
		w.Header().Set("WWW-Authenticate", `Basic realm="vingd"`)
		writeEnvelope(w, http.StatusUnauthorized, "the login is unknown, or its password is wrong")
		return
	}
	understood := r.WithContext(withCall(r.Context(), call{uid, bound}))
	if err := f.understand(w, understood, rest, login); err != nil {
		writeError(w, r, err)
		return
	}
	f.routes.ServeHTTP(w, understood)
}

// cutBase cuts the API's base path from a path, with every slash after it.
func cutBase(path string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(strings.TrimPrefix(path, "/sandbox"), "/broker/v1/")
	return strings.TrimLeft(rest, "/"), ok
}

// understand changes r to the form of the specification: no slash at the end, filters in the query, and the documented body.
func (f *front) understand(w http.ResponseWriter, r *http.Request, rest, login string) error {
	u, err := canonicalURL(r.URL, rest)
	if err != nil {
		return err
	}
	r.URL = u
	pattern := f.routes.pattern(r)
	if pattern == "" {
		return &broker.Error{Kind: broker.ErrNotFound, Message: fmt.Sprintf("there is no operation %.20q on this path", r.Method)}
	}
	if err := f.checkPath(pattern, u.EscapedPath()); err != nil {
		return err
	}
	if err := f.checkFilters(pattern, u.Query(), login); err != nil {
		return err
	}
	return canonicalBody(w, r, f.bodies[pattern])
}

// canonicalURL returns the URL of rest, the path after the base. The slash at its end is cut, and filters are in the query.
func canonicalURL(sent *url.URL, rest string) (*url.URL, error) {
	if sent.RawQuery != "" {
		// If the sandbox ignored a filter, a revocation of a few vouchers would revoke all.
		return nil, invalid("filters are path segments, key=value, and not a query")
	}
	escaped := "/" + strings.TrimSuffix(rest, "/")
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return nil, invalid("the path has an invalid percent-encoding")
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		if segment == "" && path != "/" || segment == "." || segment == ".." {
			return nil, invalid("the path must not hold an empty segment, nor . or ..")
		}
	}
	u, err := kvpath.ToQuery(&url.URL{Path: path, RawPath: escaped})
	if err != nil {
		return nil, invalid(err.Error())
	}
	return u, nil
}
