package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
)

// plain sends a request with the login, over HTTP/1.1 and without the validator, which would refuse broken responses.
func (w *world) plain(ctx context.Context, method, path, body string) (*http.Response, error) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, w.Endpoint()+"/"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.SetBasicAuth(w.login, w.digest)
	client := *w.HTTPClient()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client.Do(request)
}

func TestFault_Headers(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		fault               sandbox.Fault
		location, retryTime string
	}{
		{sandbox.Fault{Status: 503, RetryAfter: 2 * time.Minute, Count: 1}, "", "120"},
		{sandbox.Fault{Status: 302, Location: "https://elsewhere.example/x", Count: 1}, "https://elsewhere.example/x", ""},
		{sandbox.Fault{Status: 429, Count: 1}, "", ""},
	} {
		failing(t, w, "getBalance", test.fault)
		response, err := w.plain(t.Context(), "GET", "fort/accounts", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if response.StatusCode != test.fault.Status || response.Header.Get("Location") != test.location || response.Header.Get("Retry-After") != test.retryTime {
			t.Errorf("%+v: got %s, %v", test.fault, response.Status, response.Header)
		}
	}
}

// A response that is cut has its whole length in the header and half of it in the body. The operation is done.
func TestFault_Cut(t *testing.T) {
	w := newWorld(t)
	for range 300 {
		w.voucher(1, nil) // so many that their list has several parts
	}
	for _, call := range []struct{ method, path, body string }{
		{"POST", "vouchers/", `{"amount":100,"until":null,"message":"","gid":null}`},
		{"GET", "vouchers", ""},
	} {
		failing(t, w, "", sandbox.Fault{Cut: true, Count: 1})
		response, err := w.plain(t.Context(), call.method, call.path, call.body)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err == nil || len(body) == 0 || !strings.HasPrefix(string(body), `{"data":`) || response.StatusCode != http.StatusOK {
			t.Errorf("%s %s: got %d bytes, %v, want half of the response", call.method, call.path, len(body), err)
		}
		if response.ContentLength > 0 && int64(len(body)) >= response.ContentLength {
			t.Errorf("%s %s: got %d of %d bytes", call.method, call.path, len(body), response.ContentLength)
		}
	}
	w.holds(1000_00 - 300 - 100)
}

// A slow response comes in pieces. It ends when the client disconnects.
func TestFault_Slow(t *testing.T) {
	w := newWorld(t)
	failing(t, w, "getBalance", sandbox.Fault{Slow: time.Hour, Count: 1})
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	response, err := w.plain(ctx, "GET", "fort/accounts", "")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // the client has disconnected
	piece := make([]byte, 1000)
	n, err := response.Body.Read(piece)
	if n == 0 || n > 10 || err != nil {
		t.Errorf("got %q, %v, want a piece", piece[:n], err)
	}
	giveUp()
	if _, err := io.ReadAll(response.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	failing(t, w, "getBalance", sandbox.Fault{Slow: 10 * time.Millisecond, Count: 1})
	w.holds(1000_00)
}

func TestFault_AfterAndObject(t *testing.T) {
	w := newWorld(t)
	failing(t, w, "getBalance", sandbox.Fault{Status: 500, After: 2, Count: 1})
	for i, want := range []int{200, 200, 500, 200} {
		if a := w.call("GET", "fort/accounts", nil); a.status != want {
			t.Errorf("call %d: got %d, want %d", i, a.status, want)
		}
	}
	one, other := w.object(), w.object()
	w.turned("POST", "faults", fmt.Sprintf(`{"status": 500, "object": %d, "retry_after": "3s", "slow": "1ms", "after": 1}`, one),
		fmt.Sprintf(`{"faults":[{"status":500,"retry_after":"3s","slow":"1ms","after":1,"object":%d}]}`, one))
	for _, call := range []struct {
		path string
		want int
	}{
		{fmt.Sprintf("registry/objects/%d", other), 200},
		{fmt.Sprintf("registry/objects/%d", one), 200},
		{fmt.Sprintf("registry/objects/%d", other), 200},
		{fmt.Sprintf("registry/objects/%d", one), 500},
		{fmt.Sprintf("objects/%d/orders/", one), 500},
		{"fort/accounts", 200},
	} {
		if a := w.call("GET", call.path, nil); a.status != call.want {
			t.Errorf("%s: got %d, want %d", call.path, a.status, call.want)
		}
	}
}

// The pages where buyers pay and redeem have faults too, before or after the money moves.
func TestFault_Pages(t *testing.T) {
	w := newWorld(t)
	ann := w.buyer("Ann", 500)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Transport: w.HTTPClient().Transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page := fmt.Sprintf("%s/orders/%d/add/", w.Frontend(), w.order(w.object(), 200))
	open := func(method string, form url.Values) (status int, body string, err error) {
		request, err := http.NewRequestWithContext(t.Context(), method, page, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := browser.Do(request)
		if err != nil {
			return 0, "", err
		}
		text, err := io.ReadAll(response.Body)
		return response.StatusCode, string(text), errors.Join(err, response.Body.Close())
	}
	failing(t, w, "orderPage", sandbox.Fault{Status: 503, RetryAfter: time.Second, Count: 1})
	failing(t, w, "voucherPage", sandbox.Fault{HangUp: true})
	failing(t, w, "", sandbox.Fault{Status: 404}) // for any operation, and for no page
	if status, _, err := open("GET", nil); status != http.StatusServiceUnavailable || err != nil {
		t.Errorf("got %d, %v", status, err)
	}
	status, form, err := open("GET", nil)
	token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(form)
	if status != http.StatusOK || err != nil || token == nil {
		t.Fatalf("got %d, %v, %s", status, err, form)
	}
	failing(t, w, "orderPage", sandbox.Fault{HangUp: true, Done: true, Count: 1})
	pay := url.Values{"token": {token[1]}, "do": {"pay"}, "buyer": {fmt.Sprint(ann.UID())}}
	if status, _, err := open("POST", pay); err == nil {
		t.Errorf("got %d, want a hang-up", status)
	}
	holds(t, ann, 300)
	if status, _, err := open("POST", pay); status != http.StatusSeeOther || err != nil {
		t.Errorf("again: got %d, %v", status, err)
	}
	holds(t, ann, 300)
}
