package vingd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/internal/rest"
)

// call does an operation whose answer is one value, and reads its data. A read that succeeds has read the value whole.
func (c *Client) call(ctx context.Context, op operation, r rest.Request, read readData) error {
	if err := c.usable(op); err != nil {
		return err
	}
	timeout := c.optionsOf(ctx).timeout
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, &timeoutError{timeout})
	defer cancel()
	return c.repeat(ctx, op, func() time.Duration { return untilDeadline(ctx) }, func() *Error {
		resp, failed := c.send(ctx, op, r)
		if failed != nil {
			return failed
		}
		defer func() { _ = resp.Body.Close() }()
		a := answers.Get().(*answer)
		defer a.release()
		if err := a.fill(resp.Body); err != nil {
			return c.broken(op, resp, err)
		}
		return c.readAnswer(op, resp, a, read)
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
	req, err := c.newRequest(ctx, r)
	if err != nil {
		return nil, c.unanswered(ctx, op, err, nil)
	}
	if op.effect == acts {
		forbidReplay(req)
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

// newRequest returns a request with the client's address and headers. It makes one copy of a request only: http.NewRequest
// parses an address that is known, and adding a context makes another.
func (c *Client) newRequest(ctx context.Context, r rest.Request) (*http.Request, error) {
	address, err := c.endpoint.resolve(r.Path)
	if err != nil {
		return nil, err
	}
	req := noRequest.WithContext(ctx)
	req.Method, req.URL, req.Host = r.Method, address, address.Host
	values := [...]string{c.authorization(), c.userAgent, "application/json"}
	req.Header = make(http.Header, len(values))
	req.Header["Authorization"] = values[0:1:1]
	req.Header["User-Agent"] = values[1:2:2]
	if r.Body != nil {
		req.Header["Content-Type"] = values[2:3:3]
		// net/http sends the head of a request together with a body of this type, by one write.
		req.Body = io.NopCloser(bytes.NewReader(r.Body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
		req.ContentLength = int64(len(r.Body))
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
