package vingd

import (
	"errors"
	"time"
	"unicode/utf8"

	"github.com/vingd/vingd-api-go/internal/rest"
)

// argErrors checks the arguments of a call, and keeps the first error.
type argErrors struct {
	op  operation
	now func() time.Time
	err error
}

// args returns a checker of the arguments of an operation. The zero Client, and a service without a client, fail it.
func (c *Client) args(op operation) *argErrors {
	args := &argErrors{op: op, now: time.Now}
	if c == nil || c.sender == nil {
		args.fail("client", "is the zero Client, must come from New")
		return args
	}
	args.now = c.now
	return args
}

// fail records a problem with an argument. An empty problem is no problem.
func (args *argErrors) fail(argument, problem string) {
	if problem != "" && args.err == nil {
		args.err = args.newError(argument, problem)
	}
}

func (args *argErrors) newError(argument, problem string) error {
	return &ArgumentError{Op: args.op.name, Argument: argument, Problem: problem, inDoubt: args.op.settles}
}

// request returns a request of the generated package, or the first error of the arguments.
func (args *argErrors) request(req rest.Request, err error) (rest.Request, error) {
	if err != nil && args.err == nil {
		args.err = err
		if param := (*rest.ParamError)(nil); errors.As(err, &param) {
			args.err = args.newError(param.Name, param.Problem)
		}
	}
	return req, args.err
}

// amount rejects an amount below zero. It also rejects zero unless allowZero: a field that is not set is zero.
func (args *argErrors) amount(argument string, amount Cents, allowZero bool) {
	switch {
	case amount < 0:
		args.fail(argument, "is "+amount.String()+", must not be below zero")
	case amount == 0 && !allowZero:
		args.fail(argument, "is 0.00, must be above zero, or AllowZero must be set")
	}
}

// text refuses a text that JSON cannot carry unchanged.
func (args *argErrors) text(argument, text string) {
	if !utf8.ValidString(text) {
		args.fail(argument, "must be UTF-8")
	}
}

// expiry returns an expiry time, and its form in a body. The zero Time is standard after now.
func (args *argErrors) expiry(t Time, standard time.Duration) (time.Time, string) {
	at := t.resolve(args.now, standard).Truncate(time.Microsecond)
	args.fail("expires", rest.CheckTime(at))
	return at, rest.FormatBodyTime(at)
}

// filterID returns an id for a filter. Zero is no filter.
func filterID[T ~int64](args *argErrors, argument string, id T) int64 {
	if id != 0 {
		args.fail(argument, checkID(id))
	}
	return int64(id)
}

// filterText returns a text for a filter. An empty text is no filter.
func filterText[T interface {
	~string
	check() (problem string)
}](args *argErrors, argument string, text T) string {
	if text != "" {
		args.fail(argument, text.check())
	}
	return string(text)
}

// filterTime returns a time for a filter. The zero Time is no filter.
func (args *argErrors) filterTime(argument string, t Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	at := t.resolve(args.now, 0)
	args.fail(argument, rest.CheckTime(at))
	return at
}

// pageLimits returns the two limits on the number of rows. At most one of them may be set.
func (args *argErrors) pageLimits(first, last int) (firstRows, lastRows int64) {
	const must = "is below zero, must be the number of rows, or 0 for all"
	switch {
	case first < 0:
		args.fail("first", must)
	case last < 0:
		args.fail("last", must)
	case first > 0 && last > 0:
		args.fail("first", "is given together with last, must be given alone")
	}
	return int64(first), int64(last)
}

// ptrOrNil returns a pointer to v, or nil for the zero value.
func ptrOrNil[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}
