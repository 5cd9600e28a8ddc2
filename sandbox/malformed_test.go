package sandbox_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
)

// A malformed request gets status 400 with a message in the envelope, and changes nothing.
func TestMalformed(t *testing.T) {
	w := newWorld(t)
	oid := w.object()
	v := w.voucher(100, nil)
	order := fmt.Sprintf("objects/%d/orders/", oid)
	nested := strings.Repeat(`[`, 20000)
	tests := []struct{ method, path, body string }{
		{"GET", "registry/objects/abc", ""},
		{"GET", "registry/objects/0", ""},
		{"GET", "registry/objects/-5", ""},
		{"GET", "registry/objects/+5", ""},
		{"GET", "registry/objects/9223372036854775808", ""},
		{"GET", "registry/objects/5%2F6", ""},
		{"GET", "registry/objects/first=0", ""},
		{"GET", "registry/objects/first=", ""},
		{"GET", "registry/objects/first=x", ""},
		{"GET", "registry/objects/first=1/first=1", ""},
		{"GET", "registry/objects/gid=x", ""},
		{"GET", "registry/objects/since=yesterday", ""},
		{"GET", "registry/objects/since=20260230T000000Z", ""},
		{"GET", "registry/objects/since=20260102T240000Z", ""},
		{"GET", "registry/objects/since=00000102T030405Z", ""},
		{"GET", "registry/objects/since=99991231T235959-0100", ""},
		{"GET", "registry/objects/first=1/5", ""},
		{"GET", "registry/objects/=5", ""},
		{"GET", "registry//objects", ""},
		{"GET", "registry/objects//", ""},
		{"GET", "registry/./objects", ""},
		{"GET", "registry/objects/%2e%2e/objects", ""},
		{"GET", "registry/objects?first=1", ""},
		{"GET", "fort/accounts/xyz", ""},
		{"GET", "fort/accounts/" + strings.Repeat("a", 41), ""},
		{"GET", fmt.Sprintf("objects/%d/tokens/xyz", oid), ""},
		{"GET", "orders/x", ""},
		{"GET", "orders/all/0", ""},
		{"GET", "orders/5/first=1", ""},
		{"GET", "vouchers/%C4%8Dokolada", ""},
		{"GET", "vouchers/abc%0A", ""},
		{"GET", "vouchers/" + strings.Repeat("a", 65), ""},
		{"GET", "vouchers/gid=" + strings.Repeat("a", 33), ""},
		{"GET", "vouchers/gid=", ""},
		{"GET", "vouchers/from=-1", ""},
		{"GET", "vouchers/history/action=bogus", ""},
		{"GET", "vouchers/action=use", ""},
		{"DELETE", "vouchers//", `{"revoke":true}`},
		{"DELETE", "vouchers/..", `{"revoke":true}`},
		{"DELETE", "vouchers/colour=red", `{"revoke":true}`},
		{"DELETE", "vouchers", `{"revoke":"true"}`},
		{"DELETE", "vouchers", `{"revoke":1}`},
		{"DELETE", "vouchers", ``},
		{"POST", "registry/objects/", ``},
		{"POST", "registry/objects/", `null`},
		{"POST", "registry/objects/", `[]`},
		{"POST", "registry/objects/", `{`},
		{"POST", "registry/objects/", `{} {}`},
		{"POST", "registry/objects/", nested},
		{"POST", "registry/objects/", `{}`},
		{"POST", "registry/objects/", "{\"description\":{\"name\":\"\xff\",\"url\":\"http://localhost/\"}}"},
		{"POST", "registry/objects/", `{"description":null}`},
		{"POST", "registry/objects/", `{"description":{"name":"x"}}`},
		{"POST", "registry/objects/", `{"description":{"name":"x","url":null}}`},
		{"POST", "registry/objects/", `{"description":{"name":"x","url":""}}`},
		{"POST", "registry/objects/", `{"description":{"name":"x","url":"javascript:alert(1)"}}`},
		{"POST", "registry/objects/", `{"description":{"name":"x","url":"http://"}}`},
		{"POST", "registry/objects/", `{"description":{"name":"x","url":"/here"}}`},
		{"POST", "registry/objects/", `{"description":{"name":"","url":"http://localhost/"}}`},
		{"POST", "registry/objects/", `{"description":{"name":42,"url":"http://localhost/"}}`},
		{"POST", "registry/objects/", `{"description":{"name":"x","url":"http://localhost/","more":"` + strings.Repeat("x", 4096) + `"}}`},
		{"POST", "registry/objects/", `{"description":{"name":"x","url":"http://localhost/"},"more":"` + strings.Repeat("x", 64<<10) + `"}`},
		{"POST", order, `{"price":-1,"order_expires":null,"context":null}`},
		{"POST", order, `{"price":1.5,"order_expires":null,"context":null}`},
		{"POST", order, `{"price":null,"order_expires":null,"context":null}`},
		{"POST", order, `{"price":"x","order_expires":null,"context":null}`},
		{"POST", order, `{"price":{},"order_expires":null,"context":null}`},
		{"POST", order, `{"price":9007199254740992,"order_expires":null,"context":null}`},
		{"POST", order, `{"price":92233720368547758080,"order_expires":null,"context":null}`},
		{"POST", order, `{"Price":1,"order_expires":null,"context":null}`},
		{"POST", order, `{"price":1,"order_expires":"tomorrow","context":null}`},
		{"POST", order, `{"price":1,"order_expires":1234567890,"context":null}`},
		{"POST", order, `{"price":1,"order_expires":null,"context":42}`},
		{"POST", "vouchers/", `{"amount":-1,"until":null,"message":"","gid":null}`},
		{"POST", "vouchers/", `{"amount":1,"until":null,"message":"","gid":"č"}`},
		{"POST", "vouchers/", `{"amount":1,"until":null,"message":"","gid":5}`},
		{"POST", "vouchers/", `{"amount":1,"until":null,"message":5,"gid":null}`},
		{"POST", "id/users/", `null`},
		{"POST", "id/users/", `{"identities":["x"]}`},
		{"POST", "id/users/", `{"identities":{"mail":5}}`},
		{"POST", "id/users/", `{"delegate_permissions":"x"}`},
		{"POST", "rewards", `{"huid_to":"xyz/..","amount":1}`},
		{"POST", "rewards", `{"huid_to":null,"amount":1}`},
		{"POST", "rewards", `{"huid_to":5,"amount":1}`},
		{"PUT", "purchases/1", `{"transferid":13.5}`},
		{"PUT", "purchases/0", `{"transferid":13}`},
		{"POST", fmt.Sprintf("objects/%d/purchases", oid), `{"price":1,"huid":"00","autocommit":false}`},
	}
	for _, test := range tests {
		a := w.post(test.method, test.path, "application/json", test.body)
		if a.status != http.StatusBadRequest || a.Message == "" || a.Context != "Invalid data" || strings.Contains(a.Message, "\n") {
			t.Errorf("%s %.60s %.80s: got %d %s", test.method, test.path, test.body, a.status, a.raw)
		}
	}
	if a := w.call("GET", "vouchers/gid=a/gid=b", nil); !strings.Contains(a.Message, "must be given once") {
		t.Errorf("got %s", a.raw)
	}
	w.holds(999_00)
	if got := history(w, ""); !slices.Equal(got, []string{"add"}) {
		t.Errorf("got voucher log %v", got)
	}
	if got := as[voucher](w.call("GET", "vouchers/"+v.VIDEncoded, nil)); got.Allocated == nil {
		t.Errorf("got %+v", got)
	}
	if got := as[[]any](w.call("GET", "registry/objects", nil)); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	if got := as[[]any](w.call("GET", "orders/all/", nil)); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

// A token is a secret, so that error messages do not contain it.
func TestErrors_WithoutToken(t *testing.T) {
	w := newWorld(t)
	const tid = "0123456789abcdef0123456789abcdef01234567"
	for _, call := range []string{"GET objects/1/tokens/" + tid, "GET objects/1/tokens/" + tid + "x", "POST objects/1/tokens/" + tid} {
		method, path, _ := strings.Cut(call, " ")
		if a := w.call(method, path, nil); a.status < 400 || strings.Contains(string(a.raw), tid) {
			t.Errorf("got %s", a.raw)
		}
	}
}

func TestOperation_Unknown(t *testing.T) {
	w := newWorld(t)
	token := w.pay(w.buyer("Ann", 500), w.order(w.object(), 1))
	for _, call := range []string{
		"GET nothing", "GET orders/1/2/3", "PATCH orders/1", "POST orders/1", "DELETE orders/1", "PUT vouchers", "POST fort/accounts",
		"GET rewards", "GET purchases/1", "OPTIONS vouchers", "POST " + token, "GET objects/5/tokens/",
	} {
		method, path, _ := strings.Cut(call, " ")
		a := w.call(method, path, nil).is(http.StatusNotFound)
		if a.Message == "" || a.Context != "Not found" {
			t.Errorf("%s: got %s", call, a.raw)
		}
	}
	// HEAD is not run as a GET, which would use up the token.
	request := w.request("HEAD", w.Endpoint()+"/"+token, nil)
	response, err := w.HTTPClient().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	if response.StatusCode != http.StatusNotFound {
		t.Errorf("HEAD: got %d", response.StatusCode)
	}
	w.call("GET", token, nil).is(http.StatusOK)
}

// The API responds to any request with an envelope and without a failure of the sandbox, and the books stay right.
func FuzzHandler(f *testing.F) {
	f.Add("GET", "/sandbox/broker/v1/vouchers/from=1/valid_after=20260102T030405%2B0000", "")
	f.Add("DELETE", "/broker/v1//vouchers/BCDF-GHJ-KLM", `{"revoke":true}`)
	f.Add("POST", "/broker/v1/vouchers/", `{"amount":"1","until":null,"message":"č","gid":"g"}`)
	f.Add("POST", "/broker/v1/registry/objects", `{"description":{"name":"x","url":"http://localhost/?a"}}`)
	f.Add("POST", "/broker/v1/objects/1/orders/", `{"price":9007199254740991,"order_expires":"2026-03-04T05:06Z"}`)
	f.Add("PUT", "/broker/v1/purchases/1", `{"transferid":1}`)
	f.Add("POST", "/broker/v1/id/users", `{"identities":[]}`)
	f.Fuzz(func(t *testing.T, method, target, body string) {
		sb, err := sandbox.New(sandbox.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer closeSandbox(t, sb)
		head := method + " " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n\r\n"
		request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + body)))
		if err != nil {
			return // net/http refuses it
		}
		request.SetBasicAuth(username, digest)
		recorder := httptest.NewRecorder()
		sb.Handler().ServeHTTP(recorder, request)
		checkResponse(t, request, recorder.Code, recorder.Header(), recorder.Body.Bytes())
		if code := recorder.Code; code >= 500 || code < 200 || code >= 300 && code < 400 {
			t.Errorf("got %d %s", code, recorder.Body)
		}
		if err := sb.Check(); err != nil {
			t.Error(err)
		}
	})
}
