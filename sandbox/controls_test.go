package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vingd/vingd-api-go/api"
	"github.com/vingd/vingd-api-go/sandbox"
)

// turn calls a control over HTTP, and returns the response.
func (w *world) turn(method, path, body string) (status int, result string) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.Frontend()+"/-/"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	a := open(w.t, w.HTTPClient(), request)
	if kind := a.header.Get("Content-Type"); kind != "application/json" {
		w.t.Errorf("%s %s: got content type %s", method, path, kind)
	}
	return a.status, strings.TrimSuffix(string(a.raw), "\n")
}

// turned fails the test unless the control returns want. The order of keys does not count.
func (w *world) turned(method, path, body, want string) {
	w.t.Helper()
	var got, must any
	status, result := w.turn(method, path, body)
	if err := errors.Join(json.Unmarshal([]byte(result), &got), json.Unmarshal([]byte(want), &must)); err != nil {
		w.t.Fatal(err)
	}
	if status != http.StatusOK || !reflect.DeepEqual(got, must) {
		w.t.Errorf("%s %s %s: got %d %s, want %s", method, path, body, status, result, want)
	}
}

// A seller in another language can test a shop by HTTP alone.
func TestControls(t *testing.T) {
	w := newWorld(t)
	w.turned("GET", "clock", "", `{"now":"2026-01-02T03:04:05.678901Z","ahead":"0s"}`)
	w.turned("POST", "buyers", `{"name": "Ann", "balance": 500}`, `{"uid":4712,"name":"Ann","balance":500}`)
	w.turned("GET", "buyers", "", `{"buyers":[{"uid":4712,"name":"Ann","balance":500}]}`)
	w.turned("POST", "deposits", `{"uid": 4712, "amount": 50}`, `{"uid":4712,"name":"Ann","balance":550}`)

	oid := w.object()
	order := w.order(oid, 200)
	status, result := w.turn("POST", "buyers/4712/pay", fmt.Sprintf(`{"order": %d}`, order))
	var paid struct{ Oid, Tid, Context, Return string }
	if err := json.Unmarshal([]byte(result), &paid); status != http.StatusOK || err != nil {
		t.Fatalf("got %d %s, %v", status, result, err)
	}
	if paid.Oid != fmt.Sprint(oid) || paid.Context != "ctx" || !strings.HasPrefix(paid.Return, "http://localhost:666/?page=1&oid="+paid.Oid+"&tid="+paid.Tid+"&token=") {
		t.Errorf("got %+v", paid)
	}
	bought := as[purchase](w.call("GET", "objects/"+paid.Oid+"/tokens/"+paid.Tid, nil))
	if bought.HUID == nil {
		t.Error("the buyer is anonymous")
	}
	w.turned("GET", "buyers/4712", "", `{"uid":4712,"name":"Ann","balance":350}`)
	w.turned("POST", "clock", `{"advance": "15m"}`, `{"now":"2026-01-02T03:19:05.678901Z","ahead":"15m0s"}`)
	w.turned("GET", "buyers/4712", "", `{"uid":4712,"name":"Ann","balance":550}`)

	v := as[voucher](w.call("POST", "vouchers/", map[string]any{"amount": 100, "until": nil, "message": nil, "gid": nil}))
	w.turned("POST", "buyers/4712/redeem", `{"code": "`+strings.ToLower(v.VIDEncoded)+`"}`, `{"amount":100}`)
	w.turned("GET", "buyers/4712", "", `{"uid":4712,"name":"Ann","balance":650}`)
	w.turned("GET", "check", "", `{"ok":true}`)

	armed := `{"faults":[{"operation":"getBalance","delay":"1ms","status":503,"count":2,"fraction":1,"seed":7},` +
		`{"hang_up":true,"done":true}]}`
	w.turn("POST", "faults", `{"operation": "getBalance", "delay": "1ms", "status": 503, "count": 2, "fraction": 1, "seed": 7}`)
	w.turned("POST", "faults", `{"hang_up": true, "done": true}`, armed)
	w.turned("GET", "faults", "", armed)
	if a := w.call("GET", "fort/accounts", nil).is(http.StatusServiceUnavailable); a.Message == "" || a.Context != "Service Unavailable" {
		t.Errorf("got %s", a.raw)
	}
	w.turned("GET", "faults", "", strings.Replace(armed, `"count":2`, `"count":1`, 1))
	w.turned("DELETE", "faults", "", `{"faults":[]}`)

	w.turned("POST", "reset", "", `{"now":"2026-01-02T03:04:05.678901Z","ahead":"0s"}`)
	w.turned("POST", "buyers", `{"name": "Bob", "balance": 0}`, `{"uid":4712,"name":"Bob","balance":0}`)
}

// The sandbox has each call of the specification, accepts its example, and returns a response of its schema.
func TestControls_Specification(t *testing.T) {
	w := newWorld(t)
	if a := page(t, w, "/-/"); !bytes.Equal(a.raw, api.SandboxSpec) {
		t.Errorf("GET /-/ is not the specification: got %d %s", a.status, a.raw)
	}
	doc, err := openapi3.NewLoader().LoadFromData(api.SandboxSpec)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	w.buyer("Ann", 500) // gets the account 4712, as in the examples
	// Neither the order nor the voucher expires when an example advances the clock.
	order := as[ids](w.call("POST", fmt.Sprintf("objects/%d/orders/", w.object()), map[string]any{"price": 1, "order_expires": nil, "context": nil})).IDs[0]
	code := as[voucher](w.call("POST", "vouchers/", map[string]any{"amount": 1, "until": nil, "message": "", "gid": nil})).VIDEncoded
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			if operation.OperationID == "getSpecification" || operation.OperationID == "reset" {
				continue // the first does not return JSON, and the second would delete Ann's account
			}
			body := ""
			if operation.RequestBody != nil {
				example, err := json.Marshal(operation.RequestBody.Value.Content.Get("application/json").Example)
				if err != nil {
					t.Fatal(err)
				}
				body = strings.NewReplacer(`"order":7`, fmt.Sprintf(`"order":%d`, order), "LXKG-TBR-HQV", code).Replace(string(example))
			}
			status, result := w.turn(method, strings.Replace(strings.TrimPrefix(path, "/-/"), "{uid}", "4712", 1), body)
			var data any
			if err := json.Unmarshal([]byte(result), &data); err != nil || status != http.StatusOK {
				t.Errorf("%s %s: got %d %s, %v", method, path, status, result, err)
				continue
			}
			schema := operation.Responses.Status(200).Value.Content.Get("application/json").Schema.Value
			if err := schema.VisitJSON(data); err != nil {
				t.Errorf("%s %s: got %s: %v", method, path, result, err)
			}
		}
	}
}

func TestControls_Invalid(t *testing.T) {
	w := newWorld(t)
	w.buyer("Ann", 500)
	for _, test := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "clock", ``, 400, "the body must be a JSON object in UTF-8"},
		{"POST", "clock", `[]`, 400, "the body must be a JSON object in UTF-8"},
		{"POST", "clock", `null`, 400, "the body must be a JSON object in UTF-8"},
		{"POST", "clock", `{"advance"`, 400, "the body must be a JSON object, and ends within it at byte 10"},
		{"POST", "clock", `{"advance"; 1}`, 400, "the body must be a JSON object, and is malformed at byte 11"},
		{"POST", "fixtures", `{"buyers": {}}`, 400, "buyers: must be a list, and is an object"},
		{"POST", "clock", "{\"advance\": \"\xff\"}", 400, "the body must be a JSON object in UTF-8"},
		{"POST", "clock", `{"advance": "1m"} {}`, 400, "the body must be one JSON object, and nothing behind it"},
		{"POST", "clock", `{}`, 400, "advance: is missing"},
		{"POST", "clock", `{"advance": null}`, 400, "advance: is missing"},
		{"POST", "clock", `{"advance": 15}`, 400, "advance: must be a string, and is a number"},
		{"POST", "clock", `{"advance": "a week"}`, 400, `advance "a week": must be a duration like "90s", "15m" or "168h"`},
		{"POST", "clock", `{"advance": "-1s"}`, 400, "advance by -1s: must not be below zero, time does not run back"},
		{"POST", "clock", `{"back": "1s"}`, 400, `"back": is not known here; GET /-/ is the specification`},
		{"POST", "clock", `{"advance": "` + strings.Repeat("0", 1<<20) + `"}`, 400, "the body is longer than 1 MiB"},
		{"POST", "faults", `{"operation": "steal", "hang_up": true}`, 400, `operation "steal": must be one of `},
		{"POST", "faults", `{"status": "500"}`, 400, "status: must be a whole number that fits 64 bits, and is a string"},
		{"POST", "faults", `{"hang_up": 1}`, 400, "hang_up: must be true or false, and is a number"},
		{"POST", "faults", `{"hang_up": true, "seed": -1}`, 400, "seed: must be a whole number of 0 or more that fits 64 bits, and is a number"},
		{"POST", "faults", `{"status": 200}`, 400, "status 200: must be between 300 and 599, and have a body"},
		{"POST", "deposits", `{"uid": 4712, "amount": -1}`, 400, "amount -1: must be 1 or more"},
		{"POST", "deposits", `{"uid": 4712}`, 400, "amount: is missing"},
		{"POST", "deposits", `{"uid": 4712, "amount": 0}`, 400, "amount 0: must be 1 or more"},
		{"POST", "deposits", `{"uid": 99, "amount": 1}`, 404, "there is no account 99"},
		{"POST", "deposits", `{"uid": 3, "amount": 1}`, 404, "there is no account 3"},
		{"POST", "deposits", `{"uid": 4712, "amount": 1.5}`, 400, "amount: must be a whole number that fits 64 bits, and is a number 1.5"},
		{"POST", "buyers", `{"name": "Žan", "balance": -1}`, 400, ""},
		{"POST", "buyers", `{"balance": 5}`, 400, "name: is missing"},
		{"POST", "buyers", `{"name": null}`, 400, "name: is missing"},
		{"POST", "buyers", `{"name": " "}`, 400, "name: must not be empty"},
		{"POST", "fixtures", `{"buyers": [{"name": "Bob"}, {"balance": 5}]}`, 400, "buyers[1].name: is missing"},
		{"POST", "fixtures", `{"objects": [{"description": {"name": "x", "url": "http://x/"}, "orders": [{"price": 1}, {}]}]}`, 400, "objects[0].orders[1].price: is missing"},
		{"POST", "fixtures", `{"buyers": [null]}`, 400, "buyers[0].name: is missing"},
		{"POST", "buyers/4712/pay", `{}`, 400, "order: is missing"},
		{"POST", "buyers/4712/redeem", `{}`, 400, "code: is missing"},
		{"POST", "buyers", `{"name": 5}`, 400, "name: must be a string, and is a number"},
		{"GET", "buyers/ann", ``, 400, "uid: must be a number of 1 or more"},
		{"GET", "buyers/99", ``, 404, "there is no account 99"},
		{"GET", "buyers/4711", ``, 403, "the account 4711 has a login, and is no buyer"},
		{"POST", "buyers/4711/pay", `{"order": 1}`, 403, "the account 4711 has a login, and is no buyer"},
		{"POST", "buyers/3/pay", `{"order": 1}`, 404, "there is no account 3"},
		{"POST", "buyers/4712/pay", `{"order": 99}`, 404, "there is no order 99"},
		{"POST", "buyers/4712/redeem", `{"code": "<b>"}`, 400, `voucher code "<b>": is mistyped`},
		{"GET", "nothing", ``, 404, "there is no such control; GET /-/ is the specification"},
		{"PUT", "clock", `{}`, 404, "there is no such control; GET /-/ is the specification"},
		{"POST", "", `{}`, 404, "there is no such control; GET /-/ is the specification"},
	} {
		status, result := w.turn(test.method, test.path, test.body)
		var refusal struct{ Message, Context string }
		if err := json.Unmarshal([]byte(result), &refusal); err != nil || refusal.Message == "" || refusal.Context == "" {
			t.Errorf("%s %s: the response is not in the envelope: %s", test.method, test.path, result)
		}
		if status != test.status || !strings.HasPrefix(refusal.Message, test.want) {
			t.Errorf("%s %s %.80s: got %d %s, want %d %s", test.method, test.path, test.body, status, refusal.Message, test.status, test.want)
		}
	}
	w.turned("GET", "clock", "", `{"now":"2026-01-02T03:04:05.678901Z","ahead":"0s"}`)
	w.turned("GET", "faults", "", `{"faults":[]}`)
	w.turned("GET", "buyers/4712", "", `{"uid":4712,"name":"Ann","balance":500}`)
}

// Only clients on this machine may use the controls, but not pages of another origin in a browser there.
func TestControls_OtherMachine(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]struct {
		remote, header, value string
		want                  int
	}{
		"loopback":          {"127.0.0.1:5000", "", "", 200},
		"another loopback":  {"127.9.9.9:5000", "", "", 200},
		"IPv6":              {"[::1]:5000", "", "", 200},
		"another machine":   {"192.0.2.1:5000", "", "", 403},
		"a private network": {"10.0.0.1:5000", "", "", 403},
		"no address":        {"@", "", "", 403},
		"its own address":   {"192.0.2.7:5000", "", "", 200},
		"its own, in IPv6":  {"[::ffff:192.0.2.7]:5000", "", "", 200},
		"its own, proxied":  {"192.0.2.7:5000", "X-Forwarded-For", "192.0.2.1", 403},
		"through a proxy":   {"127.0.0.1:5000", "X-Forwarded-For", "192.0.2.1", 403},
		"through another":   {"127.0.0.1:5000", "Forwarded", "for=192.0.2.1", 403},
		"its own page":      {"127.0.0.1:5000", "Sec-Fetch-Site", "same-origin", 200},
		"another site":      {"127.0.0.1:5000", "Sec-Fetch-Site", "cross-site", 403},
		"another origin":    {"127.0.0.1:5000", "Origin", "https://evil.example", 403},
	} {
		reached := context.WithValue(t.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8443})
		request := httptest.NewRequestWithContext(reached, http.MethodPost, "https://127.0.0.1:8443/-/clock", strings.NewReader(`{"advance": "1m"}`))
		request.RemoteAddr = test.remote
		if test.header != "" {
			request.Header.Set(test.header, test.value)
		}
		before := w.Now()
		result := httptest.NewRecorder()
		w.Handler().ServeHTTP(result, request)
		if result.Code != test.want || w.Now().After(before) != (test.want == 200) {
			t.Errorf("%s: got %d %s and %v", name, result.Code, result.Body, w.Now().Sub(before))
		}
		if test.want == 403 && (!bytes.Contains(result.Body.Bytes(), []byte(`"context":"Forbidden"`)) ||
			test.header == "" && !bytes.Contains(result.Body.Bytes(), []byte("--control-token"))) {
			t.Errorf("%s: got %s", name, result.Body)
		}
	}
}

// After a reset the sandbox is like a new one: the same calls get the same responses.
func TestReset(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, data := range map[string]string{"in memory": "", "in a file": t.TempDir() + "/shop.db"} {
		t.Run(name, func(t *testing.T) {
			s, err := sandbox.Start(sandbox.Options{Clock: sandbox.FixedClock(start), Data: data, Seller: sandbox.Seller{Username: "shop", Password: "x", Balance: 10_00}})
			if err != nil {
				t.Fatal(err)
			}
			defer closeServer(t, s)
			w := &world{Server: s, t: t, clock: &clock{now: start}, client: s.HTTPClient(), login: "shop", digest: "11f6ad8ec52a2984abaafd7c3b516503785c2072"}
			var first string
			for range 3 {
				w.holds(10_00)
				ann := w.buyer("Ann", 500)
				w.pay(ann, w.order(w.object(), 200))
				w.voucher(100, "group")
				told := fmt.Sprint(s.Seller(), ann.UID(), string(w.call("GET", "orders/all/", nil).raw), string(w.call("GET", "id/users", nil).raw))
				if first == "" {
					first = told
				}
				if told != first {
					t.Errorf("got\n%s\nwant as before the reset\n%s", told, first)
				}
				if _, err := s.AddSeller(sandbox.Seller{}); err != nil {
					t.Error(err)
				}
				advance(t, s, time.Hour)
				if err := s.Fail("", sandbox.Fault{HangUp: true}); err != nil {
					t.Fatal(err)
				}
				if err := s.Reset(); err != nil {
					t.Fatal(err)
				}
				if err := s.Check(); err != nil || !s.Now().Equal(start) {
					t.Errorf("it is %v, and the books: %v", s.Now(), err)
				}
			}
			w.holds(10_00)
		})
	}
}
