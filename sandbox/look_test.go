package sandbox_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
)

// The dashboard links to each of the last calls. Its page has the bodies, but no token.
func TestLook_Calls(t *testing.T) {
	w := newWorld(t)
	token := w.pay(w.buyer("Ann", 500), w.order(w.object(), 200))
	failing(t, w, "verifyPurchase", sandbox.Fault{Status: 500, Count: 1})
	w.call("GET", token, nil).is(http.StatusInternalServerError)
	dashboard := string(page(t, w, "/").raw)
	if !strings.Contains(dashboard, `<a href="/look/calls/3">3</a>`) || !strings.Contains(dashboard, "status 500") {
		t.Errorf("the dashboard lacks the call:\n%s", dashboard)
	}
	one := string(page(t, w, "/look/calls/1").raw)
	three := string(page(t, w, "/look/calls/3").raw)
	all := string(page(t, w, "/look/calls").raw)
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
		if status := page(t, w, path).status; status != want {
			t.Errorf("%s: got %d, want %d", path, status, want)
		}
	}
	if again := w.calls(""); len(again) != 3 {
		t.Errorf("the call log has a request for a page: %+v", again)
	}
}

// A search finds a voucher by its code as people type it.
func TestLook_VoucherCode(t *testing.T) {
	w := newWorld(t)
	code := w.voucher(5, nil).VIDEncoded
	for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", "")} {
		if found := string(page(t, w, "/?q="+typed).raw); !strings.Contains(found, ">"+code+"<") {
			t.Errorf("%s: the search lacks the voucher:\n%s", typed, found)
		}
	}
}

// Every page shows the time once the clock was moved, and the faults.
func TestLook_Notice(t *testing.T) {
	w := newWorld(t)
	order := fmt.Sprintf("/orders/%d/add/", w.order(w.object(), 200))
	code := "/vouchers/" + w.voucher(5, nil).VIDEncoded
	pages := []string{"/", "/look/calls", order, code, "/nothing"}
	for _, path := range pages {
		if strings.Contains(string(page(t, w, path).raw), `class="notice"`) {
			t.Errorf("%s: has a notice", path)
		}
	}
	advance(t, w.Server, time.Minute)
	failing(t, w, "rewardUser", sandbox.Fault{HangUp: true, Done: true, After: 1, Count: 3})
	for _, path := range pages {
		text := string(page(t, w, path).raw)
		for _, want := range []string{"2 Jan 2026, 03:05:05 UTC", "1m0s ahead", "rewardUser: hang up, after it was done (after 1, count 3)"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: lacks %s", path, want)
			}
		}
	}
}

// The forms of the dashboard do the same as the controls under /-/, once for each form, for a browser on the same machine.
func TestLook_Controls(t *testing.T) {
	w := newWorld(t)
	d := openDashboard(w)
	send, request, token, submit := d.send, d.request, d.token, d.submit
	for form, want := range map[string]string{
		"do=advance&advance=a+week":                       "must be a duration like",
		"do=advance&advance=-1s":                          "must not be below zero",
		"do=buyer&name=&balance=1":                        "must have 1 to 80 characters",
		"do=deposit&account=99&amount=1":                  "There is no account 99",
		"do=deposit&account=4711&amount=x":                "an amount of vingds",
		"do=fault&kind=status+500&operation=steal&next=1": "must be one of",
		"do=fault&kind=nothing&operation=&next=1":         "one of those that the dashboard offers",
		"do=fault&kind=hang+up&operation=&next=x":         "must be 0 or more",
		"do=steal": "must say what to do",
	} {
		if status, text := submit(form); status < 400 || status > 404 || !strings.Contains(text, want) {
			t.Errorf("%s: got %d, want %s:\n%s", form, status, want, text)
		}
	}
	if _, text := submit("do=advance&advance=a+week"); !strings.Contains(text, `name="advance" value="a week"`) {
		t.Errorf("the page lost what was typed:\n%s", text)
	}
	start := w.Now()
	for _, form := range []string{"do=advance&advance=15m", "do=buyer&name=Ann&balance=5", "do=deposit&account=4712&amount=2.50", "do=fault&kind=hang+up+after+it+was+done&operation=rewardUser&next=3"} {
		if status, text := submit(form); status != http.StatusOK {
			t.Errorf("%s: got %d:\n%s", form, status, text)
		}
	}
	ann, err := w.FindBuyer("Ann")
	if err != nil || ann.Balance() != 7_50 || w.Now().Sub(start) != 15*time.Minute {
		t.Errorf("got %v, %v, at %v", ann, err, w.Now())
	}
	w.turned("GET", "faults", "", `{"faults":[{"operation":"rewardUser","hang_up":true,"done":true,"count":3}]}`)
	again := url.Values{"do": {"deposit"}, "account": {"4712"}, "amount": {"1"}, "token": {token()}}
	for i, want := range []int{http.StatusOK, http.StatusConflict} {
		status, text := send(request("POST", again))
		if status != want || i == 1 && (!strings.Contains(text, "submitted before") || !strings.Contains(text, `name="account" value="4712"`)) {
			t.Errorf("got %d:\n%s", status, text)
		}
	}
	holds(t, ann, 8_50)
	// The browser went back to the page with the used token, and another amount was typed. The page that follows has it.
	again.Set("amount", "2")
	if status, text := send(request("POST", again)); status != http.StatusConflict || !strings.Contains(text, `name="amount" value="2"`) {
		t.Errorf("got %d:\n%s", status, text)
	}
	holds(t, ann, 8_50)
	// Another form of that page acts.
	if status, text := send(request("POST", url.Values{"do": {"advance"}, "advance": {"1m"}, "token": again["token"]})); status != http.StatusOK {
		t.Errorf("got %d:\n%s", status, text)
	}
	// A deposit that was refused is done when its form is submitted again for an account that now exists.
	early := url.Values{"do": {"deposit"}, "account": {"4713"}, "amount": {"3"}, "token": {token()}}
	if status, text := send(request("POST", early)); status != http.StatusNotFound {
		t.Errorf("got %d:\n%s", status, text)
	}
	bob := w.buyer("Bob", 0)
	if status, text := send(request("POST", early)); status != http.StatusOK {
		t.Errorf("got %d:\n%s", status, text)
	}
	holds(t, bob, 3_00)
	submit("do=clear")
	w.turned("GET", "faults", "", `{"faults":[]}`)

	// The sandbox refuses controls of another site or another machine.
	forged := url.Values{"do": {"reset"}, "token": {token()}}
	cross := request("POST", forged)
	cross.Header.Set("Origin", "https://evil.example")
	behind := request("POST", forged)
	behind.Header.Set("X-Forwarded-For", "192.0.2.1")
	guessed := request("POST", url.Values{"do": {"reset"}, "token": {"x"}})
	for _, r := range []*http.Request{cross, behind, guessed} {
		if status, text := send(r); status != http.StatusForbidden {
			t.Errorf("got %d:\n%s", status, text)
		}
	}
	holds(t, ann, 8_50)
	before := url.Values{"do": {"deposit"}, "account": {"4711"}, "amount": {"1"}, "token": {token()}}
	if status, _ := submit("do=reset"); status != http.StatusOK {
		t.Errorf("got %d", status)
	}
	if _, err := w.FindBuyer("Ann"); !errors.Is(err, sandbox.ErrNotFound) {
		t.Errorf("after a reset: got %v", err)
	}
	if status, text := send(request("POST", before)); status != http.StatusGone || !strings.Contains(text, "The sandbox was reset") {
		t.Errorf("a form of before the reset: got %d:\n%s", status, text)
	}
	w.holds(1000_00)
}
