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

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// A Fault is what goes wrong, and how often. The package sandbox has the same, and says what each field means.
type Fault struct {
	Delay      time.Duration
	Status     int
	HangUp     bool
	Garbage    bool
	BatchError string
	Done       bool
	Next       int
	Share      float64
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
	if f.Done {
		parts = append(parts, "after it was done")
	}
	return strings.Join(parts, ", ")
}

// Operations returns the names of all operations, as the specification has them.
func Operations() []string {
	generated := reflect.TypeFor[server.StrictServerInterface]()
	names := make([]string, generated.NumMethod())
	for i := range names {
		names[i] = specified(generated.Method(i).Name)
	}
	return names
}

// specified returns an operation's name in the specification, of which the generated code has the first letter in upper case.
func specified(generated string) string {
	return strings.ToLower(generated[:1]) + generated[1:]
}

// check refuses a fault that cannot be.
func (f *Fault) check(operation string) error {
	if operation != "" && !slices.Contains(Operations(), operation) {
		return refuse("operation %.80q: must be one of %s", operation, strings.Join(Operations(), ", "))
	}
	answers := 0
	for _, given := range []bool{f.HangUp, f.Garbage || f.Status != 0, f.BatchError != ""} {
		if given {
			answers++
		}
	}
	switch {
	case answers > 1:
		return refuse("fault: must be one of a hang-up, a status or garbage, and a batch error")
	case answers == 0 && f.Delay == 0:
		return refuse("fault: must be something: a delay, a status, a hang-up, garbage or a batch error")
	case f.Delay < 0:
		return refuse("delay %v: must not be below zero", f.Delay)
	case f.Next < 0:
		return refuse("next %d: must not be below zero", f.Next)
	case !(f.Share >= 0 && f.Share <= 1):
		return refuse("share %v: must be between 0 and 1", f.Share)
	}
	return f.checkAnswer(operation)
}

func (f *Fault) checkAnswer(operation string) error {
	switch {
	case f.Status != 0 && !f.Garbage && (f.Status < 400 || f.Status > 599):
		return refuse("status %d: must be between 400 and 599", f.Status)
	case f.Status != 0 && f.Garbage && (f.Status < 200 || f.Status > 599 || f.Status == http.StatusNoContent || f.Status == http.StatusNotModified):
		return refuse("status %d: must be between 200 and 599, and have a body", f.Status)
	case f.BatchError != "" && !answersInBatches(operation):
		return refuse("batch error: operation must be createObject, updateObject or createOrder, no other answers so")
	case f.Done && f.BatchError != "":
		return refuse("done: must not be with a batch error, which says that it is not")
	case f.Done && !f.Garbage && f.Status >= 400 && f.Status < 500:
		return refuse("done: must not be with status %d, by which the broker says that it is not", f.Status)
	}
	return nil
}

func refuse(format string, args ...any) error {
	return &broker.Error{Kind: broker.ErrInvalid, Message: fmt.Sprintf(format, args...)}
}
