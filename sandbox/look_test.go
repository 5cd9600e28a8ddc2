package sandbox_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
)

// page returns what a browser sees.
func (w *world) page(path string) (status int, text string) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.Frontend()+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := w.HTTPClient().Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// The dashboard leads to each of the last calls, with its bodies and without its token.
func TestLook_Calls(t *testing.T) {
	w := newWorld(t)
	token := w.pay(w.buyer("Ann", 500), w.order(w.object(), 200))
	failing(t, w, "verifyPurchase", sandbox.Fault{Status: 500, Next: 1})
	w.call("GET", token, nil).is(http.StatusInternalServerError)
	_, dashboard := w.page("/")
	if !strings.Contains(dashboard, `<a href="/look/calls/3">3</a>`) || !strings.Contains(dashboard, "status 500") {
		t.Errorf("the dashboard lacks the call:\n%s", dashboard)
	}
	_, one := w.page("/look/calls/1")
	_, three := w.page("/look/calls/3")
	_, all := w.page("/look/calls")
	for what, test := range map[string][2]string{
		"the request":  {one, "&#34;name&#34;: &#34;My test object&#34;"},
		"the response": {one, "&#34;oids&#34;: ["},
		"the path":     {three, "/tokens/…"},
		"the fault":    {three, "status 500"},
		"the list":     {all, `<a href="/look/calls/1">1</a>`},
	} {
		if !strings.Contains(test[0], test[1]) {
			t.Errorf("%s: the page lacks %s:\n%s", what, test[1], test[0])
		}
	}
	tid := token[strings.LastIndexByte(token, '/')+1:]
	if strings.Contains(dashboard+one+three+all, tid) {
		t.Error("a page shows the token")
	}
	for path, want := range map[string]int{"/look/calls/99": 404, "/look/calls/x": 400, "/look/": 404} {
		if status, _ := w.page(path); status != want {
			t.Errorf("%s: got %d, want %d", path, status, want)
		}
	}
	if again := w.calls(""); len(again) != 3 {
		t.Errorf("to look at calls is a call: %+v", again)
	}
}

// Every page says what time it is once the clock was moved, and what is made to go wrong.
func TestLook_Notice(t *testing.T) {
	w := newWorld(t)
	order := fmt.Sprintf("/orders/%d/add/", w.order(w.object(), 200))
	code := "/vouchers/" + w.voucher(5, nil).VIDEncoded
	pages := []string{"/", "/look/calls", order, code, "/nothing"}
	for _, path := range pages {
		if _, text := w.page(path); strings.Contains(text, `class="notice"`) {
			t.Errorf("%s: has a notice", path)
		}
	}
	advance(t, w.Server, time.Minute)
	failing(t, w, "rewardUser", sandbox.Fault{HangUp: true, Done: true})
	for _, path := range pages {
		_, text := w.page(path)
		for _, want := range []string{"2 Jan 2026, 03:05:05 UTC", "1m0s ahead", "rewardUser: hang up, after it was done"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: lacks %s", path, want)
			}
		}
	}
}
