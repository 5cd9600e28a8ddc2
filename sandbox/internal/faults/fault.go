// Package faults makes operations of the API go wrong on demand: before or after what they do is done.
package faults

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// A Fault is what goes wrong, and how often. The package sandbox has the same, and says what each field means.
type Fault struct {
	Delay      time.Duration
	Status     int
	Location   string
	RetryAfter time.Duration
	HangUp     bool
	Garbage    bool
	BatchError string
	Cut        bool
	Slow       time.Duration
	Done       bool
	After      int
	Object     vingd.ObjectID
	Count      int
	Fraction   float64
	Seed       uint64
}

// String says what goes wrong.
func (f *Fault) String() string {
	var parts []string
	if f.Delay != 0 {
		parts = append(parts, "delay "+f.Delay.String())
	}
	if f.HangUp {
		parts = append(parts, "hang up")
	}
	if f.Garbage {
		parts = append(parts, "garbage")
	}
	if f.Status != 0 {
		parts = append(parts, "status "+strconv.Itoa(f.Status))
	}
	if f.BatchError != "" {
		parts = append(parts, "batch error")
	}
	if f.Cut {
		parts = append(parts, "cut")
	}
	if f.Slow != 0 {
		parts = append(parts, "slow "+f.Slow.String())
	}
	if f.Done {
		parts = append(parts, "after it was done")
	}
	return strings.Join(parts, ", ")
}

// The pages that can go wrong.
const (
	OrderPage   = "orderPage"
	VoucherPage = "voucherPage"
)

// Operations returns the names of all that can go wrong: the operations, as the specification has them, and the pages.
func Operations() []string {
	var names []string
	for generated := range reflect.TypeFor[server.StrictServerInterface]().Methods() {
		names = append(names, specified(generated.Name))
	}
	return append(names, OrderPage, VoucherPage)
}

// specified returns an operation's name in the specification, of which the generated code has the first letter in upper case.
func specified(generated string) string {
	return strings.ToLower(generated[:1]) + generated[1:]
}

// check refuses a fault that cannot be.
func (f *Fault) check(operation string) error {
	if known := Operations(); operation != "" && !slices.Contains(known, operation) {
		return refuse("operation %.80q: must be one of %s", operation, strings.Join(known, ", "))
	}
	answers := 0
	for _, given := range []bool{f.HangUp, f.Garbage || f.Status != 0, f.BatchError != "", f.Cut} {
		if given {
			answers++
		}
	}
	switch {
	case answers > 1:
		return refuse("fault: must be one of a hang-up, a status or garbage, a batch error, and a cut")
	case answers == 0 && f.Delay == 0 && f.Slow == 0:
		return refuse("fault: must be something: a delay, a status, a hang-up, garbage, a batch error, a cut or a slow response")
	case f.Delay < 0:
		return refuse("delay %v: must not be below zero", f.Delay)
	case f.Slow < 0:
		return refuse("slow %v: must not be below zero", f.Slow)
	case f.Slow > 0 && f.HangUp:
		return refuse("slow: must not be with a hang-up, which has no response")
	case f.After < 0:
		return refuse("after %d: must not be below zero", f.After)
	case f.Object < 0:
		return refuse("object %d: must not be below zero", f.Object)
	case f.Count < 0:
		return refuse("count %d: must not be below zero", f.Count)
	case !(f.Fraction >= 0 && f.Fraction <= 1):
		return refuse("fraction %v: must be between 0 and 1", f.Fraction)
	}
	return f.checkAnswer(operation)
}

func (f *Fault) checkAnswer(operation string) error {
	switch {
	case f.Status != 0 && !f.Garbage && (f.Status < 300 || f.Status > 599 || f.Status == http.StatusNotModified):
		return refuse("status %d: must be between 300 and 599, and have a body", f.Status)
	case f.Location != "" && (f.Status < 300 || f.Status > 399 || strings.ContainsFunc(f.Location, unicode.IsControl)):
		return refuse("location %.80q: must be an address, and be with a status between 300 and 399", f.Location)
	case f.RetryAfter != 0 && (f.Status == 0 || f.RetryAfter < 0 || f.RetryAfter%time.Second != 0):
		return refuse("retry after %v: must be whole seconds, and be with a status", f.RetryAfter)
	case (operation == OrderPage || operation == VoucherPage) && (f.Cut || f.Slow != 0 || f.BatchError != "" || f.Object != 0):
		return refuse("operation %s: must be without cut, slow, batch error and object", operation)
	case f.Status != 0 && f.Garbage && (f.Status < 200 || f.Status > 599 || f.Status == http.StatusNoContent || f.Status == http.StatusNotModified):
		return refuse("status %d: must be between 200 and 599, and have a body", f.Status)
	case f.BatchError != "" && !hasBatchErrors(operation):
		return refuse("batch error: operation must be createObject, updateObject or createOrder")
	case f.Done && f.Cut:
		return refuse("done: must not be with a cut, which is after it was done")
	case f.Done && f.BatchError != "":
		return refuse("done: must not be with a batch error, which says that it is not")
	case f.Done && !f.Garbage && f.Status >= 300 && f.Status < 500:
		return refuse("done: must not be with status %d, by which the broker says that it is not", f.Status)
	}
	return nil
}

func refuse(format string, args ...any) error {
	return &broker.Error{Kind: broker.ErrInvalid, Message: fmt.Sprintf(format, args...)}
}
