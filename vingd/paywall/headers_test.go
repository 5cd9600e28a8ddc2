package paywall_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Headers that only proxies read let none of them keep what is paid for.
func TestContent_CachedByProxy(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{"X-Accel-Expires", "Surrogate-Control", "CDN-Cache-Control", "Edge-Control", "X-LiteSpeed-Cache-Control"} {
			w.Header().Set(name, "max-age=3600")
		}
		_, _ = io.WriteString(w, wholeArticle)
	})
	buyers := s.crowdOf(1)
	b := s.browser(buyers[0], true)
	for _, page := range []string{b.pay(), "/article?page=1"} {
		v := b.open(page)
		v.is(t, http.StatusOK, "Here is the article.")
		for name, values := range v.header {
			if strings.Contains(values[0], "3600") {
				t.Errorf("the header has %s", name)
			}
		}
	}
	s.paidFor(buyers, []bool{true})
}

// Content that sets Vary does not make a cache show to everybody what is free for some.
func TestContent_SetsVary(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Vary", "Accept-Language")
		_, _ = io.WriteString(w, wholeArticle)
	})
	check := func(v view) {
		t.Helper()
		v.is(t, http.StatusOK, "Here is the article.")
		if all := strings.Join(v.header.Values("Vary"), ", "); all != "Accept-Language, Accept, Cookie" {
			t.Errorf("it varies by %q", all)
		}
	}
	buyers := s.crowdOf(1)
	b := s.browser(buyers[0], true)
	check(b.open(b.pay()))
	s.paidFor(buyers, []bool{true})
	s.sells(paywall.Offer{})
	check(s.browser(nil, false).open("/article"))
}

// Content's own Cache-Control stands if it keeps shared caches out.
func TestContent_CacheControl(t *testing.T) {
	s := newShop(t)
	b := s.browser(s.Buyer("Ann", 5_00), true)
	back := b.pay()
	for set, want := range map[string]string{
		"":                             "private, no-cache",
		"public, max-age=3600":         "private, no-cache",
		"max-age=3600":                 "private, no-cache",
		"s-maxage=1":                   "private, no-cache",
		`private="X-Name", max-age=60`: "private, no-cache",
		"max-age=60, Private":          "max-age=60, Private",
		"no-store":                     "no-store",
		"max-age=60 / private":         "max-age=60 / private",
		"public / max-age=60":          "private, no-cache",
	} {
		s.serves(func(w http.ResponseWriter, _ *http.Request) {
			if set != "" {
				w.Header()["Cache-Control"] = strings.Split(set, " / ")
			}
			w.Header().Set("CDN-Cache-Control", "public")
			w.Header().Set("Vendor-CDN-Cache-Control", "public")
			_, _ = io.WriteString(w, "Here is the article.")
		})
		v := b.open(back)
		v.is(t, http.StatusOK, "Here is the article.")
		if got := strings.Join(v.header.Values("Cache-Control"), " / "); got != want || v.header.Get("CDN-Cache-Control") != "" || v.header.Get("Vendor-CDN-Cache-Control") != "" {
			t.Errorf("%q becomes %q in %v, want %q", set, got, v.header, want)
		}
	}
}
