package vingd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
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
	_, lookup := newClient(t, pipesAddress, nil).Orders.Reconcile(t.Context(), 0, vingd.OrderParams{}, time.Now())
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
		{"argument of Reconcile", lookup, vingd.OutcomeUnknown},
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

// failureOf returns the failure of a call to which a broker or a proxy responds with a text of its own.
func failureOf(t *testing.T, credentials vingd.Credentials, message string) *vingd.Error {
	t.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	client, err := vingd.New(credentials, vingd.WithRetries(0), vingd.WithHTTPClient(&http.Client{
		Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			return reply(req, 502, `{"message": `+string(text)+`, "context": ""}`), nil
		}),
	}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Accounts.Balance(t.Context())
	var failure *vingd.Error
	if !errors.As(err, &failure) {
		t.Fatalf("got %v, want an *Error", err)
	}
	return failure
}

// The text of a proxy cannot change how a terminal or a log shows the line that it is printed in.
func TestError_ForeignCharacters(t *testing.T) {
	for _, c := range []string{
		"\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e",
		"\u2060", "\u2066", "\u2067", "\u2068", "\u2069", "\u206f", "\ufeff", "\x00", "\x1b", "\x7f", "\u0085", "\u009b",
	} {
		text := failureOf(t, vingd.Password(username, password), "bad"+c+"gateway").Error()
		if strings.Contains(text, c) || !strings.Contains(text, "badgateway") {
			t.Errorf("%q is printed in %q", c, text)
		}
	}
}

// The text of a proxy is cut, between characters.
func TestError_LongForeignText(t *testing.T) {
	for _, letter := range []string{"x", "č", "☂", "😀"} {
		text := failureOf(t, vingd.Password(username, password), "a"+strings.Repeat(letter, 5000)).Error()
		if len(text) > 700 || !strings.Contains(text, strings.Repeat(letter, 100)) || !strings.Contains(text, letter+"…") {
			t.Errorf("%d bytes of %s are printed: %q", len(text), letter, text)
		}
	}
}

// A secret of six characters is looked for in the text of others. A shorter one is a part of many words.
func TestError_ShortSecrets(t *testing.T) {
	for secret, hidden := range map[string]bool{"abcde": false, "abcdef": true, "abcdefg": true, "abcdefgh": true} {
		text := failureOf(t, vingd.Key("key", secret), "who is "+secret+"?").Error()
		if strings.Contains(text, secret) == hidden {
			t.Errorf("a secret of %d characters is hidden: %v, want %v (%s)", len(secret), !hidden, hidden, text)
		}
	}
}

// The same holds for a token.
func TestError_ShortTokens(t *testing.T) {
	for token, hidden := range map[vingd.TokenID]bool{"abcde": false, "abcdef": true} {
		client := newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			return reply(req, http.StatusNotFound, `{"message": "There is no `+string(token)+`.", "context": "Not found"}`), nil
		}))
		_, err := client.Purchases.Verify(t.Context(), 5, token)
		if text := err.Error(); strings.Contains(text, string(token)) == hidden {
			t.Errorf("a token of %d characters is hidden: %v, want %v (%s)", len(token), !hidden, hidden, text)
		}
	}
}
