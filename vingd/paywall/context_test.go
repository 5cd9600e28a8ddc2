package paywall_test

import (
	"fmt"
	"net/http"
	"testing"

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
