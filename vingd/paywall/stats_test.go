package paywall_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A paywall counts what it does.
func TestStats_Counts(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 9_00)
	b := s.browser(ann, true)
	b.open("/article?page=1")
	b.open("/article?oid=1&tid=zz")
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	stats := func() string {
		got := s.wall.Stats()
		return fmt.Sprint(got.Verified, got.Refused, got.Committed, got.Expired, got.FailedCommits, got.Committing,
			got.Notices[paywall.ReasonUnpaid], got.Notices[paywall.ReasonMalformed], got.Notices[paywall.ReasonBroken])
	}
	until(t, "the count of the commit", func() bool { return stats() == "1 0 1 0 0 0 1 1 0" })
	b = s.browser(ann, true)
	back := b.pay()
	s.Fail("commitPurchase", sandbox.Fault{Status: http.StatusConflict, Count: 1})
	b.open(back).is(t, http.StatusGone, "not charged")
	until(t, "the count of the expired one", func() bool { return stats() == "2 0 1 1 0 0 1 1 0" })
	s.Advance(16 * time.Minute) // Ann has her money back
	b = s.browser(ann, false)
	back = b.pay()
	s.Fail("verifyPurchase", sandbox.Fault{Status: http.StatusForbidden, Count: 1})
	b.open(back).is(t, http.StatusForbidden, "cannot be used")
	s.Fail("commitPurchase", sandbox.Fault{Status: http.StatusServiceUnavailable})
	back = b.pay()
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	until(t, "a commit that fails", func() bool { st := s.wall.Stats(); return st.FailedCommits > 0 && st.Committing == 1 })
	if st := s.wall.Stats(); st.Refused != 1 || st.Verified != 3 {
		t.Errorf("got %+v", st)
	}
	s.ClearFaults()
	s.settled()
}
