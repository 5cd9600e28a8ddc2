package vingdtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/vingd/vingd-api-go/vingd/kvpath"
)

// call is a request and its operation.
type call struct {
	*operation
	path    string // less the filters
	filters []kvpath.Segment
	input   *openapi3filter.RequestValidationInput
}

// checkRequest returns the call of a request, or nil if it is not an operation, and what is wrong with the request.
func (c *contract) checkRequest(req *http.Request, body []byte) (_ *call, fault string) {
	place := req.Method + " " + req.URL.EscapedPath()
	path, filters, err := kvpath.Split(req.URL.EscapedPath())
	if err != nil {
		return nil, fmt.Sprintf("%s: invalid path: %v", place, err)
	}
	route, params := c.find(path)
	if route == nil {
		return nil, place + ": the API has no such path"
	}
	op := route.operations[req.Method]
	if op == nil {
		return nil, fmt.Sprintf("%s: the API has no %s here, only %s", place, req.Method, route.methods())
	}
	query := url.Values{}
	for _, filter := range filters {
		query.Add(filter.Key, filter.Value)
	}
	found := &call{op, path, filters, &openapi3filter.RequestValidationInput{
		Request: (&http.Request{
			Method:        req.Method,
			URL:           req.URL,
			Header:        req.Header,
			Body:          io.NopCloser(bytes.NewReader(body)),
			ContentLength: int64(len(body)),
		}).WithContext(req.Context()),
		PathParams:  params,
		QueryParams: query,
		Route:       op.spec,
		Options:     &openapi3filter.Options{AuthenticationFunc: checkBasic, SkipSettingDefaults: true},
	}}
	if fault = found.check(body); fault != "" {
		fault = op.id + ": request " + fault
	}
	return found, fault
}

// check returns what is wrong with the request. It checks what the validator does not check, then runs the validator.
func (c *call) check(body []byte) (fault string) {
	u := c.input.Request.URL
	switch {
	case strings.HasSuffix(c.path, "/") != strings.HasSuffix(c.spec.Path, "/"):
		return "path: " + c.path + " must end as " + c.spec.Path + " does"
	case u.RawQuery != "":
		return "query: " + u.RawQuery + " must be a part of the path, where filters go"
	}
	if fault = c.checkFilters(); fault != "" {
		return fault
	}
	if fault = c.checkBody(body); fault != "" {
		return fault
	}
	return requestFault(openapi3filter.ValidateRequest(c.input.Request.Context(), c.input))
}

// checkFilters returns which filter is unknown, given twice or out of order.
func (c *call) checkFilters() (fault string) {
	var known []string
	for _, parameter := range c.spec.Operation.Parameters {
		if parameter.Value.In == openapi3.ParameterInQuery {
			known = append(known, parameter.Value.Name)
		}
	}
	last := -1
	for _, filter := range c.filters {
		at := slices.Index(known, filter.Key)
		switch {
		case at < 0:
			return "filter " + filter.Key + ": the operation has no such filter"
		case at == last:
			return "filter " + filter.Key + ": is given twice"
		case at < last:
			return "filter " + filter.Key + ": must come before " + known[last]
		}
		last = at
	}
	return ""
}

// checkBody returns what is wrong with the form of the body.
func (c *call) checkBody(body []byte) (fault string) {
	want := c.spec.Operation.RequestBody
	switch contentType := c.input.Request.Header.Get("Content-Type"); {
	case want == nil && len(body) > 0:
		return "body: " + excerpt(body) + " must be empty"
	case want == nil:
		return ""
	case len(body) == 0:
		return "body: is missing"
	case want.Value.Content.Get(contentType) == nil:
		return fmt.Sprintf("header Content-Type: %q must be %s", contentType, mediaType)
	case !json.Valid(body):
		return "body: " + excerpt(body) + " must be JSON"
	}
	return ""
}

// checkBasic checks the form of the credentials, but not whether they are right.
func checkBasic(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	req := in.RequestValidationInput.Request
	if req.Header.Get("Authorization") == "" {
		return errors.New("header Authorization: is missing, must be Basic")
	}
	if user, secret, ok := req.BasicAuth(); !ok || user == "" || secret == "" {
		return errors.New("header Authorization: must be Basic, with a user and a secret in base64")
	}
	return nil
}
