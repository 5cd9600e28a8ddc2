package frontend_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// handover returns what a popup's script posts to its opener, and to which origin.
func (a response) handover() (token, origin string) {
	a.t.Helper()
	i := slices.IndexFunc(a.elements, func(e element) bool { return e.attrs["id"] == "handover" })
	if i < 0 {
		a.t.Fatalf("%s: the popup has nothing to hand over:\n%s", a.call, a.body)
	}
	return a.elements[i].attrs["data-token"], a.elements[i].attrs["data-origin"]
}

func (a response) has(name, attr, value string) bool {
	return slices.ContainsFunc(a.elements, func(e element) bool { return e.name == name && e.attrs[attr] == value })
}

func TestPopupHandsOver(t *testing.T) {
	s := newSite(t)
	object, path := s.essay()
	hostile := "</div><script>alert(1)</script>\"'&\u2028\x00"
	for query, want := range map[string]string{
		"": "the order's", "?context=": "", "?context=a+b": "a b", "?context=" + url.QueryEscape(hostile): hostile,
	} {
		a := s.submit("/popup" + path + query).is(http.StatusOK).says("Paid")
		token, origin := a.handover()
		c := must[vingd.Callback](t)(vingd.ParseToken([]byte(token)))
		if c.Object != object || c.Context != want || origin != "http://localhost:666" {
			t.Errorf("%q: got %+v for %s", query, c, origin)
		}
		var raw struct{ Oid, Tid any }
		if err := json.Unmarshal([]byte(token), &raw); err != nil || raw.Oid != strconv.Itoa(int(object)) || raw.Tid != string(c.Token) {
			t.Errorf("%q: got %s, %v", query, token, err)
		}
		if !a.has("script", "src", "/assets/popup.js") || !strings.Contains(a.header.Get("Content-Security-Policy"), "script-src 'self'") {
			t.Errorf("the popup's script does not run: %v", a.header)
		}
		// Without JavaScript there is a link.
		back := "http://localhost:666/?page=1&oid=" + strconv.Itoa(int(object)) + "&tid=" + string(c.Token)
		if query != "" {
			back += "&context=" + url.QueryEscape(want)
		}
		back += jsonToken(object, string(c.Token))
		a.leads(back)
		if p := s.bought(must[*url.URL](t)(url.Parse(back))); p.Buyer != s.ann {
			t.Errorf("got %+v", p)
		}
	}
}

func TestPopupWithoutContext(t *testing.T) {
	s := newSite(t)
	object := must[vingd.ObjectID](t)(s.CreateObject(s.seller, broker.Description{Name: "x", URL: "HTTPS://Shop.example:443/a"}))
	order := must[vingd.OrderID](t)(s.CreateOrder(s.seller, object, broker.NewOrder{}))
	token, origin := s.submit("/popup/orders/" + strconv.Itoa(int(order)) + "/add").is(http.StatusOK).handover()
	if !strings.Contains(token, `"context":null`) || origin != "https://shop.example" {
		t.Errorf("got %s for %s", token, origin)
	}
}

// A popup knows the origin of the page that opened it, if the browser tells, and keeps it on the way.
func TestPopup_OpenedFrom(t *testing.T) {
	s := newSite(t)
	path := "/popup" + s.lastingOrder() + "?context=a%20b"
	form := func(a response) (action string) {
		t.Helper()
		i := slices.IndexFunc(a.is(http.StatusOK).elements, func(e element) bool { return e.name == "form" && e.attrs["method"] == "post" })
		return a.elements[i].attrs["action"]
	}
	for referrer, want := range map[string]string{
		"": "", "about:blank": "", s.address + "/": "", "http://localhost:666/essay?page=1": "http://localhost:666",
		"http://127.0.0.1:666/": "http://127.0.0.1:666", "HTTPS://Shop.Example:443/": "https://shop.example",
	} {
		a := s.do(http.MethodGet, path, nil, http.Header{"Referer": {referrer}})
		action := path
		if want != "" {
			action += "&opener=" + url.QueryEscape(want)
			if !a.has("input", "name", "opener") { // of a search for buyers
				t.Errorf("%q: the search loses the origin:\n%s", referrer, a.body)
			}
		}
		if got := form(a); got != action {
			t.Errorf("%q: the form leads to %s, want %s", referrer, got, action)
		}
		if got := form(s.do(http.MethodGet, action, nil, http.Header{"Referer": {"http://elsewhere.example/"}})); want != "" && got != action {
			t.Errorf("%q: opened again, the form leads to %s, want %s", referrer, got, action)
		}
		fields := a.fields("buyer", "new", "balance", "9")
		paid := s.post(action, fields).is(http.StatusOK)
		i := slices.IndexFunc(paid.elements, func(e element) bool { return e.attrs["id"] == "handover" })
		if got := paid.elements[i].attrs["data-opener"]; got != want || paid.has("p", "id", "astray") != (want != "") {
			t.Errorf("%q: the popup was opened from %q, want %q:\n%s", referrer, got, want, paid.body)
		}
		s.clock.advance(time.Second)
		s.post(action, fields).is(http.StatusConflict).leads(action)
	}
	a := s.do(http.MethodGet, strings.TrimPrefix(path, "/popup"), nil, http.Header{"Referer": {"http://127.0.0.1/"}})
	if got := form(a); strings.Contains(got, "opener") {
		t.Errorf("a page that is no popup leads to %s", got)
	}
}

// A popup that has nothing to hand over closes, and has a way on for when it cannot.
func TestPopupCancelled(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	a := s.submit("/popup"+path, "do", "cancel").is(http.StatusOK).says("Cancelled").leads("http://localhost:666/?page=1")
	if a.has("div", "id", "handover") || !a.has("script", "src", "/assets/popup.js") {
		t.Errorf("got %s", a.body)
	}
	s.holds(s.ann, 10_00)
}

func TestPopup_NewAndPoor(t *testing.T) {
	s := newSite(t)
	_, path := s.order("A castle", "http://localhost/", 50_00)
	path = "/popup" + path
	s.submit(path, "buyer", strconv.Itoa(int(s.ann))).is(http.StatusPaymentRequired).says("Ann has too little: 10.00 vingds, and the price is 50.00.")
	s.submit(path, "buyer", "new", "name", "Rich", "balance", "60", "anonymous", "yes").is(http.StatusOK).handover()
	s.submit(path, "buyer", "new", "name", "", "balance", "60").is(http.StatusBadRequest).says("The name of a new buyer must have 1 to 80 characters")
}
