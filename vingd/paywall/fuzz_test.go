package paywall_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Two different numbers never name the same browser.
func FuzzBrowserCookie(f *testing.F) {
	f.Add(strings.Repeat("A", 43) + ".1")
	f.Add(strings.Repeat("A", 42) + "B.-1")
	f.Add("")
	name := func(t *testing.T, value string) (paywall.Key, bool) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://shop.example/", nil)
		number := strings.Trim(value, `"`)
		r.Header.Set("Cookie", "__Host-vingd-"+number[:min(8, len(number))]+"="+value)
		return paywall.BrowserOf(r)
	}
	seen := make(map[paywall.Key]string)
	f.Fuzz(func(t *testing.T, value string) {
		key, ok := name(t, value)
		if !ok {
			return
		}
		if len(value) < 45 || key == (paywall.Key{}) {
			t.Errorf("%q names a browser", value)
		}
		other := strings.Trim(value, `"`)[:43]
		if old, ok := seen[key]; ok && old != other {
			t.Errorf("%q and %q name the same browser", old, other)
		}
		seen[key] = other
	})
}

// The clean address of any address is on the same host, and has no token.
func FuzzCleanPage(f *testing.F) {
	for _, target := range []string{"/article?page=1&oid=5&tid=ab", "//evil.example?tid=1", "/\\evil?%74id=1", "/a/..//b?x=1;tid=2", "*", "/%2f%2f?a&&oid=&b=%"} {
		f.Add(target)
	}
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.URL, r.RequestURI = u, target
		page := paywall.SamePage(r)
		base, err := url.Parse("https://shop.example/shelf/book")
		if err != nil {
			t.Fatal(err)
		}
		to, err := base.Parse(page)
		if err != nil {
			t.Fatalf("%q leads to %q: %v", target, page, err)
		}
		path, _, _ := strings.Cut(page, "?")
		if to.Scheme != "https" || to.Host != "shop.example" || to.User != nil || !strings.HasPrefix(page, "./") || strings.Contains(path, "\\") || strings.ContainsAny(page, "\r\n") {
			t.Errorf("%q leads to %q", target, page)
		}
		if query := to.Query(); query.Has("oid") || query.Has("tid") || query.Has("context") {
			t.Errorf("%q leads to %q", target, page)
		}
	})
}
