package frontend_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// jsonToken returns the token in the form in which the READMEs of the C#, Java and PHP clients have it in an address.
func jsonToken(object vingd.ObjectID, token string) string {
	return "&token=" + url.QueryEscape(`{"oid":"`+strconv.Itoa(int(object))+`","tid":"`+token+`"}`)
}

// bought verifies what a buyer brought back.
func (s *site) bought(back *url.URL) broker.Purchase {
	s.t.Helper()
	callback := must[vingd.Callback](s.t)(vingd.ParseCallback(back))
	return must[broker.Purchase](s.t)(s.Verify(s.seller, callback.Object, callback.Token))
}

func TestPay(t *testing.T) {
	s := newSite(t)
	object, path := s.essay()
	s.get(path).is(http.StatusOK).says("An essay").says("seller@example.com sells").says("2.00").
		says("2 Jan 2026, 03:19:05 UTC").says("There is no login").says("Ann").says("10.00")
	for _, path := range []string{path, strings.TrimSuffix(path, "/")} {
		back := s.submit(path, "buyer", strconv.Itoa(int(s.ann))).location()
		if got, want := back.String(), "http://localhost:666/?page=1&oid="+strconv.Itoa(int(object))+"&tid="+back.Query().Get("tid")+jsonToken(object, back.Query().Get("tid")); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		p := s.bought(back)
		if p.Buyer != s.ann || p.HUID == "" || p.Price != 2_00 || *p.Context != "the order's" {
			t.Errorf("got %+v", p)
		}
		if err := s.Commit(s.seller, p.ID, p.Transfer); err != nil {
			t.Error(err)
		}
	}
	s.holds(s.ann, 6_00)
	s.holds(s.seller, 1004_00)
}

func TestPayAnonymously(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	if p := s.bought(s.submit(path, "anonymous", "yes").location()); p.Buyer != s.ann || p.HUID != "" {
		t.Errorf("got %+v", p)
	}
}

func TestPay_AddBuyer(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	for written, want := range map[string]vingd.Cents{"2": 0, "2.5": 50, "12,34": 10_34, " 7.00 ": 5_00} {
		p := s.bought(s.submit(path, "buyer", "new", "name", "Bob", "balance", written).location())
		s.holds(p.Buyer, want)
		if v := must[broker.AccountView](t)(s.ViewBuyer(p.Buyer)); v.Name != "Bob" {
			t.Errorf("got %+v", v)
		}
	}
}

// The buyer returns to an address that older integrations put into the address of the order.
func TestReturn(t *testing.T) {
	s := newSite(t)
	_, path := s.order("An essay", "http://Shop.example:80/essay?oid=9&context=old&a=b%20c&tid=8#top", 0)
	tests := []struct{ query, want string }{
		{"", "http://Shop.example:80/essay?context=old&a=b%20c&oid=_&tid=_#top"},
		{"context=", "http://Shop.example:80/essay?a=b%20c&oid=_&tid=_&context=#top"},
		{"context=a%26tid%3Db+%C4%8D%0A", "http://Shop.example:80/essay?a=b%20c&oid=_&tid=_&context=a%26tid%3Db+%C4%8D%0A#top"},
		{"object_url=http%3A%2F%2Fshop.example%2Fother%3Fx%26oid%3D1", "http://shop.example/other?x&oid=_&tid=_"},
		{"object_url=HTTP%3A%2F%2FSHOP.example", "http://SHOP.example?oid=_&tid=_"},
	}
	for _, elsewhere := range []string{
		"https://shop.example/", "http://shop.example:81/", "http://shop.example.evil/", "http://evil/", "//evil/", "/other", "",
		"javascript:alert(1)", "data:text/html,x", "http://shop.example@evil/", "http://evil@shop.example/", "http://evil\\@shop.example/", " http://evil/", "http://",
	} {
		tests = append(tests, struct{ query, want string }{"object_url=" + url.QueryEscape(elsewhere), tests[0].want})
	}
	for _, test := range tests {
		got := s.submit(path + "?" + test.query).location()
		destination, _, _ := strings.Cut(test.want, "?")
		s.get(path + "?" + test.query).says(destination)
		p := s.bought(&url.URL{RawQuery: "oid=" + got.Query().Get("oid") + "&tid=" + got.Query().Get("tid")})
		masked := strings.NewReplacer(jsonToken(p.Object, got.Query().Get("tid")), "", "oid="+strconv.Itoa(int(p.Object)), "oid=_", "tid="+got.Query().Get("tid"), "tid=_").Replace(got.String())
		if masked != test.want {
			t.Errorf("%s: got %s, want %s", test.query, masked, test.want)
		}
	}
}

// The policy of the page allows redirects to any site after the form, because the shop may redirect again.
func TestOrder_FormPolicy(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	for path, want := range map[string]bool{path: true, "/popup" + path: true, "/vouchers/" + s.code(broker.NewVoucher{Amount: 1}): false} {
		policy := s.get(path).header.Get("Content-Security-Policy")
		if strings.HasSuffix(policy, "; form-action 'self' http: https:") != want || !want && !strings.HasSuffix(policy, "; form-action 'self'") {
			t.Errorf("%s: got %s", path, policy)
		}
	}
}

func TestCancel(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	shop := "http://localhost:666/?page=1"
	for query, want := range map[string]string{
		"": shop, "?site_url=http%3A%2F%2Flocalhost%3A666%2Fshelf": "http://localhost:666/shelf",
		"?site_url=http%3A%2F%2Fevil%2F": shop, "?site_url=javascript%3Aalert(1)": shop, "?context=x": shop,
	} {
		s.submit(path+query, "do", "cancel").is(http.StatusOK).says("Cancelled").says("Nothing was paid").leads(want)
	}
	s.holds(s.ann, 10_00)
	if n := s.totals().Purchases; n != 0 {
		t.Errorf("there are %d purchases", n)
	}
}

func TestOrder_Expired(t *testing.T) {
	for _, window := range []string{"", "/popup"} {
		s := newSite(t)
		_, path := s.essay()
		path = window + path
		shown := s.get(path).fields()
		s.clock.advance(15 * time.Minute)
		for range 2 {
			s.get(path).is(http.StatusGone).says("expired on 2 Jan 2026, 03:19:05 UTC").leads("http://localhost:666/?page=1")
			s.post(path, shown).is(http.StatusGone).leads("http://localhost:666/?page=1")
		}
		s.holds(s.ann, 10_00)
	}
}

func TestEmptyPurse(t *testing.T) {
	s := newSite(t)
	_, path := s.order("A castle", "http://localhost/", 50_00)
	a := s.submit(path, "buyer", strconv.Itoa(int(s.ann))).is(http.StatusPaymentRequired).says("Ann has too little: 10.00 vingds, and the price is 50.00.")
	s.holds(s.ann, 10_00)
	// The page is a form again: the new buyer has enough.
	p := s.bought(s.post(path, a.fields("buyer", "new", "name", "Rich", "balance", "60")).location())
	s.holds(p.Buyer, 10_00)
	s.submit(path, "buyer", "new", "name", "Poor", "balance", "1").is(http.StatusPaymentRequired).says("Poor has too little: 1.00 vingds, and the price is 50.00.")
}

func TestNoSuchOrder(t *testing.T) {
	s := newSite(t)
	for path, status := range map[string]int{
		"/orders/99/add/": 404, "/popup/orders/99/add/": 404, "/orders/9223372036854775807/add": 404,
		"/orders/0/add/": 400, "/orders/-1/add/": 400, "/orders/01/add/": 400, "/orders/x/add/": 400, "/orders/9223372036854775808/add/": 400,
		"/popup/orders/%3Cb%3E/add/": 400, "/orders/1/add/?context=%zz": 400, "/orders/1/add/?a;b": 400,
		"/orders/1": 404, "/orders/1/add/x": 404, "/nothing": 404, "/assets/nothing": 404, "/assets/REDOC.md": 404, "/popup/": 404, "/vouchers/": 404,
	} {
		s.get(path).is(status).leads("/")
	}
}

// An account with a login cannot pay, nor can one of the broker's own.
func TestPay_NotABuyer(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	for _, uid := range []vingd.UID{broker.Mint, broker.Reserve, broker.Proxy, s.seller, 99} {
		s.submit(path, "buyer", strconv.Itoa(int(uid))).is(http.StatusBadRequest).says("There is no buyer with account " + strconv.Itoa(int(uid)))
	}
	s.get("/orders/99/add/").is(http.StatusNotFound)
	s.holds(s.seller, 1000_00)
	if n := s.totals().Purchases; n != 0 {
		t.Errorf("there are %d purchases", n)
	}
}

// The page of an order chooses the newest buyer who can pay, and a new one if none can.
func TestOrder_ChoosesWhoCanPay(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	poor := must[vingd.UID](t)(s.AddBuyer("Poor", 1))
	chosen := func(uid string) string { return `value="` + uid + `" checked="checked"` }
	text := s.get(path).is(http.StatusOK).body
	if !strings.Contains(text, chosen(strconv.Itoa(int(s.ann)))) || strings.Contains(text, chosen(strconv.Itoa(int(poor)))) {
		t.Errorf("Ann, who can pay, is not chosen:\n%s", text)
	}
	_, dear := s.order("A castle", "http://localhost/", 1000_00)
	if text := s.get(dear).is(http.StatusOK).body; !strings.Contains(text, chosen("new")) {
		t.Errorf("a new buyer is not chosen:\n%s", text)
	}
}
