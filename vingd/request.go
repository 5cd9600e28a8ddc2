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

// Request does any call: method and path as the broker knows them, the path relative to the endpoint and escaped, as
// [kvpath.Join] makes it; body is what goes as JSON, nil for none. It returns the answer's data as it is. A path with the segments . or
// .., also between escaped slashes, is an [ErrInvalidArgument].
//
// It is the documents' request, for what this package has no method for. It is never repeated when its outcome is
// unknown, whatever the method: a GET may spend.
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
			args.fail("body", "must be what JSON can hold: "+err.Error())
		}
	}
	if args.err != nil {
		return nil, args.err
	}
	var data json.RawMessage
	req := rest.Request{Method: method, Path: "/" + strings.TrimPrefix(path, "/"), Body: payload}
	err := c.call(ctx, opRequest, req, func(r *jsonread.Reader) *batchFailure {
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

// checkPath says what would make a path lead elsewhere than below the endpoint, or nothing.
func checkPath(path string) (problem string) {
	switch {
	case path == "":
		return "is empty, must name a resource, like id/users"
	case strings.Contains(path, "://"):
		return "must be relative to the endpoint"
	case strings.HasPrefix(path, "//"):
		return "must not begin with two slashes"
	}
	rooted := "/" + strings.TrimPrefix(path, "/")
	if u, err := url.ParseRequestURI(rooted); err != nil || u.EscapedPath() != rooted {
		return "must be escaped, without a query" // else what is escaped in it would stand bare on the wire
	}
	text, err := url.PathUnescape(rooted) // as a server sees it that takes escaped slashes for slashes
	if err != nil || slices.ContainsFunc(strings.FieldsFunc(text, isSlash), isDots) {
		return "must not hold the segments . and .."
	}
	return ""
}

func isSlash(c rune) bool        { return c == '/' || c == '\\' }
func isDots(segment string) bool { return segment == "." || segment == ".." }
