package vingdtest

import (
	"bytes"
	"io"
	"net/http"
	"testing"
)

// Validate returns a transport that sends by next, and fails the test for every request and every answer that the
// specification of the API does not allow, with one sentence that says where:
//
//	vingdtest: createOrder: request body at /price: -1 must be at least 0
//	vingdtest: getBalance: answer 200 body at /data/balance: "12" must be an integer
//
// The request is sent and its answer handed on all the same, both unchanged. The operation is found below any endpoint.
// Strictness is that of the specification and more: filters, fields and answers that it does not name are faults, and so
// is a request without credentials, a filter out of its order, or a slash too many at the end of a path.
//
// An answer is validated when it has been read to its end, so a stream stays one. One that is closed halfway or breaks
// off is validated as far as its header goes, and so is one beyond 16 MiB, of which the log of the test tells.
// The answers of [Garbage], [HalfAnswer] and [BadGateway] are not validated: they are amiss on purpose.
//
// A nil next is [http.DefaultTransport]. The transport is safe for concurrent use.
func Validate(t testing.TB, next http.RoundTripper) http.RoundTripper {
	return newValidator(t, next, true)
}

// ValidateRequests is [Validate] for requests only, for a test whose broker answers amiss on purpose.
func ValidateRequests(t testing.TB, next http.RoundTripper) http.RoundTripper {
	return newValidator(t, next, false)
}

type validator struct {
	t        testing.TB
	next     http.RoundTripper
	contract *contract
	answers  bool
}

func newValidator(t testing.TB, next http.RoundTripper, answers bool) *validator {
	if next == nil {
		next = http.DefaultTransport
	}
	return &validator{t, next, specification(), answers}
}

// RoundTrip sends a request.
func (v *validator) RoundTrip(req *http.Request) (*http.Response, error) {
	sent, body, err := readBody(req)
	if err != nil {
		return nil, err
	}
	call, fault := v.contract.checkRequest(req, body)
	v.report(fault)
	resp, err := v.next.RoundTrip(sent)
	if err != nil || call == nil || !v.answers || resp.Body == nil || isSpoilt(resp) {
		return resp, err
	}
	if fault = call.checkHeader(resp); fault != "" {
		v.report(fault)
		return resp, nil
	}
	resp.Body = &watchedBody{ReadCloser: resp.Body, v: v, call: call, status: resp.StatusCode, header: resp.Header}
	return resp, nil
}

// report fails the test, unless there is no fault.
func (v *validator) report(fault string) {
	if fault != "" {
		v.t.Errorf("vingdtest: %s", fault)
	}
}

// CloseIdleConnections closes what the transport below keeps open.
func (v *validator) CloseIdleConnections() {
	if c, ok := v.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// readBody returns the body of a request, and the request to be sent in its place. That one has no more ways to get its
// body again than the first, for net/http would take it for a request that may be repeated.
func readBody(req *http.Request) (sent *http.Request, body []byte, err error) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, nil, nil
	}
	body, err = io.ReadAll(req.Body)
	if closeErr := req.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, nil, err
	}
	sent = req.WithContext(req.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	return sent, body, nil
}
