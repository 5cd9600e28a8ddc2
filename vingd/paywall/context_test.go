package paywall_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Content knows its purchase at the first request and at a reload, and none where the page is free.
func TestFromContext_OfEachRequest(t *testing.T) {
	for _, cookies := range []bool{true, false} {
		s := newShop(t)
		buyers := make(map[vingd.HUID]bool)
		s.content = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			entry, ok := paywall.FromContext(r.Context())
			buyers[entry.Buyer] = true
			_, _ = fmt.Fprintln(w, ok, entry.Object == s.object, entry.Purchase > 0, entry.Price, entry.Context)
		})
		ann := s.Buyer("Ann", 5_00)
		b := s.browser(ann, cookies)
		b.open(b.pay()).is(t, http.StatusOK, "true true true 2.00 shelf 3")
		b.open(b.s.server.URL+"/article?page=1").is(t, map[bool]int{true: http.StatusOK, false: http.StatusPaymentRequired}[cookies], "")
		if len(buyers) != 1 || buyers[""] {
			t.Errorf("the buyers are %v", buyers)
		}
		s.offered = paywall.Offer{}
		b.open("/article?page=1").is(t, http.StatusOK, "false false false 0.00")
	}
}

// A notice keeps the headers of handlers around the paywall, and none of the content.
func TestFailurePage_Headers(t *testing.T) {
	s := newShop(t)
	s.content = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", "attachment")
		s.Advance(time.Hour) // the reservation ends
		_, _ = fmt.Fprint(w, "Here is the article.")
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, false)
	for status, address := range map[int]string{http.StatusBadRequest: "/article?page=1&oid=1&tid=zz", http.StatusGone: b.pay()} {
		v := b.open(address)
		v.is(t, status, "<h1>")
		if strings.Contains(v.body, "Here is the article.") {
			t.Errorf("%d: the page holds the article", status)
		}
		if got := v.header.Get("Content-Security-Policy"); got != "default-src 'self'" {
			t.Errorf("%d: the policy of those around is %q", status, got)
		}
		if v.header.Get("Content-Disposition") != "" || v.header.Get("X-Content-Type-Options") != "nosniff" ||
			v.header.Get("Cache-Control") != "no-store" || v.header.Get("Referrer-Policy") != "no-referrer" ||
			!slices.Equal(v.header.Values("Vary"), []string{"Accept-Encoding", "Accept, Cookie"}) {
			t.Errorf("%d: the header is %v", status, v.header)
		}
	}
}
