package paywall_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A failure of the seller's side is logged as an error, and a buyer's mistake is not.
func TestNotice_LogLevel(t *testing.T) {
	s := newShop(t)
	b := s.browser(nil, true)
	b.open("/article?oid=1&tid=zz").is(t, http.StatusBadRequest, "not right")
	b.open("/article?page=1").is(t, http.StatusPaymentRequired, "Buy for")
	if text := s.log.String(); strings.Contains(text, "level=ERROR") || !strings.Contains(text, "level=INFO msg=\"paywall: not served\" reason=malformed") {
		t.Errorf("the log is %s", text)
	}
	s.sells(paywall.Offer{Object: -1, Price: 1})
	b.open("/article?page=1").is(t, http.StatusInternalServerError, "went wrong")
	if text := s.log.String(); !strings.Contains(text, "level=ERROR msg=\"paywall: not served\" reason=offer_failed status=500") {
		t.Errorf("the log is %s", text)
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
