package paywall_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// An awayBroker refuses connections until it is back, and accepts every commit then.
type awayBroker struct {
	calls atomic.Int64
	back  atomic.Bool
}

func (b *awayBroker) RoundTrip(r *http.Request) (*http.Response, error) {
	b.calls.Add(1)
	if r.Body != nil {
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	if !b.back.Load() {
		return nil, errors.New("the broker is away")
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"data": {"ok": true}}`)),
	}, nil
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
	if entry.State == paywall.StateDue && j.lags.CompareAndSwap(true, false) {
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

// While the broker is away, a commit is tried often enough to be done in time, and not so often that it is a burden. After
// the reservation it is tried less often. All of it is done soon after the broker is back.
func TestCommit_Backoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := new(awayBroker)
		client, err := vingd.New(vingd.Password("a", "b"), vingd.WithEndpoint("https://broker.example/v1"),
			vingd.WithHTTPClient(&http.Client{Transport: broker}), vingd.WithRetries(0))
		if err != nil {
			t.Fatal(err)
		}
		journal := paywall.NewMemory()
		entry := paywall.Entry{State: paywall.StateClaimed, Object: 1, Until: time.Now().UTC().Add(time.Hour)}
		rand.Read(entry.Key[:])
		put(t, journal, entry)
		entry.Version, entry.State, entry.Purchase, entry.Transfer = 1, paywall.StateDue, 1, 1
		put(t, journal, entry)
		wall, err := paywall.New(client, paywall.Options{Journal: journal, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		for _, period := range []struct {
			name        string
			length      time.Duration
			least, most int64
		}{
			{"the first 2 seconds", 2 * time.Second, 3, 40},
			{"the reservation", 15 * time.Minute, 30, 200},
			{"the day after it", 24 * time.Hour, 100, 1000},
		} {
			before := broker.calls.Load()
			<-time.After(period.length)
			if n := broker.calls.Load() - before; n < period.least || n > period.most {
				t.Errorf("%s: %d attempts, want %d to %d", period.name, n, period.least, period.most)
			}
		}
		broker.back.Store(true)
		<-time.After(10*time.Minute + time.Second)
		synctest.Wait()
		if got, err := journal.Find(t.Context(), entry.Key); err != nil || got.State != paywall.StateCommitted {
			t.Errorf("the entry is %q, %v", got.State, err)
		}
		if err := wall.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

// A purchase whose commit has failed is not committed again if another process has done it since.
func TestCommit_DoneByAnother(t *testing.T) {
	var told atomic.Int64
	s := newShop(t, func(o *paywall.Options) {
		o.CommitTimeout = time.Millisecond
		o.OnCommit = func(context.Context, paywall.Entry) error { told.Add(1); return nil }
	})
	b := s.browser(s.Buyer("Ann", 5_00), true)
	back := b.pay()
	commit := make(chan struct{})
	s.wire.hold("PUT/purchases/", commit)
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	until(t, "the commit", func() bool { return s.wire.count("PUT/purchases/") == 1 })
	entry, err := s.options.Journal.Find(t.Context(), paywall.KeyOf(callbackOf(t, back)))
	if err != nil {
		t.Fatal(err)
	}
	if entry.State = paywall.StateCommitted; s.wall.Stats().Committing != 1 {
		t.Errorf("got %+v", s.wall.Stats())
	}
	put(t, s.options.Journal, entry)
	s.Fail("commitPurchase", sandbox.Fault{HangUp: true})
	close(commit)
	until(t, "the end", func() bool { return s.wall.Stats().Committing == 0 })
	if n, failed := s.wire.count("PUT/purchases/"), s.wall.Stats().FailedCommits; n != 1 || failed != 1 || told.Load() != 0 {
		t.Errorf("it was committed %d times, failed %d times, and told %d times", n, failed, told.Load())
	}
	s.ClearFaults()
}

// A broker that refuses connections at the commit does not keep a buyer from the content.
func TestCommit_BrokerRefusesConnections(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		s.wire.cut()
		_, _ = io.WriteString(w, wholeArticle)
	})
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	s.wire.mend()
	s.holds(ann, 3_00)
}

// A purchase asks the journal no more often than it must, and a reload does not ask it at all.
func TestSell_JournalCalls(t *testing.T) {
	counting := &countingJournal{Journal: paywall.NewMemory()}
	s := newShop(t, func(o *paywall.Options) { o.Journal = counting })
	b := s.browser(s.Buyer("Ann", 5_00), true)
	back := b.pay()
	counting.finds.Store(0)
	counting.swaps.Store(0)
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	until(t, "the commit", func() bool { return s.wall.Stats().Committing == 0 })
	// It finds the note, the token, the note, and on the clean page the note and the purchase. It writes Claimed, Verified, the
	// note, Due and Committed.
	if finds, swaps := counting.finds.Load(), counting.swaps.Load(); finds != 5 || swaps != 5 {
		t.Errorf("the purchase takes %d looks and %d writes", finds, swaps)
	}
	entry, err := counting.Journal.Find(t.Context(), paywall.KeyOf(callbackOf(t, back)))
	if err != nil || entry.State != paywall.StateCommitted || entry.Until.Nanosecond()+entry.DueAt.Nanosecond() != 0 {
		t.Errorf("got %+v, %v, want times in whole seconds", entry, err)
	}
	for range 2 {
		b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	}
	if finds, swaps := counting.finds.Load(), counting.swaps.Load(); finds != 5 || swaps != 5 {
		t.Errorf("with two reloads, it takes %d looks and %d writes", finds, swaps)
	}
}
