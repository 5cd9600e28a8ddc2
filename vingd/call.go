package vingd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/vingd/vingd-api-go/internal/jsonread"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// A decoder is a pointer to a W, a generated type that decodes itself from a response.
type decoder[W any] interface {
	*W
	Decode(r *jsonread.Reader)
}

// getOne makes a call whose response is one W, and returns it as a T.
func getOne[T, W any, D decoder[W]](ctx context.Context, c *Client, op operation, req rest.Request, convert func(*W) T) (*T, error) {
	var w W
	if err := c.call(ctx, op, req, func(r *jsonread.Reader) *dataFailure { D(&w).Decode(r); return nil }); err != nil {
		return nil, err
	}
	t := convert(&w)
	return &t, nil
}

// valueOf returns the value that p points to, or err.
func valueOf[T any](p *T, err error) (T, error) {
	if err != nil {
		return *new(T), err
	}
	return *p, nil
}

// call makes a call whose response holds one value, and reads the value. It returns nil only if read has read all of it.
func (c *Client) call(ctx context.Context, op operation, r rest.Request, read readData) error {
	op = op.of(r)
	if ctx == nil {
		return noContext(op)
	}
	bounded := c.optionsOf(ctx).deadlines.begin(ctx)
	defer bounded.end()
	return c.withRetries(bounded, op, func() time.Duration { return untilDeadline(bounded) }, func() *Error {
		trace := &connTrace{end: bounded.cancel, once: op.kind == unsafe && !c.sender.own}
		failed := c.attempt(bounded, op, r, trace, read)
		if failed != nil && op.kind != safe && trace.isResent() {
			failed.Outcome = OutcomeUnknown // a refusal of the last request does not undo the first
		}
		return failed
	})
}

// noContext is the error of a call with a nil context.
func noContext(op operation) error {
	return &ArgumentError{Op: op.name, Argument: "ctx", Problem: "is nil, must not be nil", inDoubt: op.settles}
}

// attempt makes one attempt of a call.
func (c *Client) attempt(ctx context.Context, op operation, r rest.Request, trace *connTrace, read readData) *Error {
	resp, failed := c.send(ctx, op, r, trace)
	if failed != nil {
		return failed
	}
	defer func() { _ = resp.Body.Close() }()
	b := bufferPool.Get().(*responseBuffer)
	defer b.put()
	if err := b.readFrom(resp.Body); err != nil {
		return c.truncated(op, resp, err)
	}
	return c.readResponse(op, resp, b, read)
}

// send sends one request and returns the response, whatever its status.
func (c *Client) send(ctx context.Context, op operation, r rest.Request, trace *connTrace) (*http.Response, *Error) {
	if err := ctx.Err(); err != nil {
		return nil, c.noResponse(ctx, op, err, nil)
	}
	ctx = trace.attach(ctx)
	req, err := c.newRequest(ctx, op, r)
	if err != nil {
		return nil, c.noResponse(ctx, op, err, nil)
	}
	resp, err := c.sender.do(op, req)
	if err != nil {
		return nil, c.noResponse(ctx, op, err, trace)
	}
	if onResponse := c.optionsOf(ctx).onResponse; onResponse != nil && isSuccess(resp.StatusCode) {
		onResponse(resp.Header)
	}
	return resp, nil
}

// noRequest is the request of which each request is a copy.
var noRequest = &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}

// newRequest returns an http.Request with the client's URL and headers. It copies a request, because http.NewRequest would parse
// a URL that is known already.
func (c *Client) newRequest(ctx context.Context, op operation, r rest.Request) (*http.Request, error) {
	var parts struct {
		url    url.URL
		values [3]string
		body   bytes.Reader
		ctx    operationContext
	}
	if err := c.endpoint.resolve(r.Path, &parts.url); err != nil {
		return nil, err
	}
	parts.ctx = operationContext{ctx, op.name}
	req := noRequest.WithContext(&parts.ctx)
	req.Method, req.URL, req.Host = r.Method, &parts.url, parts.url.Host
	parts.values = [...]string{c.authorization(), c.userAgent, "application/json"}
	req.Header = make(http.Header, len(parts.values))
	req.Header["Authorization"] = parts.values[0:1:1]
	req.Header["User-Agent"] = parts.values[1:2:2]
	if r.Body != nil {
		req.Header["Content-Type"] = parts.values[2:3:3]
		parts.body.Reset(r.Body)
		req.Body = io.NopCloser(&parts.body) // net/http sends a body of another type in a separate write, and cannot get this one again
		req.ContentLength = int64(len(r.Body))
	}
	return req, nil
}

// timeoutError is returned if the client's timeout ends a call. It is a [context.DeadlineExceeded].
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string   { return fmt.Sprintf("timed out after %v", e.after) }
func (e *timeoutError) Timeout() bool   { return true }
func (e *timeoutError) Is(t error) bool { return t == context.DeadlineExceeded }

// endOf returns the cause for which ctx ended. It is a [context.Canceled] or a [context.DeadlineExceeded], with the caller's cause.
func endOf(ctx context.Context) error {
	cause := context.Cause(ctx)
	var own *timeoutError
	if errors.Is(cause, ctx.Err()) || errors.Is(cause, errResent) || errors.Is(cause, errSentAgain) || errors.As(cause, &own) {
		return cause
	}
	return fmt.Errorf("%w: %w", ctx.Err(), cause)
}

// tooLargeError is returned for a response that exceeds its limit.
type tooLargeError struct{ limit int }

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("the response is larger than %d MiB", e.limit>>20)
}

// callOptions replace options of the client for look-ups.
type callOptions struct {
	deadlines  *deadlines
	retries    int
	budget     *budget           // nil: it is not limited
	onResponse func(http.Header) // is called for each response that reports success; optional
}

type callOptionsKey struct{}

func withCallOptions(ctx context.Context, o callOptions) context.Context {
	return context.WithValue(ctx, callOptionsKey{}, o)
}

// optionsOf returns the options of a call: those of the context, or those of the client.
func (c *Client) optionsOf(ctx context.Context) callOptions {
	if o, ok := ctx.Value(callOptionsKey{}).(callOptions); ok {
		return o
	}
	return callOptions{deadlines: c.deadlines, retries: c.retries, budget: c.budget}
}
