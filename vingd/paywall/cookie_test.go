package paywall_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// cookie returns the access cookie that a browser holds.
func (b *browser) cookie(t testing.TB) *http.Cookie {
	t.Helper()
	u, err := url.Parse(b.s.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range b.Jar.Cookies(u) {
		if cookie.Name == b.s.cookieName(b.s.object) {
			return cookie
		}
	}
	t.Fatal("there is no access cookie")
	return nil
}

func (s *shop) cookieName(object vingd.ObjectID) string {
	return "__Host-vingd-" + strconv.FormatInt(int64(object), 10)
}

// bought returns a shop, and the browser of somebody who has bought its article.
func bought(t *testing.T, change ...func(*paywall.Options)) (*shop, *browser) {
	t.Helper()
	s := newShop(t, change...)
	b := s.browser(s.Buyer("Ann", 50_00), true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	until(t, "the commit", func() bool { return strings.Contains(s.log.String(), "paywall: committed") })
	return s, b
}

// A cookie that the paywall did not make for this object gives nothing, and costs no verification.
func TestForgedCookies(t *testing.T) {
	s, b := bought(t)
	good := b.cookie(t)
	bare := s.browser(nil, false)
	with := func(value string) view {
		return bare.open("/article", "Cookie", good.Name+"="+value)
	}
	with(good.Value).is(t, http.StatusOK, "Here is the article.")
	for i := range good.Value {
		for _, other := range []byte("Aa0_") {
			forged := good.Value[:i] + string(other) + good.Value[i+1:]
			if forged != good.Value && with(forged).status != http.StatusSeeOther {
				t.Errorf("with byte %d changed it is taken", i)
			}
		}
	}
	for _, forged := range []string{
		"", "x", good.Value[1:], good.Value[:len(good.Value)-1], good.Value + "A", good.Value + "=", good.Value + good.Value,
		strings.Repeat("A", 10_000), strings.Repeat("A", len(good.Value)), strings.ReplaceAll(good.Value, "_", "/") + "==",
	} {
		if v := with(forged); v.status != http.StatusSeeOther {
			t.Errorf("%.40q gets %d %s", forged, v.status, v.body)
		}
	}
	if log := s.log.String(); !strings.Contains(log, "its signature is wrong") || strings.Contains(log, good.Value) {
		t.Errorf("the log lacks why, or has the cookie")
	}

	s.mu.Lock()
	s.offered.Object++
	s.mu.Unlock()
	if v := bare.open("/article", "Cookie", s.cookieName(s.object+1)+"="+good.Value); v.status == http.StatusOK {
		t.Errorf("with a cookie for another object she gets %d %s", v.status, v.body)
	}
	if !strings.Contains(s.log.String(), "it is for another object") {
		t.Error("the log lacks why")
	}
	if n := s.wire.count("GET/tokens/"); n != 1 {
		t.Errorf("there were %d verifications", n)
	}
}

// What the cookie is like, as a browser cares.
func TestCookieAttributes(t *testing.T) {
	s := newShop(t)
	b := s.browser(s.Buyer("Ann", 5_00), false)
	back := b.pay()
	response := b.open(back)
	cookies := (&http.Response{Header: response.header}).Cookies()
	if len(cookies) != 1 {
		t.Fatalf("got %v", cookies)
	}
	c := cookies[0]
	if c.Name != s.cookieName(s.object) || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" ||
		c.MaxAge < int(paywall.DefaultAccess/time.Second)-1 || c.MaxAge > int(paywall.DefaultAccess/time.Second) {
		t.Errorf("got %+v", c)
	}
}

// Access ends with its time, and then it can be bought again.
func TestExpiredCookie(t *testing.T) {
	s, b := bought(t, func(o *paywall.Options) { o.AccessFor = time.Hour })
	good := b.cookie(t)
	bare := s.browser(nil, false)
	s.Advance(time.Hour - time.Second)
	bare.open("/article", "Cookie", good.Name+"="+good.Value).is(t, http.StatusOK, "Here is the article.")
	s.Advance(2 * time.Second)
	if v := bare.open("/article", "Cookie", good.Name+"="+good.Value); v.status != http.StatusSeeOther {
		t.Errorf("got %d %s", v.status, v.body)
	}
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.holds(b.buyer, 46_00)
}

// A key put in front signs from then on; those behind it are good until they are taken out.
func TestKeyRotation(t *testing.T) {
	s, b := bought(t)
	good := b.cookie(t)
	bare := s.browser(nil, false)
	second := bytes.Repeat([]byte("2"), 64)
	for _, test := range []struct {
		keys   [][]byte
		status int
	}{{[][]byte{second, testKey}, http.StatusOK}, {[][]byte{second}, http.StatusSeeOther}} {
		s.close()
		s.options.Keys = test.keys
		s.open()
		if v := bare.open("/article", "Cookie", good.Name+"="+good.Value); v.status != test.status {
			t.Errorf("with %d keys she gets %d", len(test.keys), v.status)
		}
	}
}

// A cookie whose purchase the journal does not know, or knows to be refunded, gives nothing.
func TestCookieWithoutPurchase(t *testing.T) {
	s, b := bought(t)
	s.close()
	s.options.Journal = paywall.NewMemory()
	s.open()
	if v := b.open("/article"); v.status != http.StatusSeeOther {
		t.Errorf("got %d %s", v.status, v.body)
	}

	s = newShop(t)
	b = s.browser(s.Buyer("Ann", 5_00), true)
	back := b.pay()
	s.serves(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusInternalServerError) })
	b.open(back).is(t, http.StatusInternalServerError, "sorry")
	s.Advance(16 * time.Minute)
	if v := b.open("/article"); v.status != http.StatusSeeOther {
		t.Errorf("after her refund she gets %d %s", v.status, v.body)
	}
}

// An option that cannot be is refused.
func TestOptions(t *testing.T) {
	s := newShop(t)
	for name, change := range map[string]func(*paywall.Options){
		"no journal":      func(o *paywall.Options) { o.Journal = nil },
		"no keys":         func(o *paywall.Options) { o.Keys = nil },
		"a short key":     func(o *paywall.Options) { o.Keys = [][]byte{testKey, testKey[1:]} },
		"access below 0":  func(o *paywall.Options) { o.AccessFor = -1 },
		"another promise": func(o *paywall.Options) { o.Promise = 2 },
	} {
		options := s.options
		change(&options)
		if wall, err := paywall.New(s.Client, options); err == nil {
			t.Errorf("%s is taken", name)
			_ = wall.Close(t.Context())
		}
	}
	if _, err := paywall.New(nil, s.options); err == nil {
		t.Error("no client is taken")
	}
}

// Access costs no call to the broker, however often it is used.
func TestAccessIsFree(t *testing.T) {
	s, b := bought(t)
	cookie, calls := b.cookie(t), s.wire.count("all")
	wall := s.wall.Sell(s.offer, s.content)
	for range 10_000 {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/article?page=1", nil)
		r.AddCookie(cookie)
		w := httptest.NewRecorder()
		if wall.ServeHTTP(w, r); w.Code != http.StatusOK {
			t.Fatalf("got %d %s", w.Code, w.Body)
		}
	}
	if n := s.wire.count("all") - calls; n != 0 {
		t.Errorf("the broker was called %d times", n)
	}
}
