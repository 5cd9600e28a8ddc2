package vingd

import (
	"bytes"
	"cmp"
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

// An operation is a call of the API, and how the client retries it.
type operation struct {
	name  string // in errors and for [OperationOf]: the operationId of the specification
	kind  methodKind
	token TokenID // in the URL, kept out of errors; optional
}

// with returns the operation on a token.
func (op operation) with(token TokenID) operation {
	op.token = token
	return op
}

// of returns the operation under the name that its request has. A filter for one row makes another operation of a list.
func (op operation) of(r rest.Request) operation {
	op.name = cmp.Or(r.Operation, op.name)
	return op
}

type operationKey struct{}

// operationContext is the context of a request of an operation.
type operationContext struct {
	context.Context
	operation string
}

// Value returns the name of the operation, or a value of the call's context.
func (c *operationContext) Value(key any) any {
	if key == (operationKey{}) {
		return c.operation
	}
	return c.Context.Value(key)
}

// OperationOf returns the operation that a request of the client is for, such as "verifyPurchase". The transport of
// [WithHTTPClient] finds it in the request's context, for example to name a trace span without the URL, which may hold a token.
// It is an operationId of the specification, or "request" for [Client.Request]. It equals the Op of the call's [Error], except
// within Reconcile. For any other context it is empty.
func OperationOf(ctx context.Context) string {
	operation, _ := ctx.Value(operationKey{}).(string)
	return operation
}

// methodKind tells whether the client may retry an operation, in the terms of RFC 9110, 9.2. It is not the kind of the HTTP
// method: a GET that verifies a purchase is unsafe. The API has no idempotency keys.
type methodKind int

const (
	safe       methodKind = iota // changes nothing: may be retried
	idempotent                   // a second call changes nothing: may be retried
	unsafe                       // a second call acts again: may be retried only if the first was not done
)

// The operations. A comment tells the effect of a second call.
var (
	opAccountBalance   = operation{name: "getBalance", kind: safe}
	opAccountBalanceOf = operation{name: "getUserBalance", kind: safe}
	opObjectCreate     = operation{name: "createObject", kind: unsafe}     // two objects
	opObjectUpdate     = operation{name: "updateObject", kind: idempotent} // the same name and URL
	opObjectGet        = operation{name: "getObject", kind: safe}
	opObjectList       = operation{name: "listObjects", kind: safe}
	opOrderCreate      = operation{name: "createOrder", kind: unsafe} // a second order, which expires
	opOrderGet         = operation{name: "getOrder", kind: safe}
	opOrderList        = operation{name: "listOrders", kind: safe}
	opPurchaseVerify   = operation{name: "verifyPurchase", kind: unsafe}     // a second entitlement is spent, though it is a GET
	opPurchaseCommit   = operation{name: "commitPurchase", kind: idempotent} // the purchase is paid once
	opPurchaseCreate   = operation{name: "purchaseObject", kind: unsafe}     // the user pays twice
	opRequest          = operation{name: "request", kind: unsafe}            // unknown
	opRewardCreate     = operation{name: "rewardUser", kind: unsafe}         // the seller pays twice
	opTransferList     = operation{name: "listTransfers", kind: safe}
	opUserProfile      = operation{name: "getProfile", kind: safe}
	opUserCreate       = operation{name: "createUser", kind: unsafe}    // two users
	opVoucherCreate    = operation{name: "createVoucher", kind: unsafe} // two vouchers, each with money reserved
	opVoucherGet       = operation{name: "getVoucher", kind: safe}
	opVoucherHistory   = operation{name: "listVoucherHistory", kind: safe}
	opVoucherList      = operation{name: "listVouchers", kind: safe}
	opVoucherRevoke    = operation{name: "revokeVouchers", kind: unsafe} // a response without the refunds of the first call

	opObjectReconcile        = operation{name: "reconcileObject", kind: safe}
	opOrderReconcile         = operation{name: "reconcileOrder", kind: safe}
	opPurchaseReconcile      = operation{name: "reconcilePurchase", kind: safe}
	opRewardReconcile        = operation{name: "reconcileReward", kind: safe}
	opVoucherReconcile       = operation{name: "reconcileVoucher", kind: safe}
	opVoucherReconcileRevoke = operation{name: "reconcileRevocation", kind: safe}
)

// A decoder is a pointer to a W, a generated type that decodes itself from a response.
type decoder[W any] interface {
	*W
	Decode(r *jsonread.Reader)
}

// getOne makes a call whose response is one W, and returns it as a T.
func getOne[T, W any, D decoder[W]](ctx context.Context, c *Client, op operation, req rest.Request, convert func(*W) T) (*T, error) {
	var w W
	if err := c.call(ctx, op, req, func(r *jsonread.Reader) *batchFailure { D(&w).Decode(r); return nil }); err != nil {
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
