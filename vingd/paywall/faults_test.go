package paywall_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// One failure of the broker, before or after the call was done: a buyer is charged if and only if they can have the content.
func TestSell_BrokerFailsOnce(t *testing.T) {
	faults := map[string]sandbox.Fault{
		"hang-up":       {HangUp: true},
		"hang-up, done": {HangUp: true, Done: true},
		"500":           {Status: 500},
		"500, done":     {Status: 500, Done: true},
		"503":           {Status: 503},
		"garbage":       {Garbage: true},
		"garbage, done": {Garbage: true, Done: true},
		"403":           {Status: 403},
		"404":           {Status: 404},
		"429":           {Status: 429},
		"400":           {Status: 400},
		"late":          {Delay: 20 * time.Millisecond},
	}
	for _, operation := range []string{"createOrder", "verifyPurchase", "getAnyOrder", "commitPurchase"} {
		for _, require := range []bool{false, true} {
			t.Run(fmt.Sprint(operation, " ", require), func(t *testing.T) {
				t.Parallel()
				s := newShop(t, func(o *paywall.Options) { o.RequireCommit = require })
				for _, name := range endure.Part(slices.Sorted(maps.Keys(faults)), 7) {
					fault := faults[name]
					fault.Count = 1
					if !buyThrough(t, s, operation, fault) {
						t.Errorf("by %s", name)
					}
				}
			})
		}
	}
}

// buyThrough buys while something goes wrong, reloads as a person does, and looks where the money is.
func buyThrough(t *testing.T, s *shop, operation string, fault sandbox.Fault) (ok bool) {
	t.Helper()
	lost := operation == "verifyPurchase" && (fault.Done || fault.Status == 403 || fault.Status == 404) // it cannot be verified again
	expired := operation == "commitPurchase" && fault.Status == 404
	s.mu.Lock()
	s.offered.Context = fmt.Sprint(fault) // an order of its own
	s.mu.Unlock()
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	if operation == "createOrder" {
		s.Fail(operation, fault)
		if v := b.open("/article?vingd=buy"); v.status != http.StatusSeeOther && (v.status != http.StatusServiceUnavailable || v.header.Get("Retry-After") == "") {
			t.Errorf("a first visit gets %d %s", v.status, v.body)
		}
	}
	back := b.pay()
	if operation == "getAnyOrder" { // the broker is asked for orders that are not remembered
		s.close()
		s.open()
	}
	if operation != "createOrder" {
		s.Fail(operation, fault)
	}
	served, verified, committed := false, s.wire.count("GET/tokens/"), s.wire.count("PUT/purchases/")
	for try := range 20 {
		v := b.open(back)
		if served = v.status == http.StatusOK && strings.Contains(v.body, "Here is the article."); served {
			break
		}
		if v.status < 400 || v.body == "" || strings.Contains(v.body, "article.") {
			t.Errorf("the buyer gets %d %q, %v", v.status, v.body, v.broken)
		}
		if v.status != http.StatusServiceUnavailable {
			break
		}
		until(t, "the next attempt", func() bool {
			return operation != "commitPurchase" || s.wire.count("PUT/purchases/") > committed+try+1 || s.count(paywall.StateDue) == 0
		})
	}
	if served == (lost || expired) {
		t.Errorf("the buyer is served: %t", served)
	}
	want := ann.Balance() + price
	if served {
		want -= price
	}
	s.holds(ann, want)
	if n := s.wire.count("GET/tokens/") - verified; n > 2 || n == 2 && operation != "verifyPurchase" {
		t.Errorf("the token was verified %d times", n)
	}
	s.ClearFaults()
	return !t.Failed()
}

// While the broker is away, content is served that is due. The commit is made when the broker is back, by the next process
// if need be.
func TestSell_BrokerAwayAtCommit(t *testing.T) {
	t.Parallel()
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprint("restart ", restart), func(t *testing.T) {
			s := newShop(t)
			ann := s.Buyer("Ann", 5_00)
			b := s.browser(ann, true)
			back := b.pay()
			s.Fail("commitPurchase", sandbox.Fault{HangUp: true})
			b.open(back).is(t, http.StatusOK, "Here is the article.")
			until(t, "a second attempt", func() bool { return s.wire.count("PUT/purchases/") > 1 })
			b.open("/article").is(t, http.StatusOK, "Here is the article.")
			if restart {
				s.abandon()
				s.open()
				b.open("/article").is(t, http.StatusOK, "Here is the article.")
			}
			if s.count(paywall.StateDue) != 1 {
				t.Error("the purchase is not due any more")
			}
			s.ClearFaults()
			s.holds(ann, 3_00)
			b.open("/article").is(t, http.StatusOK, "Here is the article.")
		})
	}
}

// With RequireCommit, content is held back while the broker is away.
func TestSell_RequireCommit(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) { o.RequireCommit = true })
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	s.Fail("commitPurchase", sandbox.Fault{HangUp: true})
	for range 2 {
		v := b.open(back)
		v.is(t, http.StatusServiceUnavailable, "on its way")
		if strings.Contains(v.body, "article.") || v.header.Get("Retry-After") == "" {
			t.Errorf("the page is %v %s", v.header, v.body)
		}
	}
	s.ClearFaults()
	s.settled()
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 3_00)
}

// A commit that does not return is waited for as long as the option says.
func TestSell_CommitTimeout(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) { o.CommitTimeout = 20 * time.Millisecond })
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	hold := make(chan struct{})
	s.wire.hold("PUT/purchases/", hold)
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	if s.count(paywall.StateDue) != 1 {
		t.Error("the purchase is not due while its commit lasts")
	}
	close(hold)
	s.holds(ann, 3_00)
}

// A purchase whose commit the broker refuses has expired. The content is thrown away, and the buyer can buy again.
func TestSell_CommitRefused(t *testing.T) {
	for _, status := range []int{404, 409, 410} {
		s := newShop(t)
		ann := s.Buyer("Ann", 5_00)
		b := s.browser(ann, true)
		back := b.pay()
		s.Fail("commitPurchase", sandbox.Fault{Status: status})
		v := b.open(back)
		v.is(t, http.StatusGone, "not charged")
		if strings.Contains(v.body, "article.") {
			t.Errorf("%d: the page holds the article", status)
		}
		until(t, "the end", func() bool { return s.count(paywall.StateDue) == 0 })
		if strings.Contains(s.log.String(), "not ready") {
			t.Errorf("%d: content that was ready is logged as one that was not: %s", status, s.log)
		}
		s.ClearFaults()
		b.open(back).is(t, http.StatusGone, "not charged")
		s.holds(ann, 5_00)
		b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
		s.holds(ann, 3_00)
	}
}

// A broker that refuses to commit for a reason that the seller can mend is asked again. No clock ends that.
func TestSell_CommitForbidden(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ann := s.Buyer("Ann", 10_00)
	b := s.browser(ann, true)
	s.Fail("commitPurchase", sandbox.Fault{Status: 403})
	v := b.open(b.pay())
	v.is(t, http.StatusServiceUnavailable, "on its way")
	if strings.Contains(v.body, "article.") {
		t.Error("the page holds the article")
	}
	until(t, "a second attempt", func() bool { return s.wire.count("PUT/purchases/") > 1 })
	if !strings.Contains(s.log.String(), "is retried\" object="+strconv.FormatInt(int64(s.object), 10)) ||
		!strings.Contains(s.log.String(), "attempt=1 ") || s.count(paywall.StateDue) != 1 {
		t.Errorf("the seller's log is %s", s.log)
	}
	b.open("/article").is(t, http.StatusServiceUnavailable, "on its way")
	s.ClearFaults()
	s.settled()
	b.open("/article").is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 8_00)
}

// A buyer who returns when the reservation is over is not charged, and not served.
func TestSell_TooLate(t *testing.T) {
	for _, cookies := range []bool{false, true} {
		s := newShop(t)
		ann := s.Buyer("Ann", 5_00)
		b := s.browser(ann, cookies)
		back := b.pay()
		if cookies {
			b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			if v := b.open(back); v.status != http.StatusSeeOther {
				t.Errorf("the buyer gets %d %s", v.status, v.body)
			}
			s.Advance(16 * time.Minute)
			b.open("/article").is(t, http.StatusGone, "not charged")
		} else {
			s.Advance(14*time.Minute + 59*time.Second)
			b.open(back).is(t, http.StatusOK, "Here is the article.")
		}
		s.holds(ann, map[bool]vingd.Cents{true: 5_00, false: 3_00}[cookies])
	}
}

// A broker that is away from the start cannot sell, and the page says when to try again.
func TestSell_BrokerAwayAtFirst(t *testing.T) {
	s := newShop(t)
	b := s.browser(s.Buyer("Ann", 5_00), true)
	back := b.pay()
	s.wire.cut()
	s.Advance(10 * time.Minute)
	for _, address := range []string{"/article?vingd=buy", back} {
		v := b.open(address)
		v.is(t, http.StatusServiceUnavailable, "cannot reach Vingd")
		if v.header.Get("Retry-After") == "" {
			t.Error("the page does not say when to try again")
		}
	}
	s.wire.mend()
	b.open(back).is(t, http.StatusOK, "Here is the article.") // at once: the claim was given back
	s.holds(b.buyer, 3_00)
}

// The seller's log says that the outcome of a verification is unknown, without the token.
func TestSell_VerificationUnknown(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	s.Fail("verifyPurchase", sandbox.Fault{HangUp: true, Count: 1})
	b.open(back).is(t, http.StatusServiceUnavailable, "")
	text := s.log.String()
	if !strings.Contains(text, "the outcome of a verification is unknown") || strings.Contains(text, tokenOf(t, back)) {
		t.Errorf("the log is %s", text)
	}
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 3_00)
}
