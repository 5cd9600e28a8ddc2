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

// maxAnswer bounds how much of an answer is kept until it is validated.
const maxAnswer = 16 << 20

// answer returns what the specification says of an answer of this status.
func (op *operation) answer(status int) *openapi3.Response {
	if known := op.spec.Operation.Responses.Status(status); known != nil {
		return known.Value
	}
	return op.spec.Operation.Responses.Default().Value
}

// checkHeader says what is wrong with an answer as far as its header goes.
func (c *call) checkHeader(resp *http.Response) (fault string) {
	contentType := resp.Header.Get("Content-Type")
	if c.answer(resp.StatusCode).Content.Get(contentType) == nil {
		return fmt.Sprintf("%s: answer %d header Content-Type: %q must be %s", c.id, resp.StatusCode, contentType, mediaType)
	}
	return ""
}

// checkAnswer says what is wrong with the body of an answer whose header is right.
func (c *call) checkAnswer(status int, header http.Header, body []byte) (fault string) {
	place := c.id + ": answer " + strconv.Itoa(status) + " "
	if !json.Valid(body) {
		return place + "body: " + excerpt(body) + " must be JSON"
	}
	if c.spec.Operation.Responses.Status(status) == nil {
		status = 0 // the default answer, which the validator does not look for when it is a redirect
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

// watchedBody keeps what its reader reads, and validates it when it was all.
type watchedBody struct {
	io.ReadCloser
	v      *validator
	call   *call
	status int
	header http.Header

	mu   sync.Mutex // a body may be closed while it is read
	seen []byte
	over bool // nothing is left to be validated
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.over:
	case len(b.seen)+n > maxAnswer:
		b.v.t.Logf("vingdtest: %s: answer %d is not validated, it is larger than %d MiB", b.call.id, b.status, maxAnswer>>20)
		b.over, b.seen = true, nil
	default:
		b.seen = append(b.seen, p[:n]...)
		if errors.Is(err, io.EOF) {
			b.validate()
		}
	}
	return n, err
}

// Close validates what was read if it is whole though its reader did not wait for the end.
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
	b.v.report(b.call.checkAnswer(b.status, b.header, b.seen))
}
