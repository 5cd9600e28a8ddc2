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

	"github.com/vingd/vingd-api-go/internal/rest"
)

// call does an operation whose answer is one value, and reads its data. A read that succeeds has read the value whole.
func (c *Client) call(ctx context.Context, op operation, r rest.Request, read readData) error {
	if err := c.usable(op); err != nil {
		return err
	}
	if timeout := c.optionsOf(ctx).timeout; timeout != c.timeout {
		bounded, cancel := context.WithTimeoutCause(ctx, timeout, &timeoutError{timeout})
		defer cancel()
		ctx = bounded
	} else {
		bounded := c.deadlines.begin(ctx)
		defer bounded.end()
		ctx = bounded
	}
	return c.repeat(ctx, op, func() time.Duration { return untilDeadline(ctx) }, func() *Error {
		resp, failed := c.send(ctx, op, r)
		if failed != nil {
			return failed
		}
		defer func() { _ = resp.Body.Close() }()
		b := bufferPool.Get().(*responseBuffer)
		defer b.put()
		if err := b.readFrom(resp.Body); err != nil {
			return c.broken(op, resp, err)
		}
		return c.readResponse(op, resp, b, read)
	})
}

// send sends one request and returns its answer, of any status.
func (c *Client) send(ctx context.Context, op operation, r rest.Request) (*http.Response, *Error) {
	if err := ctx.Err(); err != nil {
		return nil, c.unanswered(ctx, op, err, nil)
	}
	var trace *connTrace
	if op.effect != reads {
		trace = &connTrace{}
		ctx = trace.attach(ctx)
	}
	req, err := c.newRequest(ctx, op, r)
	if err != nil {
		return nil, c.unanswered(ctx, op, err, nil)
	}
	resp, err := c.sender.do(op, req)
	if err != nil {
		return nil, c.unanswered(ctx, op, err, trace)
	}
	if onResponse := c.optionsOf(ctx).onResponse; onResponse != nil {
		onResponse(resp.Header)
	}
	return resp, nil
}

// noRequest is what every request is a copy of.
var noRequest = &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}

// newRequest returns an http.Request with the client's address and headers. It copies one request, where http.NewRequest
// would parse an address that is known, and a context would need another copy.
func (c *Client) newRequest(ctx context.Context, op operation, r rest.Request) (*http.Request, error) {
	var parts struct {
		url    url.URL
		values [3]string
		body   bytes.Reader
	}
	if err := c.endpoint.resolve(r.Path, &parts.url); err != nil {
		return nil, err
	}
	req := noRequest.WithContext(ctx)
	req.Method, req.URL, req.Host = r.Method, &parts.url, parts.url.Host
	parts.values = [...]string{c.authorization(), c.userAgent, "application/json"}
	req.Header = make(http.Header, len(parts.values))
	req.Header["Authorization"] = parts.values[0:1:1]
	req.Header["User-Agent"] = parts.values[1:2:2]
	if r.Body != nil {
		req.Header["Content-Type"] = parts.values[2:3:3]
		parts.body.Reset(r.Body)
		req.Body = io.NopCloser(&parts.body) // net/http sends a body of another type by a write of its own
		req.ContentLength = int64(len(r.Body))
	}
	if op.effect == acts {
		forbidReplay(req)
	} else if r.Body != nil {
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
	}
	return req, nil
}

// timeoutError says that the client's own bound on time ended a call. It is a [context.DeadlineExceeded].
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string   { return fmt.Sprintf("timed out after %v", e.after) }
func (e *timeoutError) Timeout() bool   { return true }
func (e *timeoutError) Is(t error) bool { return t == context.DeadlineExceeded }

// endOf returns why ctx ended, which is a [context.Canceled] or a [context.DeadlineExceeded] whatever the caller called it.
func endOf(ctx context.Context) error {
	cause := context.Cause(ctx)
	var own *timeoutError
	if errors.Is(cause, ctx.Err()) || errors.As(cause, &own) {
		return cause
	}
	return fmt.Errorf("%w: %w", ctx.Err(), cause)
}

// tooLargeError says that an answer went beyond the bound on its size.
type tooLargeError struct{ limit int }

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("the answer is larger than %d MiB", e.limit>>20)
}
