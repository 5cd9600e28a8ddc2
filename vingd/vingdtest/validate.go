package vingdtest

import (
	"bytes"
	"io"
	"net/http"
	"testing"
)

// Validate returns a transport that sends requests by next. It fails the test for each request and response that the specification of
// the API does not allow, with one line that names the place:
//
//	vingdtest: createOrder: request body at /price: -1 must be at least 0
//	vingdtest: getBalance: response 200 body at /data/balance: "12" must be an integer
//
// The transport sends the request and returns the response in any case, both unchanged. It finds the operation below any
// endpoint. It is stricter than the specification, and also reports
//   - a filter, field or response that the specification does not name
//   - a request without credentials
//   - a filter out of order
//   - a wrong slash at the end of a path
//
// The transport validates a response at its end, so that it can stream. It validates only the header if the response is
// closed early, incomplete, or larger than 16 MiB, which it logs. It does not validate the responses of [Garbage],
// [IncompleteResponse] and [BadGateway], which are invalid on purpose.
//
// If next is nil, [http.DefaultTransport] is used. The transport is safe for concurrent use.
func Validate(t testing.TB, next http.RoundTripper) http.RoundTripper {
	return newValidator(t, next, true)
}

// ValidateRequests is [Validate] for requests only, for a test whose broker sends invalid responses on purpose.
func ValidateRequests(t testing.TB, next http.RoundTripper) http.RoundTripper {
	return newValidator(t, next, false)
}

type validator struct {
	t         testing.TB
	next      http.RoundTripper
	contract  *contract
	responses bool
}

func newValidator(t testing.TB, next http.RoundTripper, responses bool) *validator {
	if next == nil {
		next = http.DefaultTransport
	}
	return &validator{t, next, specification(), responses}
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
	if err != nil || call == nil || !v.responses || resp.Body == nil || isSpoilt(resp) {
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

// CloseIdleConnections closes the idle connections of next.
func (v *validator) CloseIdleConnections() {
	if c, ok := v.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// readBody returns the body of a request, and the request to send in its place. It adds no GetBody: net/http would then send
// the request again by itself.
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
