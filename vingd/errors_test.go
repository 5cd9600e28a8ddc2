package vingd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"unicode"

	"github.com/vingd/vingd-api-go/vingd"
)

// emptyTree is an error of another package that could wrap several errors, and wraps none. Fmt makes one of two %w for nil.
type emptyTree struct{}

func (emptyTree) Error() string   { return "no errors" }
func (emptyTree) Unwrap() []error { return nil }

// In a tree of errors, an unknown outcome is the outcome of all. They are not done only where each of them is not done.
func TestOutcomeOf_JoinedErrors(t *testing.T) {
	refused := &vingd.Error{Kind: vingd.ErrForbidden, Outcome: vingd.OutcomeNotDone}
	lost := &vingd.Error{Kind: vingd.ErrInternal, Outcome: vingd.OutcomeUnknown}
	argument := &vingd.ArgumentError{Op: "createOrder", Argument: "price", Problem: "is below zero"}
	wrap := func(err error) error { return fmt.Errorf("order 17: %w", err) }
	for _, test := range []struct {
		name string
		err  error
		want vingd.Outcome
	}{
		{"nothing", nil, vingd.OutcomeDone},
		{"refused", refused, vingd.OutcomeNotDone},
		{"lost", lost, vingd.OutcomeUnknown},
		{"argument", argument, vingd.OutcomeNotDone},
		{"no callback", vingd.ErrNoCallback, vingd.OutcomeNotDone},
		{"another's", io.EOF, vingd.OutcomeUnknown},
		{"another's wrapped", wrap(io.EOF), vingd.OutcomeUnknown},
		{"another's of no errors", emptyTree{}, vingd.OutcomeUnknown},
		{"another's of no errors, wrapped", wrap(emptyTree{}), vingd.OutcomeUnknown},
		{"refused, lost", errors.Join(refused, lost), vingd.OutcomeUnknown},
		{"lost, refused", errors.Join(lost, refused), vingd.OutcomeUnknown},
		{"refused, lost deep inside", wrap(errors.Join(wrap(refused), wrap(errors.Join(argument, wrap(lost))))), vingd.OutcomeUnknown},
		{"refused twice", wrap(errors.Join(wrap(refused), errors.Join(argument, refused))), vingd.OutcomeNotDone},
		{"argument, lost", errors.Join(argument, lost), vingd.OutcomeUnknown},
		{"refused, another's", errors.Join(refused, io.EOF), vingd.OutcomeUnknown},
		{"argument, another's", errors.Join(io.EOF, argument), vingd.OutcomeUnknown},
		{"the sentinel alone", vingd.ErrOutcomeUnknown, vingd.OutcomeUnknown},
		{"refused, the sentinel", errors.Join(refused, vingd.ErrOutcomeUnknown), vingd.OutcomeUnknown},
		{"argument of Reconcile", &vingd.ArgumentError{Op: "reconcileOrder"}, vingd.OutcomeUnknown},
	} {
		if got := vingd.OutcomeOf(test.err); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
		if errors.Is(test.err, vingd.ErrOutcomeUnknown) && vingd.OutcomeOf(test.err) != vingd.OutcomeUnknown {
			t.Errorf("%s: it is an ErrOutcomeUnknown", test.name)
		}
	}
}

// A transport may name the address in its errors, token included. That leaves the text, and the cause stays.
func TestError_CauseOfVerification(t *testing.T) {
	for _, c := range eachCall() {
		client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			login := req.Header.Get("Authorization")
			return nil, fmt.Errorf("%s %s as %s: %w", req.Method, req.URL, login, &gatewayError{address: req.URL.String(), cause: syscall.ECONNRESET})
		}), vingd.WithRetries(0))
		_, err := c.do(t.Context(), client)
		if !errors.Is(err, syscall.ECONNRESET) || errors.Is(err, context.Canceled) {
			t.Errorf("%s: the cause of %v is lost", c.name, err)
		}
		var failed *vingd.Error
		var gateway *gatewayError
		var wrong *vingd.ArgumentError
		if !errors.As(err, &failed) || !errors.As(err, &gateway) || errors.As(err, &wrong) {
			t.Errorf("%s: errors.As does not find what %v is", c.name, err)
		}
		sayNothingSecret(t, err)
		for _, printed := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err), fmt.Sprintf("%#v", errors.Unwrap(err))} {
			if c.name == "Purchases.Verify" && strings.Contains(printed, tid) {
				t.Errorf("%s: the token is in %s", c.name, printed)
			}
		}
	}
}

// gatewayError is an error that tells an address.
type gatewayError struct {
	address string
	cause   error
}

func (e *gatewayError) Error() string { return "gateway of " + e.address + ": " + e.cause.Error() }
func (e *gatewayError) Unwrap() error { return e.cause }

// The line of an error has no invisible characters, and none that change the direction of text.
func TestError_FormatCharacters(t *testing.T) {
	var invisible strings.Builder
	for c := range unicode.MaxRune + 1 {
		if unicode.In(c, unicode.Cf, unicode.Cc, unicode.Zl, unicode.Zp) {
			invisible.WriteRune(c)
		}
	}
	clean := func(text string) bool {
		return !strings.ContainsFunc(text, func(c rune) bool { return unicode.In(c, unicode.Cf, unicode.Cc, unicode.Zl, unicode.Zp) })
	}
	for _, c := range invisible.String() {
		text := (&vingd.Error{Op: "request", Context: "a" + string(c) + "b", Message: string(c)}).Error()
		if !clean(text) {
			t.Errorf("%U is in %q", c, text)
		}
		if want, spaced := "vingd: request: ab", "vingd: request: a b"; text != want && text != spaced {
			t.Errorf("%U makes %q", c, text)
		}
	}
	if text := (&vingd.Error{Op: "request", Context: "Zażółć gęślą jaźń 😀 ١٢٣ 漢字"}).Error(); !strings.Contains(text, "Zażółć gęślą jaźń 😀 ١٢٣ 漢字") {
		t.Errorf("letters are lost: %q", text)
	}
}
