package paywall_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A buyer is served on the clean page, reloads, and pays once.
func TestSell_FirstPurchase(t *testing.T) {
	for _, require := range []bool{false, true} {
		s := newShop(t, func(o *paywall.Options) { o.RequireCommit = require })
		ann := s.Buyer("Ann", 5_00)
		b := s.browser(ann, true)
		back := b.pay()
		v := b.open(back)
		v.is(t, http.StatusOK, "Here is the article.")
		if v.at.RawQuery != "page=1" || v.at.Path != "/article" {
			t.Errorf("the buyer ends on %v", v.at)
		}
		if v.header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("the header is %v", v.header)
		}
		b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
		b.open(back).is(t, http.StatusOK, "Here is the article.")
		s.holds(ann, 3_00)
		b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
		b.open(back).is(t, http.StatusOK, "Here is the article.")
		if n := s.wire.count("GET/tokens/"); n != 1 {
			t.Errorf("the token was verified %d times", n)
		}
		if n := s.wire.count("PUT/purchases/"); n != 1 {
			t.Errorf("the purchase was committed %d times", n)
		}
	}
}

// A browser that keeps no cookies is served at the address with the token, for five minutes.
func TestSell_WithoutCookies(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, false)
	back := b.pay()
	for range 2 {
		v := b.open(back)
		v.is(t, http.StatusOK, "Here is the article.")
		if v.header.Get("Cache-Control") != "no-store" || v.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("the header is %v", v.header)
		}
		s.settled()
		s.Advance(4*time.Minute + 59*time.Second)
	}
	s.Advance(time.Second)
	b.open(back).is(t, http.StatusForbidden, "cannot be used")
	s.holds(ann, 3_00)
}

// A token gives access to the browser that it was made due for. It gives none to another browser, which is served at the
// address with the token only, and not for long.
func TestSell_OtherBrowser(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b, other := s.browser(ann, true), s.browser(ann, true)
	back := b.pay()
	other.open("/article?vingd=buy") // it gets a cookie of its own
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	if v := other.open(back); v.status != http.StatusOK || !strings.Contains(v.at.RawQuery, "tid=") {
		t.Errorf("another browser gets %d at %v", v.status, v.at)
	}
	if v := other.open("/article?page=1"); v.status != http.StatusPaymentRequired {
		t.Errorf("another browser gets %d %s on the clean page", v.status, v.body)
	}
	s.Advance(5 * time.Minute)
	other.open(back).is(t, http.StatusForbidden, "cannot be used")
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 3_00)
}

// Before a token is due, any browser may present it. The one that it is made due for keeps it.
func TestSell_PresentedTwiceBeforeDue(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b, other := s.browser(ann, true), s.browser(ann, true)
	back := b.pay()
	other.open("/article?vingd=buy")
	for _, browser := range []*browser{b, other} {
		browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		if v := browser.open(back); v.status != http.StatusSeeOther {
			t.Errorf("a browser gets %d %s", v.status, v.body)
		}
	}
	other.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	if v := b.open("/article?page=1&vingd=buy"); v.status != http.StatusSeeOther || !strings.HasPrefix(v.header.Get("Location"), s.Frontend()) {
		t.Errorf("the slower browser gets %d %v", v.status, v.header)
	}
	s.holds(ann, 3_00)
}

// Access ends with AccessFor, and the page can be bought again.
func TestSell_AccessEnds(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) { o.AccessFor = time.Hour })
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	first := b.pay()
	b.open(first).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	s.Advance(time.Hour - time.Second)
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	s.Advance(2 * time.Second)
	if v := b.open("/article?page=1"); v.status != http.StatusPaymentRequired {
		t.Errorf("after AccessFor the buyer gets %d %s", v.status, v.body)
	}
	b.open(first).is(t, http.StatusForbidden, "cannot be used")
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 1_00)
}

// A purchase that a buyer makes while they have access is not verified, and not charged.
func TestSell_BoughtAlready(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	first, second := b.pay(), b.pay()
	b.open(first).is(t, http.StatusOK, "Here is the article.")
	b.open(second).is(t, http.StatusOK, "Here is the article.")
	if n := s.wire.count("GET/tokens/"); n != 1 {
		t.Errorf("%d tokens were verified", n)
	}
	s.holds(ann, 3_00)
}

// HEAD and prefetches charge nothing, whether the token was presented or not, nor does a POST.
func TestSell_ChargesOnlyGET(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if v := b.open(back); v.status != http.StatusSeeOther {
		t.Fatalf("the buyer gets %d %s", v.status, v.body)
	}
	if v := b.send(http.MethodHead, "/article?page=1"); v.status != http.StatusOK {
		t.Errorf("HEAD gets %d", v.status)
	}
	if v := b.send(http.MethodPost, "/article?page=1"); v.status != http.StatusPaymentRequired {
		t.Errorf("POST gets %d", v.status)
	}
	for _, header := range [][]string{{"Sec-Purpose", "prefetch"}, {"Purpose", "prefetch"}, {"X-Moz", "prefetch"}, {"X-Purpose", "preview"}} {
		if v := b.open("/article?page=1", header...); v.status != http.StatusPaymentRequired {
			t.Errorf("with %q, a prefetch gets %d", header, v.status)
		}
	}
	if n := s.wire.count("PUT/purchases/"); n != 0 || s.count(paywall.StateVerified) != 1 {
		t.Errorf("it was committed %d times", n)
	}
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	b.open("/article?page=1", "Purpose", "prefetch").is(t, http.StatusOK, "Here is the article.")
	if v := b.send(http.MethodPost, "/article?page=1"); v.status != http.StatusOK {
		t.Errorf("POST gets %d", v.status)
	}
	s.holds(ann, 3_00)
}

// A cookie is accepted by this host only, by HTTPS, and not seen by scripts. It lasts as long as access.
func TestSell_CookieAttributes(t *testing.T) {
	s := newShop(t)
	response := s.browser(nil, false).open("/article?vingd=buy")
	cookies := (&http.Response{Header: response.header}).Cookies()
	if len(cookies) != 2 {
		t.Fatalf("got %v", cookies)
	}
	c := cookies[0]
	if c.Name != "__Host-vingd-"+c.Value[:8] || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" ||
		c.MaxAge != int((paywall.DefaultAccess+24*time.Hour)/time.Second) || len(c.Value) != 54 {
		t.Errorf("got %+v", c)
	}
	if c := cookies[1]; c.Name != "__Host-vingd-page" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 3600 {
		t.Errorf("got %+v", c)
	}
	for host, name := range map[string]string{"localhost:80": "vingd", "127.0.0.1": "vingd", "[::1]:8080": "vingd", "news.example": "__Host-vingd"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+"/article?vingd=buy", nil)
		w := httptest.NewRecorder()
		s.wall.Sell(s.offer, s.content).ServeHTTP(w, r)
		if cookies := w.Result().Cookies(); len(cookies) != 2 || cookies[0].Name != name+"-"+cookies[0].Value[:8] || cookies[1].Name != name+"-page" {
			t.Errorf("%s: got %v", host, cookies)
		}
	}
}

// A cookie that the paywall has not made gives nothing, and costs no verification.
func TestSell_ForgedCookies(t *testing.T) {
	s := newShop(t)
	b := s.browser(s.Buyer("Ann", 5_00), true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	good, bare := b.cookie(), s.browser(nil, false)
	bare.open("/article", "Cookie", good.String()).is(t, http.StatusOK, "Here is the article.")
	number, expires, _ := strings.Cut(good.Value, ".")
	forged := []string{
		"", "x", number, number + ".", number + ".x", good.Value[1:], good.Value + "A", good.Value + "=", number + "A." + expires,
		strings.Repeat("A", 43) + "." + expires, strings.Repeat("A", 10_000),
	}
	for i := range number {
		for _, other := range "A0_" {
			if changed := good.Value[:i] + string(other) + good.Value[i+1:]; changed != good.Value {
				forged = append(forged, changed)
			}
		}
	}
	for _, value := range forged {
		if v := bare.open("/article", "Cookie", good.Name+"="+value); v.status != http.StatusPaymentRequired {
			t.Errorf("%.50q gets %d %s", value, v.status, v.body)
		}
	}
	if n := s.wire.count("GET/tokens/"); n != 1 {
		t.Errorf("there were %d verifications", n)
	}
	if strings.Contains(s.log.String(), number) {
		t.Error("the log holds the cookie")
	}
}

// The Cookie header of a buyer with 1 000 purchases is as short as with 100, and opens them all. A purchase that was used
// lately costs no look into the journal.
func TestSell_ManyPurchases(t *testing.T) {
	t.Parallel()
	counting := &countingJournal{Journal: paywall.NewMemory()}
	s := newShop(t, func(o *paywall.Options) { o.Journal = counting })
	ann := s.Buyer("Ann", 2000_00)
	b := s.browser(ann, true)
	purchases := 100
	if endure.Whole() {
		purchases = 1000
	}
	for i := range purchases {
		if _, err := s.Client.Objects.Create(t.Context(), article(s, i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range purchases {
		object, err := s.wall.EnsureObject(t.Context(), article(s, i))
		if err != nil {
			t.Fatal(err)
		}
		s.sells(paywall.Offer{Object: object, Price: 1})
		first := b.open(fmt.Sprintf("/article?page=%d&vingd=buy", i))
		back, err := ann.Pay(orderOf(t, first.header.Get("Location")))
		if err != nil {
			t.Fatal(err)
		}
		b.open(back.String()).is(t, http.StatusOK, "Here is the article.")
	}
	u, err := url.Parse(s.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	length := 0
	for _, cookie := range b.Jar.Cookies(u) {
		length += len(cookie.String()) + 2
	}
	if length > 200 {
		t.Errorf("the Cookie header has %d bytes", length)
	}
	s.settled()
	for _, fresh := range []bool{true, false} { // a process that has just started, and the same a little later
		if fresh {
			s.close()
			s.open()
		}
		finds := counting.finds.Load()
		for i := range purchases {
			object, err := s.wall.EnsureObject(t.Context(), article(s, i))
			if err != nil {
				t.Fatal(err)
			}
			s.sells(paywall.Offer{Object: object, Price: 1})
			b.open(fmt.Sprintf("/article?page=%d", i)).is(t, http.StatusOK, "Here is the article.")
		}
		if n := counting.finds.Load() - finds; fresh == (n == 0) {
			t.Errorf("after a restart %t: %d looks into the journal", fresh, n)
		}
	}
}

// A test of a seller's buys in one line.
func TestBuyer_VisitsPaywall(t *testing.T) {
	s := newShop(t)
	for _, cookies := range []bool{true, false} {
		ann := s.Buyer("Ann", 5_00)
		browser := s.browser(ann, cookies).Client
		browser.CheckRedirect = nil
		for range 2 {
			page, err := ann.Visit(t.Context(), browser, s.server.URL+"/article?page=1")
			if err != nil {
				t.Fatal(err)
			}
			if page.StatusCode != http.StatusOK {
				t.Errorf("the buyer gets %s", page.Status)
			}
			if err := page.Body.Close(); err != nil {
				t.Error(err)
			}
		}
		s.holds(ann, map[bool]vingd.Cents{true: 3_00, false: 1_00}[cookies])
	}
}

// The response depends on the request and on what its sender has: nothing, a purchase that is not charged yet, or a paid one.
func TestSell_EachRequest(t *testing.T) {
	const clean, buy = "/article?page=1", "/article?page=1&vingd=buy"
	prefetch, json := []string{"Purpose", "prefetch"}, []string{"Accept", "application/json"}
	requests := []struct {
		method, address string
		headers         []string
	}{
		{http.MethodGet, clean, nil}, {http.MethodGet, buy, nil}, {http.MethodGet, "token", nil},
		{http.MethodHead, clean, nil}, {http.MethodHead, buy, nil}, {http.MethodHead, "token", nil},
		{http.MethodPost, clean, nil}, {http.MethodPost, buy, nil}, {http.MethodPost, "token", nil},
		{http.MethodGet, clean, prefetch}, {http.MethodGet, buy, prefetch}, {http.MethodGet, "token", prefetch},
		{http.MethodGet, clean, json}, {http.MethodPost, clean, json},
	}
	for state, want := range map[string]string{ // a status, and where a redirect leads: to Vingd or back; n is a page without an order
		"stranger": "402n 303v 403 402 402 402 402n 402n 402n 402n 402n 402n 402 402",
		"verified": "500 303b 303b 500 500 500 402 402 402 402 402 402 500 402",
		"bought":   "200 303b 303b 200 200 200 200 200 200 200 303b 303b 200 200",
	} {
		t.Run(state, func(t *testing.T) {
			s := newShop(t)
			b := s.browser(s.Buyer("Ann", 5_00), true)
			back := fmt.Sprintf("/article?page=1&oid=%d&tid=%032x", s.object, 1)
			if state != "stranger" {
				back = b.pay()
			}
			if state == "verified" {
				s.serves(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusInternalServerError) })
				b.open(back).is(t, http.StatusInternalServerError, "sorry")
			}
			if state == "bought" {
				b.open(back).is(t, http.StatusOK, "Here is the article.")
				s.settled()
			}
			b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			calls := map[string]int{"stranger": 2}[state] // an order and a verification
			before := s.wire.count("POST/orders/") + s.wire.count("GET/tokens/") + s.wire.count("PUT/purchases/")
			var got []string
			for _, r := range requests {
				address := r.address
				if address == "token" {
					address = back
				}
				v := b.send(r.method, address, r.headers...)
				result := fmt.Sprint(v.status)
				switch location := v.header.Get("Location"); {
				case strings.HasPrefix(location, s.Frontend()):
					result += "v"
				case location == "./article?page=1":
					result += "b"
				case strings.Contains(v.body, "Buy for 2.00 vingds"):
					result += "n"
				}
				got = append(got, result)
			}
			if all := strings.Join(got, " "); all != want {
				t.Errorf("got  %s\nwant %s", all, want)
			}
			if n := s.wire.count("POST/orders/") + s.wire.count("GET/tokens/") + s.wire.count("PUT/purchases/") - before; n != calls {
				t.Errorf("the broker was called %d times", n)
			}
		})
	}
}
