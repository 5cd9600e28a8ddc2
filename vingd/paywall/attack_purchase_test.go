package paywall_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
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

// A buyer without cookies whose process ends before the commit is not refused what they are then charged for.
func TestSell_CommittedLate(t *testing.T) {
	for _, require := range []bool{false, true} {
		s := newShop(t, func(o *paywall.Options) { o.RequireCommit, o.CommitTimeout = require, time.Millisecond })
		buyers := s.crowdOf(1)
		b := s.browser(buyers[0], false)
		back := b.pay()
		commit := make(chan struct{})
		s.wire.hold("PUT/purchases/", commit)
		if v := b.open(back); v.status != http.StatusOK && !require {
			t.Errorf("the buyer gets %d", v.status)
		}
		s.abandon()
		s.Advance(10 * time.Minute)
		s.open()
		b.open(back).is(t, http.StatusServiceUnavailable, "on its way")
		close(commit)
		s.settled()
		b.open(back).is(t, http.StatusOK, "Here is the article.")
		s.Advance(4 * time.Minute)
		b.open(back).is(t, http.StatusOK, "Here is the article.")
		s.Advance(time.Minute)
		b.open(back).is(t, http.StatusForbidden, "used before")
		s.paidFor(buyers, []bool{true})
	}
}

// A laggingJournal returns what it reads of purchases that are due only when it is told to.
type laggingJournal struct {
	paywall.Journal
	lags    atomic.Bool
	read    chan bool // a purchase was read
	respond chan struct{}
}

func (j *laggingJournal) lag(entry paywall.Entry) {
	if entry.State == paywall.Due && j.lags.CompareAndSwap(true, false) {
		j.read <- true
		<-j.respond
	}
}

func (j *laggingJournal) Find(ctx context.Context, key paywall.Key) (paywall.Entry, error) {
	entry, err := j.Journal.Find(ctx, key)
	j.lag(entry)
	return entry, err
}

func (j *laggingJournal) Unfinished(ctx context.Context) iter.Seq2[paywall.Entry, error] {
	return func(yield func(paywall.Entry, error) bool) {
		for entry, err := range j.Journal.Unfinished(ctx) {
			if j.lag(entry); !yield(entry, err) {
				return
			}
		}
	}
}

// A sweep or a request that has read a purchase as due, and goes on when it is committed, does not commit it again.
func TestCommit_ReadBefore(t *testing.T) {
	for _, who := range []string{"sweep", "request"} {
		t.Run(who, func(t *testing.T) {
			j := &laggingJournal{Journal: paywall.NewMemory(), read: make(chan bool), respond: make(chan struct{})}
			var told atomic.Int64
			s := newShop(t, func(o *paywall.Options) {
				o.Journal, o.CommitTimeout = j, time.Millisecond
				o.OnCommit = func(context.Context, paywall.Entry) error { told.Add(1); return nil }
			})
			ann := s.Buyer("Ann", 5_00)
			b := s.browser(ann, true)
			back := b.pay()
			commit := make(chan struct{})
			s.wire.hold("PUT/purchases/", commit)
			b.open(back).is(t, http.StatusOK, "Here is the article.")
			j.lags.Store(true)
			var late sync.WaitGroup
			if who == "sweep" {
				late.Go(s.wall.TakeUp)
			} else {
				late.Go(func() { b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.") })
			}
			<-j.read
			close(commit)
			until(t, "the commit", func() bool { return s.wall.Stats().Committing == 0 })
			close(j.respond)
			late.Wait()
			s.holds(ann, 3_00)
			if n := s.wire.count("PUT/purchases/"); n != 1 || told.Load() != 1 {
				t.Errorf("it was committed %d times and told %d times", n, told.Load())
			}
		})
	}
}

// An OnCommit that panics ends no process: it has failed.
func TestOptions_OnCommitPanics(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	s := newShop(t, func(o *paywall.Options) {
		o.OnCommit = func(context.Context, paywall.Entry) error {
			if calls.Add(1) == 1 {
				panic(errors.New("no accounts"))
			}
			return nil
		}
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	until(t, "the second call", func() bool { return calls.Load() == 2 })
	s.holds(ann, 3_00)
}

// An outage of an hour at the commit, and a fault that returns once: whatever the broker says in the end holds.
func TestSell_RefusedAfterServing(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) { o.CommitTimeout = time.Millisecond })
	buyers := s.crowdOf(1)
	b := s.browser(buyers[0], true)
	back := b.pay()
	commit := make(chan struct{})
	s.wire.hold("PUT/purchases/", commit)
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	s.Fail("commitPurchase", sandbox.Fault{Status: http.StatusConflict})
	close(commit)
	s.settled()
	b.open("/article?page=1").is(t, http.StatusPaymentRequired, "Buy for")
	s.paidFor(buyers, []bool{false})
}
