package paywall_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/tlstest"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// An address that Vingd has not made for this page is refused without a call, and without a charge.
func TestSell_BadReturns(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back, err := url.Parse(b.pay())
	if err != nil {
		t.Fatal(err)
	}
	oid, tid := back.Query().Get("oid"), back.Query().Get("tid")
	calls := s.wire.count("all")
	for query, status := range map[string]int{
		"oid=" + oid: http.StatusBadRequest,
		"tid=" + tid: http.StatusBadRequest,
		"oid=&tid=":  http.StatusBadRequest,
		"oid=" + oid + "&tid=" + tid + "&tid=" + tid:                                   http.StatusBadRequest,
		"oid=" + oid + "&oid=" + oid + "&tid=" + tid:                                   http.StatusBadRequest,
		"oid=" + oid + "&tid=..":                                                       http.StatusBadRequest,
		"oid=" + oid + "&tid=" + tid + "0":                                             http.StatusBadRequest,
		"oid=0" + oid + "&tid=" + tid:                                                  http.StatusBadRequest,
		"oid=-1&tid=" + tid:                                                            http.StatusBadRequest,
		"oid=" + strings.Repeat("9", 99) + "&tid=" + tid:                               http.StatusBadRequest,
		"oid=" + oid + "&tid=" + strings.Repeat("a", 99_999):                           http.StatusBadRequest,
		"oid=" + oid + "&tid=" + tid + "&context=" + strings.Repeat("a", 5_000):        http.StatusBadRequest,
		"oid=" + oid + "9&tid=" + tid:                                                  http.StatusForbidden,
		"page=1&oid=1&tid=%3Cscript%3E&context=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript": http.StatusBadRequest,
	} {
		v := b.open("/article?" + query)
		v.is(t, status, "<h1>")
		if strings.Contains(v.body, tid) || strings.Contains(v.body, "<script") {
			t.Errorf("%.80s: the page is %s", query, v.body)
		}
		if v.header.Get("Cache-Control") != "no-store" || v.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%.80s: the header is %v", query, v.header)
		}
	}
	for _, header := range [][]string{
		{http.MethodHead}, {http.MethodPost}, {http.MethodPut},
		{http.MethodGet, "Sec-Purpose", "prefetch;prerender"}, {http.MethodGet, "Purpose", "prefetch"},
	} {
		if v := b.send(header[0], back.String(), header[1:]...); v.status != http.StatusPaymentRequired {
			t.Errorf("%q gets %d", header, v.status)
		}
	}
	if n := s.wire.count("all") - calls; n != 0 {
		t.Errorf("the broker was called %d times", n)
	}
	if strings.Contains(s.log.String(), tid) {
		t.Error("the log holds the token")
	}
	s.Advance(16 * time.Minute)
	if ann.Balance() != 5_00 {
		t.Errorf("the buyer holds %v", ann.Balance())
	}
}

// A buyer who has paid other terms than those of now is not charged.
func TestSell_OtherTerms(t *testing.T) {
	for name, change := range map[string]func(*paywall.Offer){
		"dearer":          func(o *paywall.Offer) { o.Price++ },
		"cheaper":         func(o *paywall.Offer) { o.Price-- },
		"another context": func(o *paywall.Offer) { o.Context = "shelf 4" },
		"no context":      func(o *paywall.Offer) { o.Context = "" },
	} {
		t.Run(name, func(t *testing.T) {
			for _, restarted := range []bool{false, true} {
				s := newShop(t)
				ann := s.Buyer("Ann", 5_00)
				b := s.browser(ann, true)
				back := b.pay()
				if restarted { // the order is no longer remembered, and has expired
					s.close()
					s.open()
				}
				s.mu.Lock()
				change(&s.offered)
				s.mu.Unlock()
				b.open(back).is(t, http.StatusConflict, "not charged")
				b.open(back).is(t, http.StatusConflict, "not charged")
				b.open("/article?page=1&vingd=buy").is(t, http.StatusSeeOther, "")
				s.logged("level=WARN", "not on the terms", fmt.Sprintf("price=%d offered=%d", price, s.offered.Price))
				s.holds(ann, 5_00)
			}
		})
	}
}

// An order that was made by another process, and has expired since it was paid, is looked up.
func TestSell_OrderOfAnotherProcess(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open("/article?vingd=buy")
	s.Advance(7 * time.Minute)
	first := b.pay()
	s.Advance(14*time.Minute + 59*time.Second) // the order was made 22 minutes ago
	s.close()
	s.open()
	b.open(first).is(t, http.StatusOK, "Here is the article.")
	if n := s.wire.count("GET/orders/"); n != 1 {
		t.Errorf("orders were looked up %d times", n)
	}
	s.holds(ann, 3_00)
}

// The clean page of any path is on this host.
func TestSell_OpenRedirects(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 50_00)
	wall := s.wall.Sell(s.offer, s.content)
	for _, target := range []string{
		"//evil.example/", "//evil.example", "/\\evil.example/", "/\\/evil.example", "///evil.example", "/%2f/evil.example", "/%5cevil.example",
		"/https://evil.example", "/a/..//evil.example", "/javascript:alert(1)", "/a:b@evil.example", "/%0d%0aLocation:%20https://evil.example",
		"https://evil.example/", "/?x=//evil.example", "/./", "/..", "/a//evil.example", "/\t/evil.example", "/ok;evil?x=%00",
	} {
		back, err := url.Parse(s.browser(ann, true).pay())
		if err != nil {
			t.Fatal(err)
		}
		separator := "?"
		if strings.Contains(target, "?") {
			separator = "&"
		}
		full := target + separator + back.RawQuery
		u, err := url.ParseRequestURI(full)
		if err != nil {
			continue // no request has it
		}
		for _, cookie := range []bool{false, true} { // without one, the address keeps its query, and so its token
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.URL, r.RequestURI = u, full
			if cookie {
				r.AddCookie(cookieOf(readerNumber))
			}
			w := httptest.NewRecorder()
			wall.ServeHTTP(w, r)
			location := w.Header().Get("Location")
			at, err := url.Parse("https://shop.example/shelf/")
			if err != nil {
				t.Fatal(err)
			}
			to, err := at.Parse(location)
			if err != nil || w.Code != http.StatusSeeOther || to.Host != "shop.example" || to.Scheme != "https" || !strings.HasPrefix(location, "./") ||
				strings.ContainsAny(location, "\\\r\n\t ") || strings.Contains(location, back.Query().Get("tid")) == cookie {
				t.Errorf("%q leads to %d %q, %v", target, w.Code, location, err)
			}
			if !cookie && to.RawQuery != u.RawQuery+"&vingd=returned" {
				t.Errorf("%q leads to the query %q", target, to.RawQuery)
			}
		}
	}
}

// Behind a mux that cuts off a part of the path, the buyer is led to the page that they opened.
func TestSell_StripPrefix(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	inner := s.wall.Sell(s.offer, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.URL.Path + " " + r.URL.RawQuery))
	}))
	outer := tlstest.NewServer(http.StripPrefix("/shop", inner))
	defer outer.Close()
	first := b.open(outer.URL + "/shop/de/%C3%A4%2Frticle?page=1&vingd=buy")
	back, err := ann.Pay(orderOf(t, first.header.Get("Location")))
	if err != nil {
		t.Fatal(err)
	}
	b.CheckRedirect = nil
	v := b.open(outer.URL + "/shop/elsewhere/pass?" + back.RawQuery)
	v.is(t, http.StatusOK, "/de/ä/rticle page=1")
	if v.at.RequestURI() != "/shop/de/%C3%A4%2Frticle?page=1" {
		t.Errorf("the buyer ends on %v", v.at)
	}
}

// A script is told in JSON where to pay, and why not.
func TestSell_Scripts(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	for _, accept := range []string{"application/json", "application/json, text/html;q=0.9", "text/html;q=0.1, application/*",
		"text/*, text/html;q=0.1, application/json;q=0.5", "*/*;q=0.1, application/*", "application/json;q=0.2, text/html;q=0.1",
	} {
		v := b.open("/article?page=1", "Accept", accept)
		var told struct {
			Order, Object, Price int64
			Expires              time.Time
			Redirect, Popup      string
		}
		if err := json.Unmarshal([]byte(v.body), &told); err != nil || v.status != http.StatusPaymentRequired {
			t.Fatalf("%s gets %d %s", accept, v.status, v.body)
		}
		urls := s.Client.Orders.URLs(vingd.OrderID(told.Order))
		if told.Object != int64(s.object) || told.Price != int64(price) || !told.Expires.After(s.Now()) ||
			told.Redirect != urls.Redirect || told.Popup != urls.Popup {
			t.Errorf("it is told %s", v.body)
		}
		if v.header.Get("Content-Type") != "application/json" || !strings.Contains(strings.Join(v.header.Values("Vary"), ","), "Accept") || v.header.Get("Cache-Control") != "no-store" || v.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("the header is %v", v.header)
		}
	}
	for _, accept := range []string{"", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json;q=0.5, text/html", ";;", "application/json;q=0", "application/json, text/html;q=1.0", "application/*, text/html;q=0.5, application/json;q=0.1"} {
		if v := b.open("/article?page=1&vingd=buy", "Accept", accept); v.status != http.StatusSeeOther {
			t.Errorf("%q gets %d", accept, v.status)
		}
	}
	if n := s.wire.count("POST/orders/"); n != 1 {
		t.Errorf("%d orders were made", n)
	}
	v := b.open("/article?oid=5&tid=x", "Accept", "application/json")
	v.is(t, http.StatusBadRequest, `"error":"malformed"`)
	if v.header.Get("Content-Type") != "application/json" {
		t.Errorf("the header is %v", v.header)
	}
}

// An order is shared until half of its life is over.
func TestSell_SharedOrders(t *testing.T) {
	s := newShop(t)
	b := s.browser(nil, true)
	first := b.open("/article?vingd=buy").header.Get("Location")
	s.Advance(7 * time.Minute)
	if again := b.open("/article?vingd=buy").header.Get("Location"); again != first {
		t.Errorf("got %s, then %s", first, again)
	}
	s.Advance(time.Minute)
	if again := b.open("/article?vingd=buy").header.Get("Location"); again == first {
		t.Error("an order is kept until it is too late to pay it")
	}
}

// Each offer has an order of its own, which is remembered: it is made once, and not looked up.
func TestSell_ManyOrders(t *testing.T) {
	s := newShop(t)
	offer := func(i int) { s.sells(paywall.Offer{Object: s.object, Price: price, Context: fmt.Sprint("shelf ", i)}) }
	const shelves = 5
	var browsers []*browser
	var backs []string
	for i := range shelves {
		offer(i)
		browsers = append(browsers, s.browser(s.Buyer("Ann", 5_00), true))
		backs = append(backs, browsers[i].pay())
	}
	for i := range shelves {
		offer(i)
		if v := s.browser(nil, true).open("/article?vingd=buy"); v.status != http.StatusSeeOther {
			t.Errorf("shelf %d: got %d", i, v.status)
		}
		browsers[i].open(backs[i]).is(t, http.StatusOK, "Here is the article.")
	}
	if made, lookedUp := s.wire.count("POST/orders/"), s.wire.count("GET/orders/"); made != shelves || lookedUp != 0 {
		t.Errorf("%d orders were made, and %d looked up", made, lookedUp)
	}
}

// A page that is free costs no call, and an offer that is invalid sells nothing.
func TestSell_Offers(t *testing.T) {
	s := newShop(t)
	calls := s.wire.count("all")
	for _, test := range []struct {
		offered paywall.Offer
		logged  string
	}{
		{paywall.Offer{Object: -1, Price: 1}, "object is -1, must be 1 or more"},
		{paywall.Offer{Price: 200}, "object is 0, must be 1 or more"},
		{paywall.Offer{Context: "free?"}, "object is 0, must be 1 or more"},
		{paywall.Offer{Object: 1, Price: -1}, "price is -0.01, must not be below zero"},
		{paywall.Offer{Object: 1, Context: "\xff"}, "must be UTF-8"},
		{paywall.Offer{Object: 1, Context: strings.Repeat("x", 4<<10+1)}, "has 4097 bytes, must have 4096 at most"},
	} {
		s.sells(test.offered)
		s.browser(nil, true).open("/article").is(t, http.StatusInternalServerError, "went wrong")
		s.logged("level=ERROR", "reason=offer_failed", test.logged)
	}
	for _, offered := range []paywall.Offer{{Object: 1}, {Object: 1, Price: 1, Context: strings.Repeat("ü", 2<<10)}} {
		s.sells(offered)
		s.browser(nil, true).open("/article").is(t, http.StatusPaymentRequired, "Buy for "+offered.Price.String()+" vingds")
	}
	s.sells(paywall.Offer{})
	s.browser(nil, true).open("/article").is(t, http.StatusOK, "Here is the article.")
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public")
		_, _ = w.Write([]byte(r.URL.RawQuery + r.RequestURI + r.Header.Get("Referer")))
	})
	v := s.browser(nil, true).open("/article?a=1&oid=1&tid=2&b=3", "Referer", s.server.URL+"/article?oid=1&tid=2")
	v.is(t, http.StatusOK, "a=1&b=3/article?a=1&b=3")
	if strings.Contains(v.body, "tid") || v.header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %q, %v", v.body, v.header)
	}
	if n := s.wire.count("all") - calls; n != 0 {
		t.Errorf("the broker was called %d times", n)
	}
}

// One object is sold on many pages. After paying, the buyer is on the page on which they have begun, and all are open to them.
func TestSell_Pass(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for i := range 12 { // the pass has an id of two digits
		var err error
		s.offered.Object, err = s.wall.EnsureObject(t.Context(), vingd.ObjectParams{Name: fmt.Sprint("Pass ", i), URL: s.server.URL + "/article?page=1"})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.serves(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("at " + r.URL.RequestURI())) })
	for _, page := range []string{
		"/article?page=1", "/articles/7?a=1&b=%23%26", "/", "/a/b/c/", "/de/%C3%A4%2Frticle", "//double//slash", "/a:b", "/a/../b", "/" + strings.Repeat("x", 900),
	} {
		ann := s.Buyer("Ann", 5_00)
		b := s.browser(ann, true)
		join := map[bool]string{true: "&", false: "?"}[strings.Contains(page, "?")]
		first := b.open(s.server.URL + page + join + "vingd=buy")
		back, err := ann.Pay(orderOf(t, first.header.Get("Location")))
		if err != nil {
			t.Fatal(err)
		}
		v := b.open(back.String())
		if want := strings.Replace(page, "/a/../b", "/b", 1); v.status != http.StatusOK || v.at.RequestURI() != want {
			t.Errorf("%s: the buyer ends on %v with %d %s", page, v.at, v.status, v.body)
		}
		for _, other := range []string{"/article?page=1", "/articles/8"} {
			b.open(other).is(t, http.StatusOK, "at "+other)
		}
		b.open(back.String()).is(t, http.StatusOK, "at /article?page=1") // the page is remembered for one return
		s.holds(ann, 3_00)
	}
}

// A page whose address is too long for a cookie is not remembered, and is not taken from one.
func TestSell_LongReturn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	u, err := url.Parse(s.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for length, remembered := range map[int]bool{1024: true, 1025: false} {
		page := "/" + strings.Repeat("x", length-1)
		for _, forged := range []bool{false, true} {
			ann := s.Buyer("Ann", 5_00)
			b := s.browser(ann, true)
			first := b.open(map[bool]string{false: page + "?vingd=buy", true: "/article?page=1&vingd=buy"}[forged])
			back, err := ann.Pay(orderOf(t, first.header.Get("Location")))
			if err != nil {
				t.Fatal(err)
			}
			if forged {
				value := base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprint(s.object, " ", page)))
				b.Jar.SetCookies(u, []*http.Cookie{{Name: "__Host-vingd-page", Value: value, Path: "/", Secure: true}})
			}
			v := b.open(back.String())
			if v.is(t, http.StatusOK, "Here is the article."); (v.at.Path == page) != remembered {
				t.Errorf("%d bytes, forged %t: the buyer ends on %v", length, forged, v.at)
			}
		}
	}
}

// A cookie that is base64 only in its first part remembers no page.
func TestSell_DamagedReturn(t *testing.T) {
	s := newShop(t)
	b := s.browser(s.Buyer("Ann", 5_00), true)
	back := b.pay()
	u, err := url.Parse(s.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	value := base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprint(s.object, " /article?page=22"))) // whole groups of four
	b.Jar.SetCookies(u, []*http.Cookie{{Name: "__Host-vingd-page", Value: value + "!", Path: "/", Secure: true}})
	v := b.open(back)
	if v.is(t, http.StatusOK, "Here is the article."); v.at.RawQuery != "page=1" {
		t.Errorf("the buyer ends on %v", v.at)
	}
}

// The cookie that remembers a page leads to no other site, whatever it holds, and not to a page of another object.
func TestSell_ForgedReturn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, page := range []string{
		"//evil.example/x", `/\evil.example`, "https://evil.example/", "javascript:alert(1)", "", "/%0d%0aSet-Cookie:a=b", "/\r\nX: y",
		"///evil.example", "/./\t/evil.example", "evil.example", "*", "/\x00", "/ä", strings.Repeat("/x", 3000),
	} {
		for _, object := range []string{fmt.Sprint(s.object), fmt.Sprint(s.object + 1), "", "x"} {
			b := s.browser(s.Buyer("Ann", 5_00), true)
			back := b.pay()
			u, err := url.Parse(s.server.URL)
			if err != nil {
				t.Fatal(err)
			}
			b.Jar.SetCookies(u, []*http.Cookie{{
				Name: "__Host-vingd-page", Value: base64.RawURLEncoding.EncodeToString([]byte(object + " " + page)), Path: "/", Secure: true,
			}})
			b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			v := b.open(back)
			to, err := url.Parse(v.header.Get("Location"))
			if err != nil || v.status != http.StatusSeeOther || !strings.HasPrefix(v.header.Get("Location"), ".") {
				t.Fatalf("%q leads to %v (%v)", page, v.header, err)
			}
			if at := v.at.ResolveReference(to); at.Host != u.Host || at.Scheme != "https" || object != fmt.Sprint(s.object) && at.RequestURI() != "/article?page=1" {
				t.Errorf("%q of %q leads to %v", page, object, at)
			}
		}
	}
}

// A price of zero is a price: the buyer gets the page by way of Vingd, and pays nothing. So does a context of the greatest length.
func TestSell_FreeOfCharge(t *testing.T) {
	for _, offer := range []paywall.Offer{{}, {Context: strings.Repeat("x", 4<<10)}} {
		s := newShop(t)
		offer.Object = s.object
		s.sells(offer)
		ann := s.Buyer("Ann", 5_00)
		b := s.browser(ann, true)
		b.open("/article?page=1").is(t, http.StatusPaymentRequired, "Buy for 0.00 vingds")
		back := b.pay()
		b.open(back).is(t, http.StatusOK, "Here is the article.")
		b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
		s.holds(ann, 5_00)
		if n := s.wire.count("PUT/purchases/"); n != 1 {
			t.Errorf("it was committed %d times", n)
		}
	}
}

// No cache keeps a redirect: it depends on what the buyer has.
func TestSell_RedirectsAreNotCached(t *testing.T) {
	s := newShop(t)
	b := s.browser(s.Buyer("Ann", 5_00), true)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	back := b.pay()
	for _, address := range []string{"/article?page=1&vingd=buy", back, back, "/article?page=1&vingd=buy"} {
		v := b.open(address)
		if v.status != http.StatusSeeOther || v.header.Get("Location") == "" || v.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s gets %d, %v", address, v.status, v.header)
		}
	}
}
