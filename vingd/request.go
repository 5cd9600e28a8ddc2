package vingd

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vingd/vingd-api-go/internal/jsonread"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// Request makes a call for which this package has no method. It returns the data of the response unchanged, in JSON.
//
// The method is GET, POST, PUT or DELETE. The path is relative to the endpoint, escaped and without a query; [kvpath.Join]
// builds such paths. The body is sent as JSON. If nil, no body is sent.
//
// The client does not retry the call if the outcome is unknown, whatever the method, because a GET may spend money.
//
// It returns [ErrInvalidArgument] for another method, for a body that encoding/json refuses, and for a path with the segments .
// or .., even between escaped slashes.
//
// [kvpath.Join]: https://pkg.go.dev/github.com/vingd/vingd-api-go/vingd/kvpath#Join
func (c *Client) Request(ctx context.Context, method, path string, body any) (json.RawMessage, error) {
	args := c.args(opRequest)
	args.fail("method", checkMethod(method))
	args.fail("path", checkPath(path))
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			args.fail("body", "must be valid for encoding/json: "+err.Error())
		}
	}
	if args.err != nil {
		return nil, args.err
	}
	var data json.RawMessage
	req := rest.Request{Method: method, Path: "/" + strings.TrimPrefix(path, "/"), Body: payload}
	err := c.call(ctx, opRequest, req, func(r *jsonread.Reader) *dataFailure {
		data = append(json.RawMessage(nil), r.Raw()...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

func checkMethod(method string) (problem string) {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete:
		return ""
	}
	return "is " + quote(method) + ", must be GET, POST, PUT or DELETE"
}

// checkPath returns the problem of a path that may lead out of the endpoint, or "".
func checkPath(path string) (problem string) {
	switch {
	case path == "":
		return "is empty, must be the path of a resource, such as id/users"
	case strings.Contains(path, "://"):
		return "must be relative to the endpoint"
	case strings.HasPrefix(path, "//"):
		return "must not begin with two slashes"
	}
	rooted := "/" + strings.TrimPrefix(path, "/")
	if u, err := url.ParseRequestURI(rooted); err != nil || u.EscapedPath() != rooted {
		return "must be escaped, without a query" // otherwise the wire has an escaped character unescaped
	}
	text, err := url.PathUnescape(rooted) // as a server sees the path that unescapes slashes
	if err != nil || slices.ContainsFunc(strings.FieldsFunc(text, isSlash), isDots) {
		return "must not have the segments . and .."
	}
	return ""
}

func isSlash(c rune) bool        { return c == '/' || c == '\\' }
func isDots(segment string) bool { return segment == "." || segment == ".." }
