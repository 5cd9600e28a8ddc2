package sandbox_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
)

// The sandbox refuses a call that authenticated before a reset and goes on after it: another user may have its account
// number.
func TestReset_CallInFlight(t *testing.T) {
	w := newWorld(t)
	second := other(t, w) // account 4712, which a buyer gets after the reset
	body, write := io.Pipe()
	recorder, answered := httptest.NewRecorder(), make(chan struct{})
	go func() {
		defer close(answered)
		w.Handler().ServeHTTP(recorder, second.request("POST", "http://localhost/broker/v1/vouchers/", body))
	}()
	// The sandbox reads a body after it has authenticated the caller. The write returns when the sandbox has read the text.
	if _, err := io.WriteString(write, `{"amount":100,"until":null,`); err != nil {
		t.Fatal(err)
	}
	if err := w.Reset(); err != nil {
		t.Fatal(err)
	}
	ann := w.buyer("Ann", 500)
	if got := ann.UID(); got != 4712 {
		t.Fatalf("Ann's account is %d, want 4712, as the seller's was", got)
	}
	if _, err := io.WriteString(write, `"message":"","gid":null}`); err != nil {
		t.Fatal(err)
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	<-answered
	if recorder.Code != http.StatusGone {
		t.Errorf("got %d %s, want 410", recorder.Code, recorder.Body)
	}
	holds(t, ann, 500)
}

// After a reset, earlier buyers have no account.
func TestReset_Buyers(t *testing.T) {
	w := newWorld(t)
	before := w.buyer("Ann", 500)
	if err := w.Reset(); err != nil {
		t.Fatal(err)
	}
	after := w.buyer("Bob", 500)
	order := w.order(w.object(), 100)
	if _, err := before.Pay(order); !errors.Is(err, sandbox.ErrGone) {
		t.Errorf("got %v, want ErrGone", err)
	}
	if got := before.Balance(); got != 0 {
		t.Errorf("Ann holds %v, want nothing", got)
	}
	holds(t, after, 500)
	w.pay(after, order)
}
