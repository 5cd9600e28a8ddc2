package sandbox_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/vingd/vingd-api-go/api"
	"github.com/vingd/vingd-api-go/vingd/kvpath"
)

// loadOnce reads the specification once for all tests.
var loadOnce = sync.OnceValues(func() (*openapi3.T, error) { return openapi3.NewLoader().LoadFromData(api.Spec) })

func loadSpec(t testing.TB) *openapi3.T {
	t.Helper()
	spec, err := loadOnce()
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// A validator is a transport that checks every response.
type validator struct {
	t    testing.TB
	next http.RoundTripper
}

func (v *validator) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := v.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	checkResponse(v.t, request, response.StatusCode, response.Header, body)
	return response, nil
}

// checkResponse fails the test if a response is not JSON in ASCII. It also fails if the response is not as the specification
// has it for the operation and the status.
func checkResponse(t testing.TB, request *http.Request, status int, header http.Header, body []byte) {
	t.Helper()
	call := request.Method + " " + request.URL.EscapedPath()
	if bytes.ContainsFunc(body, func(r rune) bool { return r >= 0x80 }) {
		t.Errorf("%s: the response is not ASCII: %q", call, body)
	}
	if got := header.Get("Content-Type"); got != "application/json" {
		t.Errorf("%s: got content type %q", call, got)
	}
	route, parameters := findRoute(loadSpec(t), request)
	if route == nil {
		if status < 400 {
			t.Errorf("%s: got %d for an operation that the specification does not have", call, status)
		}
		return
	}
	options := &openapi3filter.Options{IncludeResponseStatus: true}
	err := openapi3filter.ValidateResponse(request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: parameters, Route: route, Options: options},
		Status:                 status,
		Header:                 header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                options,
	})
	if err != nil {
		t.Errorf("%s: got %d, which the specification does not allow: %v", call, status, err)
	}
}

// findRoute returns the operation of a request. If two paths match, the one with fewer parameters is used.
func findRoute(spec *openapi3.T, request *http.Request) (*routers.Route, map[string]string) {
	_, rest, ok := strings.Cut(request.URL.EscapedPath(), "/broker/v1/")
	if !ok {
		return nil, nil
	}
	base, _, err := kvpath.Split(strings.Trim(rest, "/"))
	if err != nil {
		return nil, nil
	}
	var found *routers.Route
	var parameters map[string]string
	for path, item := range spec.Paths.Map() {
		operation := item.GetOperation(request.Method)
		if operation == nil {
			continue
		}
		if values, ok := match(strings.Trim(path, "/"), base); ok && (found == nil || len(values) < len(parameters)) {
			found = &routers.Route{Spec: spec, Path: path, PathItem: item, Method: request.Method, Operation: operation}
			parameters = values
		}
	}
	return found, parameters
}

func match(template, path string) (map[string]string, bool) {
	names, segments := strings.Split(template, "/"), strings.Split(path, "/")
	if len(names) != len(segments) {
		return nil, false
	}
	values := make(map[string]string)
	for i, name := range names {
		if strings.HasPrefix(name, "{") {
			value, err := url.PathUnescape(segments[i])
			if err != nil {
				return nil, false
			}
			values[strings.Trim(name, "{}")] = value
		} else if name != segments[i] {
			return nil, false
		}
	}
	return values, true
}
