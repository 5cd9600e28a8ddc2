package vingd

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// unanswered is the error of a request to which no answer came. There is no trace of a call that changes nothing, and none
// before a request is sent: neither has done anything.
func (c *Client) unanswered(ctx context.Context, op operation, cause error, trace *connTrace) *Error {
	e := &Error{
		Op:        op.name,
		Kind:      ErrInternal,
		Context:   "Internal error",
		Message:   "HTTP request failed! (Network error? Installation error?)", // Python's words
		Outcome:   OutcomeNotDone,
		summary:   "no answer",
		cause:     c.cleanCause(ctx, op, cause),
		transient: isTransient(ctx, cause),
	}
	if trace != nil && !trace.notProcessed(cause, c.sender.isTraced()) {
		e.Outcome = OutcomeUnknown
	}
	return e
}

// broken is the error of an answer that broke off, or went on for too long.
func (c *Client) broken(op operation, resp *http.Response, cause error) *Error {
	ctx := resp.Request.Context()
	e := c.unanswered(ctx, op, cause, nil)
	e.Status = resp.StatusCode
	e.Outcome = op.outcome(resp.StatusCode, false)
	e.retryAfter = retryAfter(resp.Header)
	e.summary = "half an answer"
	var tooLarge *tooLargeError
	if errors.As(cause, &tooLarge) {
		e.Kind, e.Context, e.Message, e.summary = ErrGeneral, nonJSON, "", "too much of an answer"
		e.transient = false
	}
	return e
}

// cleanCause takes the address and anything secret out of why a request failed.
func (c *Client) cleanCause(ctx context.Context, op operation, cause error) error {
	var outer *url.Error
	if errors.As(cause, &outer) {
		cause = outer.Err // its text without the target
	}
	if err := ctx.Err(); err != nil && (errors.Is(cause, err) || errors.Is(cause, context.Cause(ctx))) {
		cause = endOf(ctx)
	}
	text := cause.Error()
	if clean := c.redact(op, text, false); clean != text {
		return &redactedError{text: clean, original: func() error { return cause }}
	}
	return cause
}

// isTransient reports whether a request that failed so may go better the next time.
func isTransient(ctx context.Context, cause error) bool {
	var certificate *tls.CertificateVerificationError
	var name *net.DNSError
	switch {
	case ctx.Err() != nil:
		return false
	case errors.As(cause, &certificate):
		return false
	case errors.As(cause, &name) && name.IsNotFound:
		return false
	}
	return true
}

// outcome is what became of an operation that was answered with a failure. Only the broker's own envelope, with a 4xx status,
// says that it was not done. A redirect does not: a 303 tells where the result of a POST is. A page does not either: a gateway
// may have sent the request twice, and tell of the second time.
func (op operation) outcome(status int, envelope bool) Outcome {
	switch {
	case op.effect == reads:
		return OutcomeNotDone // there was nothing to do
	case 400 <= status && status < 500 && envelope:
		return OutcomeNotDone
	default:
		return OutcomeUnknown
	}
}

// nonJSON is what the Python client calls an answer that is no JSON.
const nonJSON = "Non-JSON server response"

const (
	// maxLooked bounds how much of an answer that is no JSON is searched for secrets.
	maxLooked = 64 << 10
	// maxPage bounds how much of it is kept.
	maxPage = 4 << 10
)

// unreadable is the error of an answer that is no JSON. It keeps the beginning.
func (c *Client) unreadable(op operation, resp *http.Response, body []byte, cause error) *Error {
	start := body[:min(len(body), maxLooked)]
	page := strings.ToValidUTF8(string(start), "\ufffd")
	page = c.redact(op, page, len(start) < len(body)) // before it is cut to what is kept: no half of a secret
	page = strings.ToValidUTF8(page[:min(len(page), maxPage)], "")
	e := c.refused(op, resp, ErrGeneral, nonJSON, page)
	e.Outcome = op.outcome(resp.StatusCode, false)
	e.summary = "the answer is not JSON"
	e.cause = cause
	return e
}

// misshapen is the error of an answer that is JSON, but not the envelope or not the data of its operation.
func (c *Client) misshapen(op operation, resp *http.Response, cause error) *Error {
	message := "Invalid server ERROR response format!" // Python's words
	if isSuccess(resp.StatusCode) {
		message = "Invalid server DATA response format!"
	}
	e := c.refused(op, resp, ErrInvalidData, "Invalid data", message)
	e.Outcome = op.outcome(resp.StatusCode, false)
	e.summary = "the answer is not one of the broker's"
	e.cause = cause
	return e
}

// refused is the error of an answer in the broker's own envelope.
func (c *Client) refused(op operation, resp *http.Response, kind error, context, message string) *Error {
	return &Error{
		Op:         op.name,
		Kind:       kind,
		Status:     resp.StatusCode,
		Context:    c.redact(op, context, false),
		Message:    c.redact(op, message, false),
		Outcome:    op.outcome(resp.StatusCode, true),
		transient:  isTransientStatus(resp.StatusCode),
		retryAfter: retryAfter(resp.Header),
	}
}

func isSuccess(status int) bool { return 200 <= status && status < 300 }

func isTransientStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// kindOf returns the sentinel of a status, as the documents' exceptions have it.
func kindOf(status int) error {
	switch status {
	case http.StatusBadRequest:
		return ErrInvalidData
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound:
		return ErrNotFound
	case http.StatusInternalServerError:
		return ErrInternal
	default:
		return ErrGeneral
	}
}

// retryAfter returns how long the broker wishes the client to wait, in seconds or until a time by its own clock.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if value == "" {
		return 0
	}
	// What is out of range is a number only where nothing else stands behind it.
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) && strings.Trim(value[1:], "0123456789") == "" {
		return time.Duration(min(max(seconds, 0), 1<<30)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		now, err := http.ParseTime(h.Get("Date"))
		if err != nil {
			now = time.Now()
		}
		return max(at.Sub(now), 0)
	}
	return 0
}

// isSyntax reports whether a reader stopped because the bytes are no JSON, rather than other JSON than expected.
func isSyntax(err error) bool {
	var syntax *jsonread.SyntaxError
	return errors.Is(err, jsonread.ErrShort) || errors.As(err, &syntax)
}
