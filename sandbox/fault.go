package sandbox

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/faults"
)

// A Fault is what goes wrong with an operation, and how often. It is one of a hang-up, a status or garbage, and a batch
// error, after a delay or at once; or a delay alone.
type Fault struct {
	// Delay comes first. When the caller gives up meanwhile nothing more happens.
	Delay time.Duration
	// Status is answered in the API's envelope, between 400 and 599.
	Status int
	// HangUp closes the connection before the first byte of an answer. Over HTTP/2 the others on it go on.
	HangUp bool
	// Garbage answers with what is no JSON, and with Status, which may be a success and is 200 by default.
	Garbage bool
	// BatchError is answered in the batch form, which createObject, updateObject and createOrder have.
	BatchError string
	// Done makes it go wrong after all is done, and the money moved, instead of before anything is. It does not go with
	// a status below 500, nor with a batch error: by those the broker says that it is not done.
	Done bool
	// Next is how many requests the fault befalls, after which it is over; the default is all until [Sandbox.ClearFaults].
	Next int
	// Share is which part of requests it befalls, at random; the default is all.
	Share float64
	// Seed makes the same requests be befallen again, if they come in the same order.
	Seed uint64
}

// Fail makes an operation go wrong, which goes by its name in the specification, like "commitPurchase"; an empty name is
// any. Faults take turns in the order in which they were given: each request is befallen by the first that it meets.
// A request that is malformed, or whose login is wrong, is refused as ever and meets none.
//
// The error is [ErrInvalid] for a fault that cannot be.
func (s *Sandbox) Fail(operation string, fault Fault) error {
	return named(s.faults.Add(operation, faults.Fault(fault)))
}

// ClearFaults makes nothing go wrong any more.
func (s *Sandbox) ClearFaults() { s.faults.Clear() }
