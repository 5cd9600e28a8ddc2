package vingd

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The kinds of errors. They match the exceptions of the Python client. Use [errors.Is] to test for them.
var (
	// ErrInvalidData is returned for status 400, and for a response of an unexpected format.
	ErrInvalidData = errors.New("invalid data")
	// ErrForbidden is returned for status 403: the caller lacks a permission, or the buyer's entitlement is spent.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound is returned for status 404: the resource does not exist, or it belongs to another account.
	ErrNotFound = errors.New("not found")
	// ErrInternal is returned for status 500, and if there is no complete response.
	ErrInternal = errors.New("internal error")
	// ErrGeneral is returned for every other status, such as 401 for a wrong login, and for a response that is not JSON or too
	// large. It is also returned for a successful response that reports a failure, such as a purchase that is not committed.
	ErrGeneral = errors.New("general error")
)

// ErrOutcomeUnknown is returned, together with one of the kinds above, if the call may or may not have been done: money may
// have moved. Call Reconcile before you retry.
var ErrOutcomeUnknown = errors.New("outcome unknown")

// ErrNotDone is returned by Reconcile if the call in question was certainly not done: it is safe to retry the call. No other
// method returns it. [OutcomeOf] returns the outcome for any error.
var ErrNotDone = errors.New("not done")

// ErrInvalidArgument is returned for an invalid argument, before the client sends a request. See [*ArgumentError].
var ErrInvalidArgument = errors.New("invalid argument")

// Error is the error of a call that failed. Its texts come from the broker or a proxy, with secrets redacted.
type Error struct {
	// Op is the operation, such as "commitPurchase": an operationId of the specification, or "reconcileReward" and the like
	// for an error of Reconcile.
	Op string
	// Kind is ErrInvalidData, ErrForbidden, ErrNotFound, ErrInternal or ErrGeneral. Reconcile returns ErrNotDone too.
	Kind error
	// Status is the HTTP status of the response, or 0 without a response.
	Status int
	// Context and Message come from the broker. Without a valid response Context is empty, and Message says what is missing, such
	// as "no response". The Message of a response that is not JSON is the beginning of the response.
	Context string
	Message string
	// Outcome is OutcomeNotDone or OutcomeUnknown. In an error of Reconcile it is the outcome of the call in question.
	Outcome Outcome
	// RetryAfter is the wait that the response's Retry-After header asks for, or 0.
	RetryAfter time.Duration

	cause     error  // of a missing or invalid response
	summary   string // replaces Context and Message in the text if they do not come from the broker
	transient bool   // a retry may succeed
}

// Error returns one line: the operation, the status and the broker's texts. It never has a body, a header or a URL.
func (e *Error) Error() string {
	parts := []string{"vingd", e.Op}
	if e.Status != 0 {
		parts = append(parts, strings.TrimSpace(strconv.Itoa(e.Status)+" "+http.StatusText(e.Status)))
	}
	for _, text := range e.texts() {
		if text = sanitizeLine(text); text != "" {
			parts = append(parts, text)
		}
	}
	text := strings.Join(parts, ": ")
	if e.Outcome == OutcomeUnknown {
		text += " (" + ErrOutcomeUnknown.Error() + ")"
	}
	return text
}

// describe sets the texts of an error that has none of the broker.
func (e *Error) describe(summary string) { e.Context, e.Message, e.summary = "", summary, summary }

// texts returns the texts after the status.
func (e *Error) texts() []string {
	texts := []string{e.Context, e.Message}
	if e.summary != "" {
		texts = []string{e.summary}
	}
	if e.cause != nil {
		texts = append(texts, e.cause.Error())
	}
	return texts
}

// Is reports whether target is the error's Kind, or [ErrOutcomeUnknown] if the outcome is unknown.
func (e *Error) Is(target error) bool {
	return target == e.Kind || target == ErrOutcomeUnknown && e.Outcome == OutcomeUnknown
}

// Unwrap returns the cause of a missing or invalid response, such as [context.Canceled].
func (e *Error) Unwrap() error { return e.cause }

// ArgumentError is returned for an invalid argument, before the client sends a request. It is an [ErrInvalidArgument].
type ArgumentError struct {
	Op       string // the operation, such as "createOrder"
	Argument string // the argument, such as "price"
	Problem  string // the value and the requirement

	inDoubt bool // whether the outcome of another call stays unknown
}

// Error returns one line: the operation, the argument, its value and the requirement.
func (e *ArgumentError) Error() string {
	return "vingd: " + e.Op + ": " + e.Argument + " " + e.Problem
}

// Is reports whether target is [ErrInvalidArgument]. An error of Reconcile is an [ErrOutcomeUnknown] too, because the outcome
// of the call in question stays unknown.
func (e *ArgumentError) Is(target error) bool {
	return target == ErrInvalidArgument || target == ErrOutcomeUnknown && e.inDoubt
}

// redactedError is an error with a redacted text. [errors.Is] and [errors.As] see the original error. It does not unwrap, and
// holds the original in a function, because fmt prints no variables of a function.
type redactedError struct {
	text     string
	original func() error
}

func (e *redactedError) Error() string        { return e.text }
func (e *redactedError) Is(target error) bool { return errors.Is(e.original(), target) }
func (e *redactedError) As(target any) bool   { return errors.As(e.original(), target) }

// An Outcome tells whether a call was done: whether the broker did what the call asks for.
type Outcome int

// The three outcomes of a call.
const (
	// OutcomeDone: the call was done.
	OutcomeDone Outcome = iota
	// OutcomeNotDone: the call was not done. The broker refused it, or it did not reach the broker.
	OutcomeNotDone
	// OutcomeUnknown: the call may have been done.
	OutcomeUnknown
)

// String returns "done", "not done" or "unknown".
func (o Outcome) String() string {
	switch o {
	case OutcomeDone:
		return "done"
	case OutcomeNotDone:
		return "not done"
	default:
		return "unknown"
	}
}

// OutcomeOf returns the outcome of the call that returned err. It is OutcomeDone for nil, OutcomeNotDone for an
// [ErrInvalidArgument] or [ErrNoCallback], and OutcomeUnknown for an error of another package. An [ErrInvalidArgument] of Reconcile
// is OutcomeUnknown, because the call in question stays unknown. For an error that wraps several, as [errors.Join] does, it is
// OutcomeNotDone only if it is so for each of them.
func OutcomeOf(err error) Outcome {
	if errors.Is(err, ErrOutcomeUnknown) {
		return OutcomeUnknown
	}
	switch e := err.(type) { //nolint:errorlint // OutcomeOf walks the tree itself
	case nil:
		return OutcomeDone
	case *Error:
		return e.Outcome
	case interface{ Unwrap() []error }:
		outcome := OutcomeUnknown // of an error that wraps none
		for _, each := range e.Unwrap() {
			if outcome = OutcomeOf(each); outcome != OutcomeNotDone {
				return OutcomeUnknown
			}
		}
		return outcome
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return OutcomeOf(inner)
		}
	}
	if errors.Is(err, ErrInvalidArgument) || errors.Is(err, ErrNoCallback) {
		return OutcomeNotDone
	}
	return OutcomeUnknown
}

// sanitizeLine makes a text of others safe to print: one line, not too long, without control and direction characters.
func sanitizeLine(text string) string {
	const maxLen = 512
	clean := strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\r' || c == '\t':
			return ' '
		case unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			return -1
		}
		return c
	}, text)
	if len(clean) > maxLen {
		clean = strings.ToValidUTF8(clean[:maxLen], "") + "…"
	}
	return strings.TrimSpace(clean)
}
