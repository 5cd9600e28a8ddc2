package vingdtest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vingd/vingd-api-go/vingd/kvpath"
)

// route is a path of the API with its operations. Paths that differ only by a slash at the end share a route.
type route struct {
	segments   []string
	operations map[string]*operation // by method
}

// addRoute adds an operation to the route of its path. Paths come in order. A literal comes before a parameter, because a
// brace sorts after every letter. So the first route that matches is the right one.
func (c *contract) addRoute(op *operation) {
	segments := split(op.spec.Path)
	for _, r := range c.routes {
		if slices.Equal(r.segments, segments) {
			r.operations[op.spec.Method] = op
			return
		}
	}
	c.routes = append(c.routes, &route{segments, map[string]*operation{op.spec.Method: op}})
}

// split returns the segments of an escaped path, without the slashes at its beginning and end.
func split(path string) []string {
	return strings.Split(strings.TrimSuffix(strings.TrimLeft(path, "/"), "/"), "/")
}

// findRoute finds the route of an escaped path without filters, and the values of its parameters.
type findRoute func(path string) (*route, map[string]string)

// find finds a route below any endpoint: the longest end of the path that is a path of the API.
func (c *contract) find(path string) (*route, map[string]string) {
	for rest := split(path); len(rest) > 0; rest = rest[1:] {
		if r, params := c.match(rest); r != nil {
			return r, params
		}
	}
	return nil, nil
}

// below returns a function that finds routes below an endpoint.
func (c *contract) below(endpoint *url.URL) findRoute {
	prefix := endpoint.EscapedPath()
	return func(path string) (*route, map[string]string) {
		return c.match(split(strings.TrimPrefix(path, prefix)))
	}
}

// operation returns the operation of a request, or nil.
func (find findRoute) operation(req *http.Request) *operation {
	path, _, err := kvpath.Split(req.URL.EscapedPath())
	if err != nil {
		return nil
	}
	r, _ := find(path)
	if r == nil {
		return nil
	}
	return r.operations[req.Method]
}

// match returns the route of these segments, and the values of its parameters.
func (c *contract) match(segments []string) (*route, map[string]string) {
	for _, r := range c.routes {
		if params, ok := r.match(segments); ok {
			return r, params
		}
	}
	return nil, nil
}

func (r *route) match(segments []string) (params map[string]string, ok bool) {
	if len(segments) != len(r.segments) {
		return nil, false
	}
	for i, want := range r.segments {
		name, isParameter := strings.CutPrefix(want, "{")
		if !isParameter {
			if segments[i] != want {
				return nil, false
			}
			continue
		}
		value, err := url.PathUnescape(segments[i])
		if err != nil || value == "" {
			return nil, false
		}
		if params == nil {
			params = map[string]string{}
		}
		params[strings.TrimSuffix(name, "}")] = value
	}
	return params, true
}

// methods returns the methods that a route has, in order.
func (r *route) methods() string {
	return strings.Join(slices.Sorted(maps.Keys(r.operations)), ", ")
}

// asked returns the operation of a request below any endpoint, or nil.
func (c *contract) asked(req *http.Request) *operation { return findRoute(c.find).operation(req) }
