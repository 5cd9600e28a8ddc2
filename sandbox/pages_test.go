package sandbox_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// The URLs of orders and vouchers that clients return are pages.
func TestPages(t *testing.T) {
	w := newWorld(t)
	order, code := w.order(w.object(), 1), w.voucher(1, nil).VIDEncoded
	w.buyer("Ann", 5)
	for path, text := range map[string]string{
		"/":                                   "My test object",
		"/docs":                               "vingd.yaml",
		fmt.Sprintf("/orders/%d/add/", order): "My test object",
		fmt.Sprintf("/popup/orders/%d/add/", order): "My test object",
		"/vouchers/" + code:                         code,
		"/popup/vouchers/" + code:                   code,
	} {
		a := page(t, w, path)
		if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(string(a.raw), text) {
			t.Errorf("%s: got %d %s", path, a.status, a.raw)
		}
	}
	if a := page(t, w, "/orders/1/nothing"); a.status != http.StatusNotFound || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		t.Errorf("got %d %v", a.status, a.header)
	}
}

// A client with a wrong endpoint gets an envelope. A browser with a login gets a page.
func TestPages_WrongEndpoint(t *testing.T) {
	w := newWorld(t)
	w.send(w.request(http.MethodGet, w.Frontend()+"/vouchers/from=1", nil)).is(http.StatusNotFound)
	request := w.request(http.MethodGet, w.Frontend()+"/", nil)
	request.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	if a := open(t, w.HTTPClient(), request); a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		t.Errorf("got %d %v", a.status, a.header)
	}
}

// page opens a page without a login.
func page(t *testing.T, w *world, path string) (a result) {
	t.Helper()
	request := w.request(http.MethodGet, w.Frontend()+path, nil)
	request.Header.Del("Authorization")
	return open(t, w.HTTPClient(), request)
}

// open sends a request, whose response need not be an envelope.
func open(t *testing.T, client *http.Client, request *http.Request) (a result) {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	a.status, a.header = response.StatusCode, response.Header
	a.raw, err = io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return a
}
