package paywall_test

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A buyer pays in two tabs, and comes back in both at once while the content of the first tab takes its time. They pay once.
func TestSell_TwoTabs(t *testing.T) {
	for name, access := range map[string]paywall.Access{"cookie": nil, "session": &session{grants: make(map[vingd.ObjectID]paywall.Grant)}} {
		t.Run(name, func(t *testing.T) { twoTabs(t, access) })
	}
}

func twoTabs(t *testing.T, access paywall.Access) {
	s := newShop(t, func(o *paywall.Options) { o.Access = access })
	content, proceed := make(chan bool, 2), make(chan struct{})
	var served atomic.Int64
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		if served.Add(1) == 1 {
			content <- true
			<-proceed
		}
		_, _ = io.WriteString(w, wholeArticle)
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	first, second := b.pay(), b.pay()
	verify := make(chan struct{})
	s.wire.hold("GET/tokens/", verify)
	var tabs sync.WaitGroup
	tabs.Go(func() { b.open(second).is(t, http.StatusOK, "Here is the article.") })
	until(t, "the second verification", func() bool { return s.wire.count("GET/tokens/") == 1 })
	s.wire.hold("", nil)
	tabs.Go(func() { b.open(first).is(t, http.StatusGone, "You are not charged") })
	<-content
	close(verify)
	until(t, "the second charge", func() bool { return s.wire.count("PUT/purchases/") == 1 })
	close(proceed)
	tabs.Wait()
	for _, page := range []string{first, second, "/article?page=1"} {
		b.open(page).is(t, http.StatusOK, "Here is the article.")
	}
	s.holds(ann, 3_00)
}

// The tabs come back at once, many times over.
func TestSell_TwoTabsRace(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for range 20 {
		ann := s.Buyer("Ann", 9_00)
		b := s.browser(ann, true)
		var tabs sync.WaitGroup
		for _, back := range []string{b.pay(), b.pay(), b.pay()} {
			tabs.Go(func() { b.open(back) })
		}
		tabs.Wait()
		b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
		s.holds(ann, 7_00)
	}
}
