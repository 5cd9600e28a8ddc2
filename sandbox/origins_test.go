package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// The API and the controls refuse a page of another origin, even a GET and the documented login in the URL. They accept programs
// and the sandbox's own pages.
func TestCrossOrigin(t *testing.T) {
	w := newWorld(t)
	ann := w.buyer("Ann", 1000)
	oid := w.object()
	token := "sandbox/broker/v1/" + w.pay(ann, w.order(oid, 10))
	calls := []struct{ method, path, body string }{
		{"GET", token, ""},
		{"POST", "broker/v1/vouchers", `{"amount":1,"until":null,"message":"","gid":null,"x":"="}`},
		{"DELETE", "broker/v1/vouchers", `{"revoke":true}`},
		{"POST", fmt.Sprintf("broker/v1/objects/%d/orders", oid), `{"price":1,"order_expires":null,"context":null}`},
		{"GET", "broker/v1/fort/accounts", ""},
		{"GET", "-/check", ""},
		{"POST", "-/reset", ""},
	}
	send := func(method, path, body string, header http.Header) int {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, w.Frontend()+"/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range header {
			request.Header[name] = values
		}
		if !strings.HasPrefix(path, "-/") {
			request.SetBasicAuth(username, digest)
		}
		response, err := w.HTTPClient().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return response.StatusCode
	}
	for _, header := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}, "Content-Type": {"text/plain"}},
		{"Sec-Fetch-Site": {"same-site"}}, // another port of this machine
		{"Origin": {"https://evil.example"}},
		{"Origin": {"null"}},
	} {
		for _, c := range calls {
			if status := send(c.method, c.path, c.body, header); status != http.StatusForbidden {
				t.Errorf("%s %s with %v: got %d, want 403", c.method, c.path, header, status)
			}
		}
	}
	w.holds(1000_00)
	for _, header := range []http.Header{nil, {"Sec-Fetch-Site": {"same-origin"}}, {"Sec-Fetch-Site": {"none"}}, {"Origin": {w.Frontend()}}} {
		for _, c := range calls[1:6] {
			if status := send(c.method, c.path, c.body, header); status != http.StatusOK {
				t.Errorf("%s %s with %v: got %d, want 200", c.method, c.path, header, status)
			}
		}
	}
	if status := send("GET", token, "", nil); status != http.StatusOK {
		t.Errorf("the token was used up: got %d", status)
	}
}
