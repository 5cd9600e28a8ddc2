package vingd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/vingd/kvpath"
)

// newRequest makes one request for an operation; generated code does the work.
type newRequest func() (*http.Request, error)

// call does an operation whose answer is one value, and reads its data. A read that succeeds has read the value whole.
func (c *Client) call(ctx context.Context, op operation, request newRequest, read readData) error {
	timeout := c.optionsOf(ctx).timeout
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, &timeoutError{timeout})
	defer cancel()
	return c.repeat(ctx, op, func() time.Duration { return untilDeadline(ctx) }, func() *Error {
		resp, failed := c.send(ctx, op, request)
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
func (c *Client) send(ctx context.Context, op operation, request newRequest) (*http.Response, *Error) {
	if err := ctx.Err(); err != nil {
		return nil, c.unanswered(ctx, op, err, nil)
	}
	req, err := request()
	if err == nil && req.URL.RawQuery != "" {
		req.URL, err = kvpath.FromQuery(req.URL)
	}
	if err != nil {
		return nil, c.unanswered(ctx, op, err, nil)
	}
	c.endpoint.mount(req)
	req.Header["Authorization"] = []string{c.authorization()}
	req.Header["User-Agent"] = []string{c.userAgent}
	if op.effect == acts {
		forbidReplay(req)
	}
	var trace *connTrace
	if op.effect != reads {
		trace = &connTrace{}
		ctx = trace.attach(ctx)
	}
	resp, err := c.sender.do(op, req.WithContext(ctx))
	if err != nil {
		return nil, c.unanswered(ctx, op, err, trace)
	}
	if onResponse := c.optionsOf(ctx).onResponse; onResponse != nil {
		onResponse(resp.Header)
	}
	return resp, nil
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
