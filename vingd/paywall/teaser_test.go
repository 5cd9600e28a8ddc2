package paywall_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A first visit shows the price, and makes no order. Its link leads to Vingd. A buyer who cancels there sees the price again.
func TestTeaser_Cancelled(t *testing.T) {
	s := newShop(t)
	b := s.browser(s.Buyer("Ann", 5_00), true)
	calls := s.wire.count("all")
	for range 2 { // the second one is the buyer who has cancelled: Vingd leads them to the URL of the object
		v := b.open("/article?page=1")
		v.is(t, http.StatusPaymentRequired, `<a href="./article?page=1&amp;vingd=buy">Buy for 2.00 vingds</a>`)
		v.is(t, http.StatusPaymentRequired, "<h1>Article</h1>")
		if v.header.Get("Cache-Control") != "no-store" {
			t.Errorf("the header is %v", v.header)
		}
	}
	if n := s.wire.count("all") - calls; n != 0 {
		t.Errorf("showing the price took %d calls to the broker", n)
	}
	if v := b.send(http.MethodHead, "/article?page=1"); v.status != http.StatusPaymentRequired || v.body != "" {
		t.Errorf("HEAD gets %d %s", v.status, v.body)
	}
	b.send(http.MethodPost, "/article?page=1&vingd=buy").is(t, http.StatusPaymentRequired, "Buy for 2.00")
	b.open("/article?page=1&vingd=buy", "Purpose", "prefetch").is(t, http.StatusPaymentRequired, "Buy for 2.00")
	if n := s.wire.count("all") - calls; n != 0 {
		t.Errorf("a prefetch and a POST took %d calls to the broker", n)
	}
	if v := b.open("/article?page=1&vingd=buy"); !strings.HasPrefix(v.header.Get("Location"), s.Frontend()+"/orders/") {
		t.Errorf("the link leads to %v", v.header)
	}
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	v := b.open("/article?page=1&vingd=buy")
	v.is(t, http.StatusOK, "Here is the article.")
	if v.at.RawQuery != "page=1" {
		t.Errorf("a buyer who has access ends on %v", v.at)
	}
}

// The seller's handlers do not see that a buyer has followed the link.
func TestTeaser_LinkIsHidden(t *testing.T) {
	s := newShop(t)
	s.sells(paywall.Offer{})
	s.serves(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.URL.RawQuery + r.RequestURI)) })
	s.offering = func(r *http.Request) {
		if strings.Contains(r.RequestURI+r.URL.String(), "vingd") {
			t.Errorf("offer sees %s", r.RequestURI)
		}
	}
	s.browser(nil, true).open("/article?vingd=buy&page=1").is(t, http.StatusOK, "page=1/article?page=1")
}
