package paywall_test

import (
	"net/http"
	"testing"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// She buys, is served on the clean page, reloads, and pays once.
func TestBuy(t *testing.T) {
	for name, promise := range map[string]paywall.Promise{"serve then commit": paywall.ServeThenCommit, "commit then serve": paywall.CommitThenServe} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, func(o *paywall.Options) { o.Promise = promise })
			ann := s.Buyer("Ann", 5_00)
			b := s.browser(ann, true)
			back := b.pay()
			v := b.open(back)
			v.is(t, http.StatusOK, "Here is the article.")
			if v.at.RawQuery != "page=1" || v.at.Path != "/article" {
				t.Errorf("she ends on %v", v.at)
			}
			b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
			b.open(back).is(t, http.StatusOK, "Here is the article.")
			s.holds(ann, 3_00)
			b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
			s.browser(ann, true).open(back).is(t, http.StatusForbidden, "used before")
			if n := s.wire.count("GET/tokens/"); n != 1 {
				t.Errorf("her token was verified %d times", n)
			}
		})
	}
}

// Who keeps no cookies is served in place.
func TestNoCookies(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, false)
	back := b.pay()
	v := b.open(back)
	v.is(t, http.StatusOK, "Here is the article.")
	if v.header.Get("Cache-Control") != "no-store" || v.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the answer's header is %v", v.header)
	}
	b.open(back).is(t, http.StatusForbidden, "used before")
	s.holds(ann, 3_00)
}
