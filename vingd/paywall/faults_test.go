package paywall_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Whatever goes wrong once at the broker, before or after it was done, the buyer is charged if and only if she was served,
// and no token is verified twice.
func TestFaults(t *testing.T) {
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
		for _, promise := range []paywall.Promise{paywall.ServeThenCommit, paywall.CommitThenServe} {
			t.Run(fmt.Sprint(operation, promise), func(t *testing.T) {
				t.Parallel()
				s := newShop(t, func(o *paywall.Options) { o.Promise = promise })
				for name, fault := range faults {
					fault.Next = 1
					if !buyThrough(t, s, operation, fault) {
						t.Errorf("by %s", name)
					}
				}
			})
		}
	}
}

// buyThrough buys while something goes wrong, reloading as a person does, and looks where the money is.
func buyThrough(t *testing.T, s *shop, operation string, fault sandbox.Fault) (ok bool) {
	t.Helper()
	promise := s.options.Promise
	// A commit that the broker refuses in so many words is one that it will refuse again.
	refused := operation == "commitPurchase" && fault.Status == 404
	s.log.clear()
	verified := s.wire.count("GET/tokens/")
	s.mu.Lock()
	s.offered.Context = fmt.Sprint(fault) // an order of its own
	s.mu.Unlock()
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	if operation == "createOrder" {
		s.Fail(operation, fault)
		if v := b.open("/article"); v.status != http.StatusSeeOther && (v.status != http.StatusServiceUnavailable || v.header.Get("Retry-After") == "") {
			t.Errorf("%v: a first visit gets %d %s", promise, v.status, v.body)
		}
	}
	back := b.pay()
	if operation == "getAnyOrder" { // which is asked for orders that are not remembered
		s.close()
		s.open()
	}
	if operation != "createOrder" {
		s.Fail(operation, fault)
	}
	served := false
	for range 4 {
		v := b.open(back)
		if v.status == http.StatusOK && strings.Contains(v.body, "Here is the article.") {
			served = true
			break
		}
		if v.status < 400 || v.body == "" {
			t.Errorf("%v: she gets %d %q, %v", promise, v.status, v.body, v.broken)
		}
		until(t, "what becomes of it", func() bool { // the commit is repeated meanwhile
			return promise == paywall.ServeThenCommit || !strings.Contains(s.log.String(), "is repeated") ||
				strings.Contains(s.log.String(), "paywall: committed")
		})
	}
	want := ann.Balance() + price
	if served && !(refused && promise == paywall.ServeThenCommit) {
		want -= price
	}
	if known := fault.Status != 403 && fault.Status != 404 && !unknown(fault); known && !served {
		t.Errorf("%v: she is never served", promise)
	}
	if operation != "verifyPurchase" && !refused && !served {
		t.Errorf("%v: she is never served, though she was verified", promise)
	}
	s.holds(ann, want)
	s.ClearFaults()
	if n := s.wire.count("GET/tokens/") - verified; n != 1 && !(operation == "verifyPurchase" && n == 2 && fault.Status != 0 && fault.Status < 500 && !fault.Done) {
		t.Errorf("%v: her token was verified %d times", promise, n)
	}
	return !t.Failed()
}

// unknown reports whether nobody can tell after a fault whether it was done.
func unknown(f sandbox.Fault) bool { return f.HangUp || f.Garbage || f.Status >= 500 }

// A broker that is away for long: what was served is committed when it is back, by the next paywall if need be.
func TestBrokerAway(t *testing.T) {
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
			s.browser(ann, false).open(back).is(t, http.StatusForbidden, "used before")
			if restart {
				s.abandon()
				s.open()
			}
			s.ClearFaults()
			s.holds(ann, 3_00)
			b.open("/article").is(t, http.StatusOK, "Here is the article.")
		})
	}
}

// A purchase whose commit the broker refuses has lapsed, and so has the access to it.
func TestCommitRefused(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	s.Fail("commitPurchase", sandbox.Fault{Status: 409})
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	until(t, "the end", func() bool { return strings.Contains(s.log.String(), "its buyer is refunded") })
	if v := b.open("/article"); v.status != http.StatusSeeOther {
		t.Errorf("she gets %d %s", v.status, v.body)
	}
	s.holds(ann, 5_00)
}

// A broker that refuses to commit for a reason that can be mended, such as a lacking permission, is asked again until
// the reservation is over.
func TestCommitForbidden(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 10_00)
	b := s.browser(ann, true)
	s.Fail("commitPurchase", sandbox.Fault{Status: 403})
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	until(t, "a second attempt", func() bool { return s.wire.count("PUT/purchases/") > 1 })
	s.ClearFaults()
	until(t, "the commit", func() bool { return strings.Contains(s.log.String(), "paywall: committed") })

	b = s.browser(ann, true)
	s.Fail("commitPurchase", sandbox.Fault{Status: 403})
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	until(t, "another attempt", func() bool { return strings.Count(s.log.String(), "is repeated") > 1 })
	s.Advance(16 * time.Minute)
	until(t, "the end", func() bool { return strings.Contains(s.log.String(), "its buyer is refunded") })
	s.ClearFaults()
	s.holds(ann, 8_00)
}

// A broker that is away from the start cannot sell, and says when to come again.
func TestBrokerAwayAtFirst(t *testing.T) {
	s := newShop(t)
	b := s.browser(s.Buyer("Ann", 5_00), true)
	back := b.pay()
	s.wire.cut()
	s.Advance(10 * time.Minute)
	for _, address := range []string{"/article", back} {
		v := b.open(address)
		v.is(t, http.StatusServiceUnavailable, "cannot reach Vingd")
		if v.header.Get("Retry-After") == "" {
			t.Error("it does not say when to come again")
		}
	}
}
