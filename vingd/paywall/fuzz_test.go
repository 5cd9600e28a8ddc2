package paywall_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Whatever is read as a cookie is, to the byte, what was signed.
func FuzzCookie(f *testing.F) {
	grant := paywall.Grant{Key: paywall.Key{1, 2}, Object: 5, Purchase: 7, Buyer: "a1b2", Expires: time.Unix(1_800_000_000, 0)}
	signed, err := paywall.SignCookie(testKey, grant)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add(signed[1:])
	f.Add(base64.RawURLEncoding.EncodeToString(make([]byte, 89)))
	f.Add("")
	f.Fuzz(func(t *testing.T, value string) {
		got, err := paywall.ReadCookie(testKey, value)
		if err != nil {
			return
		}
		again, err := paywall.SignCookie(testKey, got)
		if err != nil || again != value {
			t.Errorf("%q is read as %+v, which is %q, %v", value, got, again, err)
		}
		if _, err := paywall.ReadCookie(bytes.Repeat([]byte("x"), 32), value); err == nil {
			t.Errorf("%q is signed by any key", value)
		}
	})
}

// Whatever address a buyer comes back to, the clean one is on the same host, and has no token.
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
