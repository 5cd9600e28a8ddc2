package sandbox_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
)

// A textLog holds the log of a sandbox.
type textLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *textLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *textLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newLoggedWorld returns a world with a sandbox that logs.
func newLoggedWorld(t *testing.T) (*world, *textLog) {
	t.Helper()
	log := new(textLog)
	w := startWorld(t, newClock(), sandbox.Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
	t.Cleanup(func() { _ = w.Close() }) // one test has closed it
	return w, log
}

// A token in a mistyped path is neither logged nor listed.
func TestCalls_TokenInMistypedPath(t *testing.T) {
	w, log := newLoggedWorld(t)
	path := w.pay(w.buyer("Ann", 500), w.order(w.object(), 200))
	token := path[strings.LastIndexByte(path, '/')+1:]
	mistyped := []string{strings.Replace(path, "tokens", "token", 1), strings.Replace(path, "tokens/", "tokens%2F", 1), "purchases/" + token, token}
	for _, path := range mistyped {
		w.call("GET", path, nil)
	}
	status, listed := w.turn("GET", "calls", "")
	if status != http.StatusOK || strings.Count(listed, "…") < len(mistyped) {
		t.Errorf("got %d %s, want the %d calls with redacted paths", status, listed, len(mistyped))
	}
	if strings.Contains(listed, token) || strings.Contains(log.String(), token) {
		t.Errorf("the token is in\n%s\n%s", listed, log)
	}
}

// A token that a client sends in the place of another parameter is neither in the path nor in the message that quotes it.
func TestCalls_TokenInWrongPlace(t *testing.T) {
	w, log := newLoggedWorld(t)
	path := w.pay(w.buyer("Ann", 500), w.order(w.object(), 200))
	token := path[strings.LastIndexByte(path, '/')+1:]
	upper, escaped := strings.ToUpper(token), fmt.Sprintf("%%%x%s", token[0], token[1:])
	for _, swapped := range []string{
		"GET objects/" + token + "/tokens/1", "GET objects/" + upper + "/tokens/1", "GET objects/" + escaped + "/tokens/1",
		"GET objects/%22" + token + "%22/tokens/1", "GET objects/%0A" + token + "/tokens/1", "GET objects/x" + token + "/tokens/1",
		"GET objects/" + token + token + token + "/tokens/1", // the message has 80 characters of it
		"GET orders/" + token, "PUT purchases/" + token, "GET vouchers/gid=" + token + "/since=x", "GET vouchers/since=" + token,
		"GET vouchers/?since=" + token, "GET vouchers/?since=" + escaped, "GET /-/buyers/" + token, "POST /-/buyers/" + token + "/pay",
	} {
		method, path, _ := strings.Cut(swapped, " ")
		if control, ok := strings.CutPrefix(path, "/-/"); ok {
			w.turn(method, control, "")
		} else {
			open(t, w.HTTPClient(), w.request(method, w.Endpoint()+"/"+path, nil))
		}
		last := w.calls("?last=1")[0]
		shown := page(t, w, fmt.Sprintf("/look/calls/%d", last.Number))
		for place, text := range map[string]string{"list": fmt.Sprintf("%+v", last), "log": log.String(), "page": string(shown.raw)} {
			if text = strings.ToLower(text); strings.Contains(text, token[8:]) || strings.Contains(text, token[:9]) {
				t.Errorf("%s: the %s has the token:\n%s", swapped, place, text)
			}
		}
	}
}

type loggedCall struct {
	Number                                                     int64
	At                                                         time.Time
	Method, Path, Operation, Fault, Failure, Request, Response string
	Status                                                     int
	Milliseconds                                               *float64
}

func (w *world) calls(query string) []loggedCall {
	w.t.Helper()
	status, result := w.turn("GET", "calls"+query, "")
	var list struct{ Calls []loggedCall }
	if err := json.Unmarshal([]byte(result), &list); status != http.StatusOK || err != nil {
		w.t.Fatalf("got %d %s, %v", status, result, err)
	}
	return list.Calls
}

// The sandbox keeps the last calls with their bodies, and logs a line for each. Neither holds a secret.
func TestCalls_KeptAndLogged(t *testing.T) {
	w, log := newLoggedWorld(t)
	oid := w.object()
	order := w.order(oid, 200)
	w.turn("POST", "fixtures", `{"sellers": [{"username": "shop", "password": "hunter2"}], "buyers": [{"name": "Ann", "balance": 500}]}`)
	status, paid := w.turn("POST", "buyers/4713/pay", fmt.Sprintf(`{"order": %d}`, order))
	var token struct{ Tid string }
	if err := json.Unmarshal([]byte(paid), &token); status != http.StatusOK || err != nil {
		t.Fatalf("got %d %s, %v", status, paid, err)
	}
	w.call("GET", fmt.Sprintf("objects/%d/tokens/%s", oid, token.Tid), nil).is(http.StatusOK)
	w.call("GET", fmt.Sprintf("objects/%d/tokens/%sx", oid, strings.ToUpper(token.Tid)), nil).is(http.StatusBadRequest)
	failing(t, w, "getBalance", sandbox.Fault{Status: 503, Count: 1, Delay: time.Millisecond})
	w.call("GET", "fort/accounts", nil).is(http.StatusServiceUnavailable)
	failing(t, w, "", sandbox.Fault{HangUp: true, Count: 1, Done: true})
	if response, err := w.client.Do(w.request("GET", w.Endpoint()+"/fort/accounts", nil)); err == nil {
		t.Errorf("got %s, %v", response.Status, response.Body.Close())
	}

	got := w.calls("")
	want := []struct {
		method, path, operation, fault, request, response string
		status                                            int
	}{
		{"GET", "/sandbox/broker/v1/fort/accounts", "getBalance", "hang up, after it was done", "", "", 0},
		{"GET", "/sandbox/broker/v1/fort/accounts", "getBalance", "delay 1ms, status 503", "", `"context":"Service Unavailable"`, 503},
		{"GET", fmt.Sprintf("/sandbox/broker/v1/objects/%d/tokens/…", oid), "", "", "", `tid: must be`, 400},
		{"GET", fmt.Sprintf("/sandbox/broker/v1/objects/%d/tokens/…", oid), "verifyPurchase", "", "", `"object":"My test object"`, 200},
		{"POST", "/-/buyers/4713/pay", "", "", fmt.Sprintf(`{"order": %d}`, order), `"tid":"…"`, 200},
		{"POST", "/-/fixtures", "", "", `"password":"…"`, `"buyers":[4713]`, 200},
		{"POST", fmt.Sprintf("/sandbox/broker/v1/objects/%d/orders/", oid), "createOrder", "", `"price":200`, `"ids":[`, 200},
		{"POST", "/sandbox/broker/v1/registry/objects/", "createObject", "", `"name":"My test object"`, `"oids":[`, 200},
	}
	if len(got) != len(want) {
		t.Fatalf("got %d calls, want %d: %+v", len(got), len(want), got)
	}
	for i, want := range want {
		g := got[i]
		if g.Method != want.method || g.Path != want.path || g.Operation != want.operation || g.Fault != want.fault || g.Status != want.status ||
			!strings.Contains(g.Request, want.request) || !strings.Contains(g.Response, want.response) || g.Failure != "" ||
			g.Number != int64(len(got)-i) || !g.At.Equal(w.clock.Now().Truncate(time.Microsecond)) || g.Milliseconds == nil {
			t.Errorf("call %d: got %+v, want %+v", i, g, want)
		}
	}
	if first := w.calls("?last=1"); len(first) != 1 || first[0].Number != got[0].Number {
		t.Errorf("got %+v, want the last call", first)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != len(want) || !strings.Contains(lines[len(lines)-2], `method=GET path=/sandbox/broker/v1/fort/accounts status=503 took=`) ||
		!strings.Contains(lines[len(lines)-1], `fault="hang up, after it was done"`) {
		t.Errorf("got %d lines, want %d:\n%s", len(lines), len(want), log)
	}
	everything := fmt.Sprintf("%+v\n%s", got, log)
	for _, secret := range []string{token.Tid, "hunter2", digest, base64.StdEncoding.EncodeToString([]byte(username + ":" + digest))} {
		if strings.Contains(strings.ToLower(everything), strings.ToLower(secret)) {
			t.Errorf("the secret %s is kept or logged:\n%s", secret, everything)
		}
	}
	w.turned("DELETE", "calls", "", `{"calls":[]}`)
}

// A body with a mistyped key is not kept: its value may be a password.
func TestCalls_MistypedKey(t *testing.T) {
	w, log := newLoggedWorld(t)
	status, result := w.turn("POST", "fixtures", `{"sellers": [{"username": "shop", "passwort": "hunter2"}]}`)
	last := w.calls("?last=1")[0]
	if status != http.StatusBadRequest || !strings.Contains(result, "passwort") || last.Request != "…" {
		t.Errorf("got %d %s, and kept %+v", status, result, last)
	}
	if kept := fmt.Sprintf("%+v\n%s", last, log); strings.Contains(kept, "hunter2") {
		t.Errorf("the password is kept: %s", kept)
	}
}

// The log has the cause of a failure of the sandbox itself. The response does not.
func TestCalls_FailureCause(t *testing.T) {
	w, log := newLoggedWorld(t)
	if err := w.Sandbox.Close(); err != nil {
		t.Fatal(err)
	}
	a := w.call("GET", "fort/accounts", nil).is(http.StatusInternalServerError)
	if a.Message != "the sandbox failed" {
		t.Errorf("got %s", a.raw)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Frontend()+"/orders/1/add/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := w.HTTPClient().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusInternalServerError {
		t.Errorf("got %s, %v", response.Status, err)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], `level=ERROR msg=call method=GET path=/sandbox/broker/v1/fort/accounts status=500`) ||
		!strings.Contains(lines[0], `failure="sql: `) || !strings.Contains(lines[1], `failure="sql: `) {
		t.Errorf("got\n%s", log)
	}
}

// The sandbox keeps at most 100 calls, and a bounded part of each body.
func TestCalls_Bounded(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("x", 60<<10)
	for range 150 {
		w.call("POST", "rewards", map[string]any{"huid_to": "00", "amount": 1, "description": long}).is(http.StatusNotFound)
	}
	got := w.calls("?last=1000")
	if len(got) != 100 || got[0].Number != 150 {
		t.Errorf("got %d calls, the last is number %d", len(got), got[0].Number)
	}
	for _, c := range got {
		if len(c.Request) > 17<<10 {
			t.Errorf("the request has %d bytes", len(c.Request))
		}
	}
	if err := w.Reset(); err != nil {
		t.Fatal(err)
	}
	if got := w.calls(""); len(got) != 0 {
		t.Errorf("after a reset: got %+v", got)
	}
	if status, result := w.turn("GET", "calls?last=0", ""); status != http.StatusBadRequest {
		t.Errorf("got %d %s", status, result)
	}
}

func failing(t *testing.T, w *world, operation string, f sandbox.Fault) {
	t.Helper()
	if err := w.Fail(operation, f); err != nil {
		t.Fatal(err)
	}
}
