package sandbox

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/faults"
	"github.com/vingd/vingd-api-go/vingd"
)

// A Fault is what goes wrong with an operation, and how often. It is one of a hang-up, a status or garbage, a batch error,
// and a response that is cut. It comes after a delay or at once. A delay or a slow response can be alone.
type Fault struct {
	// Delay comes first. When the caller gives up meanwhile nothing more happens.
	Delay time.Duration
	// Status is the status of the response, between 300 and 599, in the API's envelope.
	Status int
	// Location goes with a status below 400: where the response redirects to.
	Location string
	// RetryAfter goes with a status: the header Retry-After, in whole seconds.
	RetryAfter time.Duration
	// HangUp closes the connection before the first byte of an answer. Over HTTP/2 the others on it go on.
	HangUp bool
	// Garbage answers with what is no JSON, and with Status, which may be a success and is 200 by default.
	Garbage bool
	// BatchError is answered in the batch form, which createObject, updateObject and createOrder have.
	BatchError string
	// Cut closes the connection in the middle of the response, which the operation has made: it is done.
	Cut bool
	// Slow is how long the body of the response takes, which comes in ten pieces.
	Slow time.Duration
	// Done makes it go wrong after all is done, and the money moved, instead of before anything is. It does not go with
	// a status below 500, nor with a batch error: by those the broker says that it is not done.
	Done bool
	// After is how many requests are served as ever before the fault begins.
	After int
	// Object is the object whose requests meet the fault, those with its number in their path. Zero is any.
	Object vingd.ObjectID
	// Next is how many requests meet the fault, after which it is over; the default is all until [Sandbox.ClearFaults].
	Next int
	// Share is which part of requests meets the fault, at random; the default is all.
	Share float64
	// Seed makes the random selection reproducible.
	Seed uint64
}

// Fail makes an operation go wrong, by its name in the specification, like "commitPurchase". An empty name is any operation.
// The names "orderPage" and "voucherPage" are the pages where buyers pay and redeem. A request meets the first fault that
// fits it, in the order in which the faults were given. A request that is malformed, or whose login is wrong, meets none.
//
// The error is [ErrInvalid] for a fault that cannot be.
func (s *Sandbox) Fail(operation string, fault Fault) error {
	return named(s.faults.Add(operation, faults.Fault(fault)))
}

// ClearFaults makes nothing go wrong any more.
func (s *Sandbox) ClearFaults() { s.faults.Clear() }
