package vingdtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// maxResponse limits how much of a response is kept until it is validated.
const maxResponse = 16 << 20

// response returns the response of this status in the specification, or the default one.
func (op *operation) response(status int) *openapi3.Response {
	if known := op.spec.Operation.Responses.Status(status); known != nil {
		return known.Value
	}
	return op.spec.Operation.Responses.Default().Value
}

// checkHeader returns what is wrong with the header of a response.
func (c *call) checkHeader(resp *http.Response) (fault string) {
	contentType := resp.Header.Get("Content-Type")
	if c.response(resp.StatusCode).Content.Get(contentType) == nil {
		return fmt.Sprintf("%s: response %d header Content-Type: %q must be %s", c.id, resp.StatusCode, contentType, mediaType)
	}
	return ""
}

// checkResponse returns what is wrong with the body of a response.
func (c *call) checkResponse(status int, header http.Header, body []byte) (fault string) {
	place := c.id + ": response " + strconv.Itoa(status) + " "
	if !json.Valid(body) {
		return place + "body: " + excerpt(body) + " must be JSON"
	}
	if c.spec.Operation.Responses.Status(status) == nil {
		status = 0 // the validator does not find the default response of a redirect
	}
	err := openapi3filter.ValidateResponse(c.input.Request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: c.input,
		Status:                 status,
		Header:                 header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		return place + bodyFault(err)
	}
	return ""
}

// watchedBody keeps the bytes that its reader reads, and validates them at the end.
type watchedBody struct {
	io.ReadCloser
	v      *validator
	call   *call
	status int
	header http.Header

	mu   sync.Mutex // a body may be closed while it is read
	seen []byte
	over bool // validated, or not validated any more
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.over:
	case len(b.seen)+n > maxResponse:
		b.v.t.Logf("vingdtest: %s: response %d is not validated: it is larger than %d MiB", b.call.id, b.status, maxResponse>>20)
		b.over, b.seen = true, nil
	default:
		b.seen = append(b.seen, p[:n]...)
		if errors.Is(err, io.EOF) {
			b.validate()
		}
	}
	return n, err
}

// Close validates the bytes that were read, if they are complete JSON.
func (b *watchedBody) Close() error {
	b.mu.Lock()
	if !b.over && json.Valid(b.seen) {
		b.validate()
	}
	b.over = true
	b.mu.Unlock()
	return b.ReadCloser.Close()
}

func (b *watchedBody) validate() {
	b.over = true
	b.v.report(b.call.checkResponse(b.status, b.header, b.seen))
}
