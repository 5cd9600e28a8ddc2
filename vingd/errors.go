package vingd

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// What went wrong, after the exceptions that the API's documents name. Test for them with [errors.Is].
var (
	// ErrInvalidData says that the broker did not understand the request (400), or that its answer is not one.
	ErrInvalidData = errors.New("invalid data")
	// ErrForbidden says that the caller may not do this, or that nothing is left to be spent (403).
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound says that there is no such thing, or that it is not the caller's (404).
	ErrNotFound = errors.New("not found")
	// ErrInternal says that the broker failed (500), or that no answer came.
	ErrInternal = errors.New("internal error")
	// ErrGeneral is everything else: every other status, answers that are no JSON, and a failure told by an answer of
	// success, such as that a purchase is not committed.
	ErrGeneral = errors.New("general error")
)

// ErrOutcomeUnknown says that what was asked for may or may not have happened: money may have moved.
// It goes with one of the errors above. Look before you ask again.
var ErrOutcomeUnknown = errors.New("outcome unknown")

// ErrNotDone is the verdict of Reconcile that a call whose outcome was unknown was certainly not done: it is safe to make
// it again. No other call returns it; for what became of any error see [OutcomeOf].
var ErrNotDone = errors.New("not done")

// ErrInvalidArgument says that an argument was refused before anything was sent. See [ArgumentError].
var ErrInvalidArgument = errors.New("invalid argument")

// Error is a call that failed. Its texts are the broker's words, cleaned of anything secret.
type Error struct {
	// Op is the call, like "purchases.commit".
	Op string
	// Kind is the sentinel that the error is: ErrInvalidData, ErrForbidden, ErrNotFound, ErrInternal or ErrGeneral;
	// or ErrNotDone, of Reconcile.
	Kind error
	// Status is the HTTP status of the answer, 0 when none came.
	Status int
	// Context and Message are the broker's. Where its answer was not one, the context says so,
	// as the Python client does; for an answer that is no JSON, the message is the beginning of it.
	Context string
	Message string
	// Outcome is what became of what was asked for: OutcomeNotDone or OutcomeUnknown.
	Outcome Outcome

	cause      error         // why no answer came, or why it could not be read
	summary    string        // what to show where context and message are not the broker's words
	transient  bool          // it may go better the next time
	retryAfter time.Duration // as the broker wishes
}

// Error returns one line: the call, the status and the broker's words, never a body, a header or an address.
func (e *Error) Error() string {
	parts := []string{"vingd", e.Op}
	if e.Status != 0 {
		parts = append(parts, strings.TrimSpace(strconv.Itoa(e.Status)+" "+http.StatusText(e.Status)))
	}
	for _, words := range e.words() {
		if words = oneLine(words); words != "" {
			parts = append(parts, words)
		}
	}
	text := strings.Join(parts, ": ")
	if e.Outcome == OutcomeUnknown {
		text += " (" + ErrOutcomeUnknown.Error() + ")"
	}
	return text
}

// words are what the line says behind the status.
func (e *Error) words() []string {
	words := []string{e.Context, e.Message}
	if e.summary != "" {
		words = []string{e.summary}
	}
	if e.cause != nil {
		words = append(words, e.cause.Error())
	}
	return words
}

// Is reports whether target is the error's kind, or [ErrOutcomeUnknown] where the outcome is unknown.
func (e *Error) Is(target error) bool {
	return target == e.Kind || target == ErrOutcomeUnknown && e.Outcome == OutcomeUnknown
}

// Unwrap returns why no answer came, or why it could not be read, such as [context.Canceled].
func (e *Error) Unwrap() error { return e.cause }

// ArgumentError is an argument that was refused before anything was sent. It is an [ErrInvalidArgument].
type ArgumentError struct {
	Op       string // the call, like "orders.create"
	Argument string // the argument, like "price"
	Problem  string // what is wrong and what it must be
}

// Error returns one line: the call, the argument, what is wrong with it and what it must be.
func (e *ArgumentError) Error() string {
	return "vingd: " + e.Op + ": " + e.Argument + " " + e.Problem
}

// Is reports whether target is [ErrInvalidArgument], or [ErrOutcomeUnknown] for an argument of Reconcile: the outcome of
// the call that it was asked about stays unknown.
func (e *ArgumentError) Is(target error) bool {
	return target == ErrInvalidArgument || target == ErrOutcomeUnknown && strings.Contains(e.Op, ".reconcile")
}

// redactedError is an error whose text was redacted. It still is what it was to [errors.Is] and [errors.As], but does not unwrap, and
// holds the original in a function, which never prints.
type redactedError struct {
	text     string
	original func() error
}

func (e *redactedError) Error() string        { return e.text }
func (e *redactedError) Is(target error) bool { return errors.Is(e.original(), target) }
func (e *redactedError) As(target any) bool   { return errors.As(e.original(), target) }

// An Outcome is what became of a call.
type Outcome int

// The three outcomes of a call.
const (
	// OutcomeDone: it happened.
	OutcomeDone Outcome = iota
	// OutcomeNotDone: it did not happen. The broker refused it, or it never reached the broker.
	OutcomeNotDone
	// OutcomeUnknown: nobody can tell from here.
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

// OutcomeOf returns what became of the call that returned err. An error that is not of this package says nothing,
// so its outcome is unknown. The outcome of several errors, as [errors.Join] makes it, is not done only if each of them is not done;
// else it is unknown.
func OutcomeOf(err error) Outcome {
	if errors.Is(err, ErrOutcomeUnknown) {
		return OutcomeUnknown
	}
	switch e := err.(type) { //nolint:errorlint // it walks the tree by itself
	case nil:
		return OutcomeDone
	case *Error:
		return e.Outcome
	case interface{ Unwrap() []error }:
		for _, each := range e.Unwrap() {
			if OutcomeOf(each) != OutcomeNotDone {
				return OutcomeUnknown
			}
		}
		return OutcomeNotDone
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

// oneLine makes foreign words safe to print: one line, no control or direction characters, not at any length.
func oneLine(words string) string {
	const most = 512
	clean := strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\r' || c == '\t':
			return ' '
		case unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			return -1
		}
		return c
	}, words)
	if len(clean) > most {
		clean = strings.ToValidUTF8(clean[:most], "") + "…"
	}
	return strings.TrimSpace(clean)
}
