package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// pathTime returns a time as paths have it.
func pathTime(t time.Time) string { return t.UTC().Format("20060102T150405") + "%2B0000" }

func TestObjects(t *testing.T) {
	w := newWorld(t)
	start := w.clock.Now()
	var made []int64
	for range 4 {
		made = append(made, w.object())
		w.clock.Advance(time.Minute)
	}
	stranger := other(t, w)
	stranger.object()
	if result := string(seller(t, w, sandbox.Seller{Username: "empty"}).call("GET", "registry/objects", nil).is(http.StatusOK).Data); result != "[]" {
		t.Errorf("a seller without objects has %s, want []", result)
	}
	after := func(d time.Duration) string { return pathTime(start.Add(d)) }
	tests := []struct {
		filter string
		want   []int64
	}{
		{"", made},
		{"/first=2", made[:2]},
		{"/last=1", made[3:]},
		{"/first=3/last=2", made[2:3]},
		{"/first=1/last=1", nil},
		{"/first=9", made},
		{"/since=" + after(time.Minute), made[1:]}, // whole seconds: the second object is a fraction newer
		{"/since=" + after(61*time.Second), made[2:]},
		{"/until=" + after(time.Minute), made[:1]},
		{"/until=" + after(2*time.Minute) + "/since=" + after(time.Second), made[1:2]},
		{"/since=" + after(time.Second) + "/first=1", made[1:2]},
	}
	for _, test := range tests {
		var got []int64
		for _, o := range as[[]struct{ OID int64 }](w.call("GET", "registry/objects"+test.filter, nil)) {
			got = append(got, o.OID)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q: got %v, want %v", test.filter, got, test.want)
		}
	}
	one := fmt.Sprintf("registry/objects/%d", made[1])
	w.call("GET", one+"/since="+after(0), nil).is(http.StatusOK)
	w.call("GET", one+"/since="+after(0)+"/first=1/last=1", nil).is(http.StatusOK)
	w.call("GET", one+"/since="+after(2*time.Minute), nil).is(http.StatusNotFound)
	w.call("GET", one+"/until="+after(0), nil).is(http.StatusNotFound)
	stranger.call("GET", one, nil).is(http.StatusNotFound)
	w.call("GET", fmt.Sprintf("registry/objects/%d", made[3]+100), nil).is(http.StatusNotFound)
}

func TestUpdateObject(t *testing.T) {
	w := newWorld(t)
	oid := w.object()
	w.clock.Advance(time.Minute)
	path := fmt.Sprintf("registry/objects/%d", oid)
	body := json.RawMessage(`{"description": {"name": "日本語 \u0000 💰", "url": "https://example.com/č", "class": 0, "more": {"a": [1, null]}}}`)
	if got := as[ids](w.call("PUT", path+"/", body)).Oids; !slices.Equal(got, []int64{oid}) {
		t.Errorf("got %v", got)
	}
	got := as[struct {
		Created     string `json:"timestamp_created"`
		Modified    string `json:"timestamp_modified"`
		Description struct {
			Name, URL string
			Class     *int
			More      struct{ A []*int }
		}
	}](w.call("GET", path, nil))
	d := got.Description
	if got.Created != "2026-01-02T03:04:05.678901+00:00" || got.Modified != "2026-01-02T03:05:05.678901+00:00" ||
		d.Name != "日本語 \x00 💰" || d.URL != "https://example.com/č" || d.Class == nil || len(d.More.A) != 2 {
		t.Errorf("got %+v", got)
	}
	other(t, w).call("PUT", path+"/", body).is(http.StatusNotFound)
}

// A description is returned as it was sent, with every digit of its numbers.
func TestObject_Numbers(t *testing.T) {
	w := newWorld(t)
	const numbers = `"a":9007199254740993,"b":-0.10,"c":1e400,"d":[12345678901234567890,1.0]`
	oid := as[ids](w.call("POST", "registry/objects", json.RawMessage(`{"description":{`+numbers+`,"url":"http://localhost/","name":"x <é>"}}`))).Oids[0]
	for _, path := range []string{"registry/objects", fmt.Sprintf("registry/objects/%d", oid)} {
		if raw := string(w.call("GET", path, nil).is(http.StatusOK).raw); !strings.Contains(raw, numbers) {
			t.Errorf("GET %s: got %s, want %s", path, raw, numbers)
		}
	}
	// A description must have the keys name and url, in lower case.
	for _, d := range []string{`{"Name":"x","url":"http://localhost/"}`, `{"name":"x","URL":"http://localhost/"}`, `{"name":"x","url":"http://localhost/","Url":5,"text":7}`} {
		want := http.StatusBadRequest
		if strings.Contains(d, "text") {
			want = http.StatusOK
		}
		w.call("POST", "registry/objects", json.RawMessage(`{"description":`+d+`}`)).is(want)
	}
}

func TestOrders(t *testing.T) {
	w := newWorld(t)
	a, b := w.object(), w.object()
	old := w.order(a, 1)
	w.clock.Advance(10 * time.Minute)
	young, elsewhere := w.order(a, 2), w.order(b, 3)
	w.clock.Advance(5 * time.Minute) // the first order expires at this very moment
	lists := []struct {
		path string
		want []vingd.OrderID
	}{
		{"orders/", []vingd.OrderID{young, elsewhere}},
		{"orders/all/", []vingd.OrderID{old, young, elsewhere}},
		{fmt.Sprintf("objects/%d/orders/", a), []vingd.OrderID{young}},
		{fmt.Sprintf("objects/%d/orders/all/", a), []vingd.OrderID{old, young}},
	}
	for _, test := range lists {
		var got []vingd.OrderID
		for _, o := range as[[]struct{ ID vingd.OrderID }](w.call("GET", test.path, nil)) {
			got = append(got, o.ID)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.path, got, test.want)
		}
	}
	statuses := map[string]int{
		fmt.Sprintf("orders/%d", young):                   200,
		fmt.Sprintf("orders/%d", old):                     404,
		fmt.Sprintf("orders/all/%d", old):                 200,
		fmt.Sprintf("objects/%d/orders/%d", a, young):     200,
		fmt.Sprintf("objects/%d/orders/%d", b, young):     404,
		fmt.Sprintf("objects/%d/orders/%d", a, old):       404,
		fmt.Sprintf("objects/%d/orders/all/%d", a, old):   200,
		fmt.Sprintf("objects/%d/orders/all/%d", b, old):   404,
		fmt.Sprintf("objects/%d/orders/", elsewhere+1000): 404,
	}
	for path, want := range statuses {
		w.call("GET", path, nil).is(want)
	}
	other(t, w).call("GET", fmt.Sprintf("orders/%d", young), nil).is(http.StatusNotFound)
	o := as[struct {
		OID, Price int64
		Context    string
		Expires    string `json:"order_expires"`
	}](w.call("GET", fmt.Sprintf("orders/%d", young), nil))
	if o.OID != a || o.Price != 2 || o.Context != "ctx" || o.Expires != "2026-01-02T03:29:05.678901+00:00" {
		t.Errorf("got %+v", o)
	}
}

func TestVoucherLists(t *testing.T) {
	w := newWorld(t)
	start := w.clock.Now()
	ann := w.buyer("Ann", 0)
	var made []string
	var vid []int64
	for i := range 4 {
		v := w.voucher(1, []any{nil, "g", "g", nil}[i])
		made, vid = append(made, v.VIDEncoded), append(vid, v.VID)
		w.clock.Advance(time.Minute)
	}
	if _, err := ann.Redeem(vingd.VoucherCode(made[1])); err != nil {
		t.Fatal(err)
	}
	revoke(w, "vouchers/"+made[2])
	until := func(d time.Duration) string { return pathTime(start.Add(time.Hour + d)) }
	sorted := func(codes ...string) []string { slices.Sort(codes); return codes }
	tests := []struct {
		filter string
		want   []string
	}{
		{"", sorted(slices.Clone(made)...)},
		{"/first=4", made},
		{"/last=3", made[1:]},
		{"/gid=g", sorted(made[1], made[2])},
		{"/gid=g/last=1", made[2:3]},
		{"/gid=other", nil},
		{fmt.Sprintf("/from=%d/first=1", w.Seller()), made[:1]},
		{fmt.Sprintf("/from=%d", ann.UID()), nil},
		{fmt.Sprintf("/to=%d", ann.UID()), made[1:2]},
		{"/valid_after=" + until(2*time.Minute) + "/first=9", made[2:]},
		{"/valid_before=" + until(2*time.Minute) + "/first=9", made[:2]},
	}
	for _, test := range tests {
		var got []string
		for _, v := range as[[]voucher](w.call("GET", "vouchers"+test.filter, nil)) {
			got = append(got, v.VIDEncoded)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q: got %v, want %v", test.filter, got, test.want)
		}
	}
	w.call("GET", "vouchers/"+made[1]+"/gid=g", nil).is(http.StatusOK)
	w.call("GET", "vouchers/"+made[1]+"/gid=h", nil).is(http.StatusNotFound)
	w.call("GET", "vouchers/history/BCDF-GHJ-KLM", nil).is(http.StatusNotFound)
	other(t, w).call("GET", "vouchers/"+made[1], nil).is(http.StatusNotFound)

	for filter, want := range map[string][]string{
		"":                               {"add", "add", "add", "add", "use", "revoke"},
		"/action=use":                    {"use"},
		"/last=2":                        {"use", "revoke"},
		"/first=5/last=2":                {"use"},
		"/" + made[2]:                    {"add", "revoke"},
		"/" + made[2] + "/action=revoke": {"revoke"},
		fmt.Sprintf("/vid=%d", vid[1]):   {"add", "use"},
		fmt.Sprintf("/to=%d", ann.UID()): {"use"},
		"/gid=g":                         {"add", "add", "use", "revoke"},
		"/create_after=" + pathTime(w.clock.Now()):  {"use", "revoke"},
		"/create_before=" + pathTime(w.clock.Now()): {"add", "add", "add", "add"},
		"/valid_before=" + until(time.Minute):       {"add"},
	} {
		if got := history(w, filter); !slices.Equal(got, want) {
			t.Errorf("history%s: got %v, want %v", filter, got, want)
		}
	}
}

func TestTransfers(t *testing.T) {
	w := newWorld(t)
	huid := *as[purchase](w.call("GET", w.pay(w.buyer("Ann", 500), w.order(w.object(), 0)), nil)).HUID
	w.clock.Advance(time.Minute)
	w.call("POST", "rewards", map[string]any{"huid_to": huid, "amount": 5, "description": "č"}).is(http.StatusOK)
	w.voucher(7, nil)
	type transfer struct {
		ID, Amount  int64
		From        int64 `json:"uid_from"`
		To          int64 `json:"uid_to"`
		Proxy       int64 `json:"uid_proxy"`
		Description string
	}
	list := func(filter string) []transfer {
		t.Helper()
		return as[[]transfer](w.call("GET", "fort/transfers"+filter, nil))
	}
	me := int64(w.Seller())
	out := list(fmt.Sprintf("/from=%d", me))
	if len(out) != 2 || out[0].Amount != 5 || out[0].From != me || out[0].Proxy != 1 ||
		out[0].Description != `{"class":6,"message":"č"}` || out[1].Amount != 7 {
		t.Errorf("got %+v", out)
	}
	in := list(fmt.Sprintf("/to=%d", me))
	if len(in) != 1 || in[0].Amount != 1000_00 || in[0].Description != `{"class":5}` {
		t.Errorf("got %+v", in)
	}
	if got := list(fmt.Sprintf("/from=%d/to=%d", me, out[0].To)); len(got) != 1 || got[0] != out[0] {
		t.Errorf("got %+v", got)
	}
	if got := list(fmt.Sprintf("/from=%d/last=1", me)); len(got) != 1 || got[0] != out[1] {
		t.Errorf("got %+v", got)
	}
	if got := list(fmt.Sprintf("/to=%d/since=%s", me, pathTime(w.clock.Now()))); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	w.call("GET", "fort/transfers", nil).is(http.StatusBadRequest)
	w.call("GET", "fort/transfers/first=1", nil).is(http.StatusBadRequest)
	w.call("GET", fmt.Sprintf("fort/transfers/from=%d", out[0].To), nil).is(http.StatusForbidden)
}
