package brokerapi

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd/kvpath"
)

// A front makes of each request one that the generated router understands, or refuses it.
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

// cutBase takes the API's base path off a path, and every slash behind it.
func cutBase(path string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(strings.TrimPrefix(path, "/sandbox"), "/broker/v1/")
	return strings.TrimLeft(rest, "/"), ok
}

// understand makes r as the specification has it: no slash at the end, filters in the query, a body in the documented form.
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

// canonicalURL returns the path rest behind the base, without the slash at its end and with its filters in the query.
func canonicalURL(sent *url.URL, rest string) (*url.URL, error) {
	if sent.RawQuery != "" {
		// To drop a filter in silence would make a narrow revocation revoke everything.
		return nil, invalid("filters are path segments, key=value, and not a query")
	}
	escaped := "/" + strings.TrimSuffix(rest, "/")
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return nil, invalid("the path is not escaped as a path must be")
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
