package vingdtest

import (
	"fmt"
	"net/http"

	"github.com/jarcoal/httpmock"
)

// The failures that the broker tells of itself, in its own envelope. Each is a [httpmock.Responder].

// InvalidData answers 400: a vingd.ErrInvalidData, and nothing happened.
func InvalidData(req *http.Request) (*http.Response, error) {
	return refuse(req, http.StatusBadRequest, "InvalidData"), nil
}

// PaymentRequired answers 402, the balance is too low: a vingd.ErrGeneral, and nothing happened.
func PaymentRequired(req *http.Request) (*http.Response, error) {
	return refuse(req, http.StatusPaymentRequired, "PaymentRequired"), nil
}

// Forbidden answers 403: a vingd.ErrForbidden, and nothing happened.
func Forbidden(req *http.Request) (*http.Response, error) {
	return refuse(req, http.StatusForbidden, "Forbidden"), nil
}

// NotFound answers 404: a vingd.ErrNotFound, and nothing happened.
func NotFound(req *http.Request) (*http.Response, error) {
	return refuse(req, http.StatusNotFound, "NotFound"), nil
}

// Conflict answers 409: a vingd.ErrGeneral, and nothing happened.
func Conflict(req *http.Request) (*http.Response, error) {
	return refuse(req, http.StatusConflict, "Conflict"), nil
}

// TooManyRequests answers 429 and asks the client to come back after a second, which it does as often as it may:
// a vingd.ErrGeneral at last, and nothing happened.
func TooManyRequests(req *http.Request) (*http.Response, error) {
	resp := refuse(req, http.StatusTooManyRequests, "GeneralError")
	resp.Header.Set("Retry-After", "1")
	return resp, nil
}

// InternalError answers 500: a vingd.ErrInternal. What would have changed something may have happened,
// so it is a vingd.ErrOutcomeUnknown as well.
func InternalError(req *http.Request) (*http.Response, error) {
	return refuse(req, http.StatusInternalServerError, "InternalError"), nil
}

// refuse returns an answer in the envelope of failures, with an example that the specification names.
func refuse(req *http.Request, status int, name string) *http.Response {
	return reply(req, status, specification().refusal(name))
}

// BatchError answers createObject, updateObject or createOrder in the batch form, with a failure in it that desc tells:
// a vingd.ErrGeneral, and nothing happened. Other operations do not answer so; for them the call fails and says so.
func BatchError(desc string) httpmock.Responder {
	return func(req *http.Request) (*http.Response, error) {
		op := specification().asked(req)
		if op == nil || op.failedBatch(desc) == nil {
			return nil, fmt.Errorf("vingdtest: %s %s does not answer in the batch form", req.Method, req.URL.EscapedPath())
		}
		return reply(req, http.StatusPartialContent, op.failedBatch(desc)), nil
	}
}
