package sandbox_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/api"
	"github.com/vingd/vingd-api-go/sandbox"
)

// readTarget returns a request from this machine, or nil if net/http refuses it.
func readTarget(method, target, body string) *http.Request {
	head := method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n\r\n"
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + body)))
	if err != nil {
		return nil
	}
	request.RemoteAddr = "127.0.0.1:1"
	return request
}

func serve(sb *sandbox.Sandbox, request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	sb.Handler().ServeHTTP(recorder, request)
	return recorder
}

// stocked returns a sandbox with a buyer, an order and a voucher, and their pages.
func stocked(t *testing.T) (sb *sandbox.Sandbox, pages []string) {
	t.Helper()
	sb, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeSandbox(t, sb) })
	do := func(path, body string) (data map[string]any) {
		request := readTarget(http.MethodPost, path, body)
		request.SetBasicAuth(username, digest)
		recorder := serve(sb, request)
		var result struct{ Data map[string]any }
		if err := json.Unmarshal(recorder.Body.Bytes(), &result); err != nil || recorder.Code > 299 {
			t.Fatalf("%s: %d %s", path, recorder.Code, recorder.Body)
		}
		return result.Data
	}
	do("/-/buyers", `{"name": "Ann", "balance": 500}`)
	object := do("/broker/v1/registry/objects/", `{"description": {"name": "x", "url": "http://localhost/?a"}}`)["oids"].([]any)[0]
	order := do(fmt.Sprintf("/broker/v1/objects/%v/orders/", object), `{"price": 200, "order_expires": null, "context": "c"}`)["ids"].([]any)[0]
	code := do("/broker/v1/vouchers/", `{"amount": 100, "until": null, "message": "m", "gid": null}`)["vid_encoded"]
	return sb, []string{"/", "/docs", fmt.Sprintf("/orders/%v/add/", order), fmt.Sprintf("/popup/orders/%v/add/", order), fmt.Sprintf("/vouchers/%v", code), fmt.Sprintf("/popup/vouchers/%v", code)}
}

// The controls respond to any request with JSON and without a failure of the sandbox, and the books stay right.
func FuzzControls(f *testing.F) {
	for _, seed := range [][3]string{
		{"GET", "", ""}, {"GET", "clock", ""}, {"POST", "clock", `{"advance": "15m"}`}, {"POST", "clock", `{"advance": "-1ns"}`}, {"POST", "clock", `{"advance": "2562047h47m16.854775807s"}`},
		{"POST", "faults", `{"operation": "getBalance", "delay": "1ms", "status": 503, "count": 2, "fraction": 1, "seed": 7}`}, {"POST", "faults", `{"fraction": 1e400}`}, {"DELETE", "faults", ""},
		{"POST", "deposits", `{"uid": 4712, "amount": 9223372036854775807}`}, {"POST", "deposits", `{"uid": 1, "amount": -5}`}, {"POST", "buyers", `{"name": "Ann\u0000", "balance": 500}`},
		{"GET", "buyers/4712", ""}, {"GET", "buyers/99999999999999999999", ""}, {"POST", "buyers/4712/pay", `{"order": 1, "anonymously": true}`}, {"POST", "buyers/4712/redeem", `{"code": "LXKG-TBR-HQV"}`},
		{"POST", "reset", ""}, {"POST", "reset", "{}"}, {"GET", "check", ""}, {"GET", "../broker/v1/fort/accounts", ""}, {"POST", "buyers/4712/pay", `{"order": 1, "order": 2}`}, {"POST", "buyers", strings.Repeat("[", 10_000)},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, method, path, body string) {
		request := readTarget(method, "/-/"+path, body)
		if request == nil {
			return
		}
		sb, _ := stocked(t)
		recorder := serve(sb, request)
		if recorder.Code >= 500 || recorder.Code < 200 || method != http.MethodHead && recorder.Code < 300 && !json.Valid(recorder.Body.Bytes()) && !bytes.Equal(recorder.Body.Bytes(), api.SandboxSpec) {
			t.Errorf("%s %q %q: got %d %s", method, path, body, recorder.Code, recorder.Body)
		}
		if err := sb.Check(); err != nil {
			t.Error(err)
		}
	})
}

var formToken = regexp.MustCompile(`name="token" value="([^"]+)"`)

// A page responds to any request with a page and without a failure of the sandbox. The books stay right. Text of the request
// is escaped in the page.
func FuzzPages(f *testing.F) {
	for i, seed := range []string{
		"do=pay&buyer=4712", "do=pay&buyer=new&name=Ann&balance=10.00", "do=pay&buyer=4712&anonymous=yes", "do=cancel", "do=redeem&buyer=4712", "do=redeem&buyer=new&name=%3Cx-evil%3E&balance=-1",
		"do=pay&buyer=-1", "do=pay&buyer=99999999999999999999", "do=pay&buyer=new&name=%00&balance=1e9", "do=pay&do=cancel", "%zz", "do=pay&buyer=new&name=%FF&balance=92233720368547758.07", "",
	} {
		for page := range 6 {
			if page == i%6 || !testing.Short() {
				f.Add(page, "", seed)
			}
		}
		f.Add(i, []string{"?context=c", "?object_url=http://localhost/%3Cx-evil%3E", "?oid=1&tid=2", "?%3Cx-evil%3E", "/../..", "%2f", "?object_url=javascript:alert(1)"}[i%7], seed)
	}
	f.Fuzz(func(t *testing.T, page int, tail, form string) {
		sb, pages := stocked(t)
		target := pages[uint(page)%uint(len(pages))] + tail
		get := readTarget(http.MethodGet, target, "")
		if get == nil {
			return
		}
		check := func(what string, recorder *httptest.ResponseRecorder) {
			if recorder.Code >= 500 || recorder.Code < 200 {
				t.Errorf("%s %q %q: got %d %s", what, target, form, recorder.Code, recorder.Body)
			}
			if strings.Contains(recorder.Body.String(), "<x-evil") {
				t.Errorf("%s %q %q: the page has it without escapes: %s", what, target, form, recorder.Body)
			}
			if to := recorder.Header().Get("Location"); to != "" {
				if u, err := url.Parse(to); err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" || u.Host != "" && u.Hostname() != "localhost" {
					t.Errorf("%s %q %q: redirects to %q, %v", what, target, form, to, err)
				}
			}
		}
		shown := serve(sb, get)
		check("GET", shown)
		if token := formToken.FindStringSubmatch(shown.Body.String()); token != nil {
			form = "token=" + url.QueryEscape(token[1]) + "&" + form
		}
		post := readTarget(http.MethodPost, target, form)
		post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, cookie := range shown.Result().Cookies() {
			post.AddCookie(cookie)
		}
		check("POST", serve(sb, post))
		if err := sb.Check(); err != nil {
			t.Error(err)
		}
	})
}
