package vingdtest

import (
	"fmt"
	"net/http"

	"github.com/jarcoal/httpmock"
)

// The failures that the broker reports in its own envelope. Each is a [httpmock.Responder].

// InvalidData responds with 400. The error is a vingd.ErrInvalidData, and the call was not done.
func InvalidData(req *http.Request) (*http.Response, error) {
	return refuse(req, http.StatusBadRequest, "InvalidData"), nil
}

// PaymentRequired responds with 402: the balance is too low. The error is a vingd.ErrGeneral, and the call was not done.
func PaymentRequired(req *http.Request) (*http.Response, error) {
	return refuse(req, http.StatusPaymentRequired, "PaymentRequired"), nil
}

// Forbidden responds with 403. The error is a vingd.ErrForbidden, and the call was not done.
func Forbidden(req *http.Request) (*http.Response, error) {
	return refuse(req, http.StatusForbidden, "Forbidden"), nil
}

// NotFound responds with 404. The error is a vingd.ErrNotFound, and the call was not done.
func NotFound(req *http.Request) (*http.Response, error) {
	return refuse(req, http.StatusNotFound, "NotFound"), nil
}

// Conflict responds with 409. The error is a vingd.ErrGeneral, and the call was not done.
func Conflict(req *http.Request) (*http.Response, error) {
	return refuse(req, http.StatusConflict, "Conflict"), nil
}

// TooManyRequests responds with 429 and a Retry-After of one second, and the client retries. After the last retry the error
// is a vingd.ErrGeneral, and the call was not done.
func TooManyRequests(req *http.Request) (*http.Response, error) {
	resp := refuse(req, http.StatusTooManyRequests, "GeneralError")
	resp.Header.Set("Retry-After", "1")
	return resp, nil
}

// InternalError responds with 500. The error is a vingd.ErrInternal, and a vingd.ErrOutcomeUnknown if the call changes
// something.
func InternalError(req *http.Request) (*http.Response, error) {
	return refuse(req, http.StatusInternalServerError, "InternalError"), nil
}

// refuse returns a response in the envelope of failures, with a named example of the specification.
func refuse(req *http.Request, status int, name string) *http.Response {
	return reply(req, status, specification().refusal(name))
}

// BatchError responds to createObject, updateObject or createOrder in the batch form, with a failure described by desc. The
// error is a vingd.ErrGeneral, and the call was not done. Other operations have no batch form: their calls fail without a
// response.
func BatchError(desc string) httpmock.Responder {
	return func(req *http.Request) (*http.Response, error) {
		op := specification().asked(req)
		if op == nil || op.failedBatch(desc) == nil {
			return nil, fmt.Errorf("vingdtest: %s %s: the operation has no batch form", req.Method, req.URL.EscapedPath())
		}
		return reply(req, http.StatusPartialContent, op.failedBatch(desc)), nil
	}
}
