package sandbox

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/faults"
	"github.com/vingd/vingd-api-go/vingd"
)

// A Fault makes an operation fail. It is one of
//   - a hang-up,
//   - a status, garbage, or garbage with a status,
//   - a batch error,
//   - a response that is cut,
//   - only a delay or a slow response.
//
// Each can have a delay too, and each but a hang-up can be slow.
type Fault struct {
	// Delay is the time before the fault. If the client disconnects during the delay, nothing more happens.
	Delay time.Duration
	// Status is the status of the response, between 300 and 599, in the API's envelope.
	Status int
	// Location is the target of the redirect, with a status below 400.
	Location string
	// RetryAfter is the header Retry-After of the response, in whole seconds. It needs a status.
	RetryAfter time.Duration
	// HangUp closes the connection before the first byte of a response. Over HTTP/2 it ends the stream only.
	HangUp bool
	// Garbage sends a response that is not JSON. Status is then its status, which may be a success. If zero, 200 is used.
	Garbage bool
	// BatchError is the message of an error in the batch form, which createObject, updateObject and createOrder have.
	BatchError string
	// Cut closes the connection in the middle of the response. The operation is done by then.
	Cut bool
	// Slow is the time that the body of the response takes, or each part of a long list. The sandbox sends it in pieces.
	Slow time.Duration
	// Done makes the fault happen after the operation is done and the money has moved. Otherwise the operation is not done.
	// A status below 500 and a batch error cannot have Done: they mean that the operation is not done.
	Done bool
	// After is the number of requests that are served as usual before the fault begins.
	After int
	// Object limits the fault to requests with this object in their path. Zero means any request.
	Object vingd.ObjectID
	// Count is the number of requests with the fault. If zero, all requests have it until [Sandbox.ClearFaults].
	Count int
	// Fraction is the part of requests with the fault, between 0 and 1, selected at random. If zero, all requests have it.
	Fraction float64
	// Seed makes the random selection reproducible.
	Seed uint64
}

// Fail makes an operation fail. operation is its operationId in the specification, like "commitPurchase". An empty operation
// is any of them. "orderPage" and "voucherPage" are the pages where buyers pay and redeem. If a request matches several
// faults, the one that was added first is used. A malformed request or one with a wrong login matches none.
//
// It returns [ErrInvalid] if the operation is unknown or the fault is invalid.
func (s *Sandbox) Fail(operation string, fault Fault) error {
	return named(s.faults.Add(operation, faults.Fault(fault)))
}

// ClearFaults removes all faults.
func (s *Sandbox) ClearFaults() { s.faults.Clear() }
