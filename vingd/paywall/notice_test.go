package paywall_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
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
	if text := s.log.String(); !strings.Contains(text, "level=ERROR msg=\"paywall: not served\" reason=offer_failed status=500 error=\"the offer's object is -1") {
		t.Errorf("the log is %s", text)
	}

	s = newShop(t) // a buyer who leaves while the order is made
	hold := make(chan struct{})
	s.wire.hold("POST/orders/", hold)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	s.wall.Sell(s.offer, s.content).ServeHTTP(httptest.NewRecorder(),
		httptest.NewRequestWithContext(ctx, http.MethodGet, "/article?page=1&vingd=buy", nil))
	close(hold)
	if text := s.log.String(); !strings.Contains(text, "level=INFO msg=\"paywall: not served\" reason=unavailable") {
		t.Errorf("the log is %s", text)
	}
}

// A buyer who does not get the content is told why, where to go, and whether to try again.
func TestNotice_OfEachReason(t *testing.T) {
	for reason, test := range map[paywall.Reason]struct {
		status int
		retry  bool
		open   func(s *shop, b *browser) view
	}{
		paywall.ReasonUnpaid:    {402, false, func(_ *shop, b *browser) view { return b.open("/article?page=1") }},
		paywall.ReasonMalformed: {400, false, func(_ *shop, b *browser) view { return b.open("/article?page=1&oid=1&tid=zz") }},
		paywall.ReasonOtherObject: {403, false, func(s *shop, b *browser) view {
			back := b.pay()
			s.sells(paywall.Offer{Object: s.object + 1, Price: price})
			return b.open(back)
		}},
		paywall.ReasonOtherTerms: {409, false, func(s *shop, b *browser) view {
			back := b.pay()
			s.sells(paywall.Offer{Object: s.object, Price: price + 1})
			return b.open(back)
		}},
		paywall.ReasonNotEntitled: {403, false, func(s *shop, b *browser) view {
			return b.open(fmt.Sprintf("/article?page=1&oid=%d&tid=%032x", s.object, 1))
		}},
		paywall.ReasonPending: {503, true, func(s *shop, b *browser) view {
			s.close()
			s.options.Patience(50 * time.Millisecond)
			s.open()
			hold, back := make(chan struct{}), b.pay()
			s.wire.hold("GET/tokens/", hold)
			defer close(hold)
			return b.open(back)
		}},
		paywall.ReasonTooLate: {410, false, func(s *shop, b *browser) view {
			s.Fail("commitPurchase", sandbox.Fault{Status: http.StatusConflict})
			return b.open(b.pay())
		}},
		paywall.ReasonUncommitted: {503, true, func(s *shop, b *browser) view {
			s.Fail("commitPurchase", sandbox.Fault{Status: http.StatusForbidden})
			defer s.ClearFaults()
			return b.open(b.pay())
		}},
		paywall.ReasonUnavailable: {503, true, func(s *shop, b *browser) view {
			s.wire.cut()
			return b.open("/article?page=1&vingd=buy")
		}},
		paywall.ReasonOfferFailed: {500, true, func(s *shop, b *browser) view {
			s.sells(paywall.Offer{Object: -1})
			return b.open("/article?page=1")
		}},
		paywall.ReasonBroken: {500, true, func(s *shop, b *browser) view {
			b.open("/article?page=1&vingd=buy") // for a cookie
			s.close()
			s.options.Journal = &failingJournal{Journal: s.options.Journal, at: 1, all: true, how: "before"}
			s.open()
			return b.open("/article?page=1")
		}},
	} {
		t.Run(string(reason), func(t *testing.T) {
			var mu sync.Mutex
			var told []paywall.Notice
			s := newShop(t, func(o *paywall.Options) {
				o.Translate = func(_ *http.Request, n paywall.Notice) paywall.Notice {
					mu.Lock()
					defer mu.Unlock()
					told = append(told, n)
					return n
				}
			})
			v := test.open(s, s.browser(s.Buyer("Ann", 5_00), true))
			mu.Lock()
			defer mu.Unlock()
			if len(told) != 1 {
				t.Fatalf("the buyer gets %d %s, and is told %+v", v.status, v.body, told)
			}
			n := told[0]
			if n.Reason != reason || n.Status != test.status || n.Lang != "en" || n.Title == "" || n.Text == "" || n.LinkText == "" || (n.Link == "") != test.retry {
				t.Errorf("the buyer is told %+v", n)
			}
			if sold := reason == paywall.ReasonUnpaid; (n.Object == s.object) != sold || (n.Price == price) != sold || (n.Name == "Article") != sold {
				t.Errorf("the buyer is offered %+v", n)
			}
			text := html.UnescapeString(v.body)
			v.is(t, test.status, "<title>")
			for _, wanted := range []string{"<title>" + n.Title + "<", "<h1>" + n.Title + "<", "<p>" + n.Text + "<", `<a href="` + n.Link + `">` + n.LinkText + "<", `lang="en"`} {
				if !strings.Contains(text, wanted) {
					t.Errorf("the page lacks %q: %s", wanted, text)
				}
			}
			if v.header.Get("Content-Type") != "text/html; charset=utf-8" || (v.header.Get("Retry-After") != "") != test.retry {
				t.Errorf("the header is %v", v.header)
			}
		})
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
