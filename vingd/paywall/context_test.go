package paywall_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Content knows who has bought it: when she is served first, when she reloads, and by HEAD; and nobody where it is free.
func TestFromContext(t *testing.T) {
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
		if cookies {
			s.close() // which commits her purchase
			s.open()
			b.open("/article?page=1").is(t, http.StatusOK, "true true true 2.00 shelf 3")
		}
		if len(buyers) != 1 || buyers[""] {
			t.Errorf("the buyers are %v", buyers)
		}
		s.offered = paywall.Offer{}
		b.open("/article?page=1").is(t, http.StatusOK, "false false false 0.00")
	}
}

// What those around the paywall set stays, on a failure page too; what content set does not.
func TestHeadersOnFailurePages(t *testing.T) {
	s := newShop(t)
	s.content = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", "attachment")
		s.Advance(paywall.DefaultAccess) // she is served too late
		_, _ = fmt.Fprint(w, "Here is the article.")
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, false)
	for status, address := range map[int]string{http.StatusBadRequest: "/article?page=1&oid=1&tid=zz", http.StatusGone: b.pay()} {
		v := b.open(address)
		v.is(t, status, "")
		if got := v.header.Get("Content-Security-Policy"); got != "default-src 'self'" {
			t.Errorf("%d: the policy of those around is %q", status, got)
		}
		if got := v.header.Values("Vary"); len(got) != 2 || v.header.Get("Content-Disposition") != "" {
			t.Errorf("%d: the header is %v", status, v.header)
		}
	}
}
