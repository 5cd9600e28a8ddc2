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

// noResponse returns the error of a request without a response. trace is nil for a request that was not sent.
func (c *Client) noResponse(ctx context.Context, op operation, cause error, trace *connTrace) *Error {
	e := &Error{
		Op:        op.name,
		Kind:      ErrInternal,
		Outcome:   OutcomeNotDone,
		cause:     c.cleanCause(ctx, op, cause),
		transient: isTransient(ctx, cause),
	}
	e.describe("no response")
	if op.kind != safe && trace != nil && !trace.notProcessed(cause, c.sender.isTraced()) {
		e.Outcome = OutcomeUnknown
	}
	return e
}

// truncated returns the error of a response that ended early or is too large.
func (c *Client) truncated(op operation, resp *http.Response, cause error) *Error {
	ctx := resp.Request.Context()
	e := c.noResponse(ctx, op, cause, nil)
	e.Status = resp.StatusCode
	e.Outcome = op.outcome(resp.StatusCode, false)
	e.RetryAfter = retryAfter(resp.Header)
	e.describe("incomplete response")
	var tooLarge *tooLargeError
	if errors.As(cause, &tooLarge) {
		e.describe("response too large")
		e.Kind, e.transient = ErrGeneral, false
	}
	return e
}

// cleanCause returns the cause of a failed request without its URL and without secrets.
func (c *Client) cleanCause(ctx context.Context, op operation, cause error) error {
	var outer *url.Error
	if errors.As(cause, &outer) {
		cause = outer.Err // its text has no URL
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

// isTransient reports whether a request without a response may succeed later.
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

// statusClientGone is the status of nginx for a request whose client has closed the connection. Frameworks use it for one whose
// context was cancelled.
const statusClientGone = 499

// outcome returns the outcome of an operation whose response reports a failure. Only the broker's envelope with a 4xx status
// proves that it was not done. A redirect does not: a 303 leads to the result of a POST. A page does not either: a gateway may
// have sent the request twice, and report on the second one. Status 408 does not, because a server that limits the time of a
// request may send it while it works on the request. Nor does 499, for a request whose client is gone.
func (op operation) outcome(status int, envelope bool) Outcome {
	switch {
	case op.kind == safe:
		return OutcomeNotDone // nothing changes
	case 400 <= status && status < 500 && status != http.StatusRequestTimeout && status != statusClientGone && envelope:
		return OutcomeNotDone
	default:
		return OutcomeUnknown
	}
}

const (
	// maxLooked limits the part of a response that is not JSON in which secrets are redacted.
	maxLooked = 64 << 10
	// maxPage limits the part that the error keeps.
	maxPage = 4 << 10
)

// notJSON returns the error of a response that is not JSON. The error keeps the beginning of the response.
func (c *Client) notJSON(op operation, resp *http.Response, body []byte, cause error) *Error {
	start := body[:min(len(body), maxLooked)]
	page := strings.ToValidUTF8(string(start), "\ufffd")
	page = c.redact(op, page, len(start) < len(body)) // before the cut, which may divide a secret
	page = strings.ToValidUTF8(page[:min(len(page), maxPage)], "")
	e := c.rejected(op, resp, ErrGeneral, false, "", page)
	e.summary = "the response is not JSON"
	e.cause = cause
	return e
}

// unexpectedShape returns the error of a response that is JSON, but not the envelope or not the data of its operation.
func (c *Client) unexpectedShape(op operation, resp *http.Response, cause error) *Error {
	e := c.rejected(op, resp, ErrInvalidData, false, "", "")
	e.describe("unexpected response format")
	e.cause = cause
	return e
}

// rejected returns the error of a response. Envelope tells whether it is in the broker's envelope.
func (c *Client) rejected(op operation, resp *http.Response, kind error, envelope bool, context, message string) *Error {
	return &Error{
		Op:         op.name,
		Kind:       kind,
		Status:     resp.StatusCode,
		Context:    c.redact(op, context, false),
		Message:    c.redact(op, message, false),
		Outcome:    op.outcome(resp.StatusCode, envelope),
		transient:  isTransientStatus(resp.StatusCode),
		RetryAfter: retryAfter(resp.Header),
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

// kindOf returns the sentinel of a status. The statuses are those of the documented exceptions.
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

// retryAfter returns the wait that a Retry-After header asks for, in seconds or until a time of the broker's clock.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if value == "" {
		return 0
	}
	// A value out of range is a number only if it has nothing but digits.
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) && isDigits(value[1:]) {
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

// isSyntax reports whether a reader failed because the bytes are not JSON, rather than JSON of an unexpected shape.
func isSyntax(err error) bool {
	var syntax *jsonread.SyntaxError
	return errors.Is(err, jsonread.ErrShort) || errors.As(err, &syntax)
}
