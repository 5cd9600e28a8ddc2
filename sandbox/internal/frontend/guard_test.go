package frontend_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/frontend"
	"github.com/vingd/vingd-api-go/vingd"
)

func TestForm_OfAnotherPage(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	_, otherPath := s.essay()
	voucher := "/vouchers/" + s.code(broker.NewVoucher{Amount: 1})
	another := "/popup/vouchers/" + s.code(broker.NewVoucher{Amount: 1})
	for _, path := range []string{path, "/popup" + path, voucher, another} {
		before := must[vingd.Cents](t)(s.Balance(s.ann))
		mine := s.get(path).fields()
		token := mine.Get("token")
		refuse := func(why string, a response) {
			t.Helper()
			a.is(http.StatusForbidden).says("Nothing was done now.").leads(path)
			if t.Failed() {
				t.Fatalf("%s: %s", path, why)
			}
		}
		with := func(token string) url.Values {
			fields := s.get(path).fields()
			fields.Set("token", token)
			return fields
		}
		flipped := "A"
		if strings.HasPrefix(token, flipped) {
			flipped = "B"
		}
		for why, token := range map[string]string{
			"no token": "", "short": "AAAA", "not base64": "!!!", "cut": token[:len(token)-4], "long": token + "AAAA",
			"another time": flipped + token[1:], "another nonce": token[:20] + flipped + "_" + token[22:], "spaced": token[:4] + "\n" + token[4:],
			"of another page":    s.get(otherPath).fields().Get("token"),
			"of another browser": s.otherBrowser().get(path).fields().Get("token"),
		} {
			refuse(why, s.post(path, with(token)))
		}
		refuse("without the cookie", s.otherBrowser().post(path, mine))
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			refuse(name, s.do(http.MethodPost, path, strings.NewReader(mine.Encode()),
				http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, name: {value}}))
		}
		s.holds(s.ann, before)
		if a := s.post(path, mine); a.status >= 400 { // it was good all the time
			t.Errorf("%s: got %d", path, a.status)
		}
	}
	s.holds(s.ann, 6_02)
}

// A browser says where a form comes from, and that is allowed.
func TestFormsFromHere(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	fields := s.get(path).fields()
	s.do(http.MethodPost, path, strings.NewReader(fields.Encode()), http.Header{
		"Content-Type": {"application/x-www-form-urlencoded; charset=UTF-8"}, "Sec-Fetch-Site": {"same-origin"}, "Origin": {s.address},
	}).is(http.StatusSeeOther)
}

func TestCookie(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	cookie := s.get(path).header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "__Host-vingd-sandbox=") || !strings.HasSuffix(cookie, "; Path=/; HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("got %s", cookie)
	}
	if again := s.get(path).header.Get("Set-Cookie"); again != "" {
		t.Errorf("the cookie is set again: %s", again)
	}
	recorder := httptest.NewRecorder()
	frontend.New(s.Broker).ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	cookie = recorder.Header().Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "vingd-sandbox=") || !strings.HasSuffix(cookie, "; Path=/; HttpOnly; SameSite=Lax") {
		t.Errorf("without TLS, got %s", cookie)
	}
	if cookie := s.get("/").header.Get("Set-Cookie"); cookie != "" {
		t.Errorf("a page without a form sets %s", cookie)
	}
}

// A form that is submitted again, by a second click or a reload, tells what the first did, and does nothing.
func TestSubmittedTwice(t *testing.T) {
	const clicks = 8
	s := newSite(t)
	_, path := s.essay()
	tests := []struct {
		path    string
		changes []string
		told    func(response) string
	}{
		{path, nil, func(a response) string { return a.location().String() }},
		{path, []string{"buyer", "new"}, func(a response) string { return a.location().String() }},
		{"/popup" + path, []string{"buyer", strconv.Itoa(int(s.ann))}, func(a response) string { token, _ := a.is(http.StatusOK).handover(); return token }},
		{"/vouchers/" + s.code(broker.NewVoucher{Amount: 1}), []string{"buyer", "new"}, func(a response) string { return a.is(http.StatusOK).says("Redeemed").body }},
		{path, []string{"buyer", "new", "balance", "1"}, func(a response) string { a.is(http.StatusPaymentRequired); return "" }},
	}
	for _, test := range tests {
		before := s.totals()
		fields := s.get(test.path).fields(test.changes...)
		told := make([]string, clicks)
		var done sync.WaitGroup
		for i := range told {
			done.Go(func() { told[i] = test.told(s.post(test.path, fields)) })
		}
		done.Wait()
		for _, another := range told[1:] {
			if another != told[0] {
				t.Errorf("%s: told %s and %s", test.path, told[0], another)
			}
		}
		after := s.totals()
		if after.Purchases-before.Purchases > 1 || after.Accounts-before.Accounts > 1 || after.Transfers-before.Transfers > 2 {
			t.Errorf("%s %v: from %+v to %+v", test.path, test.changes, before, after)
		}
	}
	s.holds(s.ann, 6_00)
}

// A browser that goes back may show a page with its used form. The form does nothing more then, whatever was changed
// in it, and says what it did.
func TestForm_ChangedAfterBack(t *testing.T) {
	s := newSite(t)
	bob := must[vingd.UID](t)(s.AddBuyer("Bob", 10_00))
	changes := [][]string{
		{"buyer", strconv.Itoa(int(bob))}, {"anonymous", "yes"}, {"do", "cancel"}, {"buyer", strconv.Itoa(int(bob)), "do", "cancel"},
		{"anonymous", "yes", "do", "cancel"}, {"buyer", "new", "name", "Eve", "balance", "9"}, {"buyer", "new", "name", ""}, {"buyer", "x"},
	}
	changed := func(fields url.Values, changes []string) url.Values {
		other := maps.Clone(fields)
		for pair := range slices.Chunk(changes, 2) {
			other.Set(pair[0], pair[1])
		}
		return other
	}
	_, path := s.essay()
	voucher := "/vouchers/" + s.code(broker.NewVoucher{Amount: 1})
	for _, window := range []string{"", "/popup"} {
		fields := s.get(window+path).fields("buyer", strconv.Itoa(int(s.ann)))
		s.post(window+path, fields).paid()
		for _, change := range changes { // within the same second
			s.post(window+path, changed(fields, change)).is(http.StatusConflict).says("Paid before").says("Ann paid 2.00 vingds").leads(window + path)
		}
	}
	fields := s.get(voucher).fields("buyer", strconv.Itoa(int(s.ann)))
	s.post(voucher, fields).is(http.StatusOK).says("Redeemed")
	for _, change := range changes {
		if change[0] != "anonymous" && change[len(change)-1] != "cancel" {
			s.post(voucher, changed(fields, change)).is(http.StatusOK).says("Redeemed before").says("went to Ann")
		}
	}
	s.holds(s.ann, 6_01)
	s.holds(bob, 10_00)
	if n := s.totals().Accounts; n != 3 {
		t.Errorf("there are %d accounts, want the seller, Ann and Bob", n)
	}
	s.submit(path, "buyer", strconv.Itoa(int(bob))).location() // a new form pays
	s.holds(bob, 8_00)
}

// A form is good for an hour, and what it did is remembered that long.
func TestFormsGrowOld(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	s.clock.advance(-24 * time.Hour)
	synctest.Test(t, func(t *testing.T) {
		pages := frontend.New(s.Broker)
		send := func(r *http.Request) *httptest.ResponseRecorder {
			recorder := httptest.NewRecorder()
			pages.ServeHTTP(recorder, r)
			return recorder
		}
		shown := send(httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
		fields := response{elements: parse(t, shown.Body.Bytes())}.fields("buyer", strconv.Itoa(int(s.ann)))
		submit := func() int {
			r := httptest.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader(fields.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Cookie", shown.Header().Get("Set-Cookie"))
			return send(r).Code
		}
		time.Sleep(time.Hour - 2*time.Second) //nolint:forbidigo // the bubble's time costs nothing
		for range 2 {
			if got := submit(); got != http.StatusSeeOther {
				t.Errorf("got %d", got)
			}
		}
		time.Sleep(2 * time.Second) //nolint:forbidigo // see above
		if got := submit(); got != http.StatusForbidden {
			t.Errorf("after an hour: got %d", got)
		}
	})
	s.holds(s.ann, 8_00)
}
