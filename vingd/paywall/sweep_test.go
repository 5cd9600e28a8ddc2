package paywall_test

import (
	"context"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// buyDue has a buyer make a purchase due whose commit is not made, and ends the shop.
func (s *shop) buyDue() *sandbox.Buyer {
	s.t.Helper()
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	s.Fail("commitPurchase", sandbox.Fault{HangUp: true})
	b.open(back).is(s.t, http.StatusOK, "Here is the article.")
	s.abandon()
	if s.count(paywall.Due) != 1 {
		s.t.Fatal("the purchase is not due")
	}
	s.ClearFaults()
	return ann
}

// A purchase that an ended process has left due is committed by the next one. The broker decides whether the reservation is
// over, not a clock.
func TestSweep_AfterRestart(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ann := s.buyDue()
	s.open()
	s.holds(ann, 3_00)

	s = newShop(t)
	ann = s.buyDue()
	now := s.Now
	s.options.Clock = func() time.Time { return now().Add(24 * time.Hour) }
	s.open()
	s.holds(ann, 3_00)

	s = newShop(t)
	ann = s.buyDue()
	s.Advance(16 * time.Minute)
	s.open()
	s.holds(ann, 5_00)
	if log := s.log.String(); !strings.Contains(log, "the buyer is not charged") {
		t.Errorf("the log is %s", log)
	}
}

// A purchase that another process has left is committed by a process that was there before, after two readings.
func TestSweep_OfAnotherProcess(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) { o.Quick(100 * time.Millisecond) })
	other, err := paywall.New(s.Client, s.options)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(t.Context()) //nolint:errcheck // it has nothing to do
	ann := s.buyDue()
	s.settled()
	s.open()
	s.holds(ann, 3_00)
}

// An entry that cannot be read is logged, and keeps the shop neither closed nor from the other entries.
func TestSweep_UnreadableEntry(t *testing.T) {
	s := newShop(t)
	ann := s.buyDue()
	s.options.Journal = &unreadableJournal{s.options.Journal}
	s.open()
	until(t, "the commit", func() bool {
		return s.wire.count("PUT/purchases/") > 1 && strings.Contains(s.log.String(), "paywall: committed")
	})
	if log := s.log.String(); !strings.Contains(log, "cannot be read") || !strings.Contains(log, paywall.Key{7}.String()) {
		t.Errorf("the log is %s", log)
	}
	s.close()
	s.Advance(16 * time.Minute)
	if ann.Balance() != 3_00 {
		t.Errorf("the buyer holds %v", ann.Balance())
	}
	s.open()
}

// An unreadableJournal has an entry that cannot be read, before all others.
type unreadableJournal struct{ paywall.Journal }

func (j *unreadableJournal) Unfinished(ctx context.Context) iter.Seq2[paywall.Entry, error] {
	return func(yield func(paywall.Entry, error) bool) {
		if yield(paywall.Entry{Key: paywall.Key{7}}, errDisk) {
			j.Journal.Unfinished(ctx)(yield)
		}
	}
}

// The journal is purged in the background, at the start and again later.
func TestSweep_Purges(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) { o.Purge(5 * time.Millisecond) })
	gone := func() bool {
		entry, err := s.options.Journal.Find(t.Context(), paywall.Key{1})
		return err == nil && entry.Version == 0
	}
	for range 2 {
		put(t, s.options.Journal, paywall.Entry{Key: paywall.Key{1}, State: paywall.Verified, Until: s.Now().Add(-time.Second).UTC()})
		until(t, "the purge", gone)
	}
	s.close()
	put(t, s.options.Journal, paywall.Entry{Key: paywall.Key{1}, State: paywall.Verified, Until: s.Now().Add(-time.Second).UTC()})
	s.options.Purge(time.Hour)
	s.open()
	until(t, "the purge at the start", gone)
}

// New does not read the journal: it is open at once, however many entries there are.
func TestNew_DoesNotWaitForTheJournal(t *testing.T) {
	s := newShop(t)
	s.close()
	hanging := &hangingJournal{Journal: s.options.Journal, hang: make(chan struct{})}
	s.options.Journal = hanging
	s.open() // it would hang
	close(hanging.hang)
}

// A hangingJournal waits in Unfinished and Purge until it is told to go on.
type hangingJournal struct {
	paywall.Journal
	hang chan struct{}
}

func (j *hangingJournal) Unfinished(ctx context.Context) iter.Seq2[paywall.Entry, error] {
	<-j.hang
	return j.Journal.Unfinished(ctx)
}

func (j *hangingJournal) Purge(ctx context.Context, before time.Time) error {
	<-j.hang
	return j.Journal.Purge(ctx, before)
}

// Many purchases that are due are committed by a few workers, and a new buyer does not wait for them.
func TestSweep_Backlog(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.close()
	const backlog = 500
	var entries []paywall.Entry
	for i := range backlog {
		entries = append(entries, paywall.Entry{
			Key: paywall.Key{byte(i), byte(i >> 8), 1}, State: paywall.Due, Object: s.object,
			Purchase: 1_000_000, Transfer: 1, Until: s.Now().Add(time.Hour).UTC(),
		})
	}
	put(t, s.options.Journal, entries...)
	hold := make(chan struct{})
	s.wire.hold("PUT/purchases/", hold)
	s.open()
	until(t, "the workers", func() bool { return s.wire.count("PUT/purchases/") >= 16 })
	if n := s.wire.count("PUT/purchases/"); n != 16 {
		t.Errorf("%d commits are made at once", n)
	}
	close(hold)
	until(t, "the end", func() bool { return s.count(paywall.Due) == 0 })
	for _, entry := range entries { // the broker does not know these purchases
		if now, err := s.options.Journal.Find(t.Context(), entry.Key); err != nil || now.State != paywall.Expired {
			t.Fatalf("got %+v, %v", now, err)
		}
	}
}

// Close commits what is due as long as it is given time, and leaves the rest to the journal.
func TestClose_CommitsWhatIsDue(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *paywall.Options) { o.CommitTimeout = time.Millisecond })
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	hold := make(chan struct{})
	s.wire.hold("PUT/purchases/", hold)
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	closed := make(chan error)
	go func() { closed <- s.wall.Close(t.Context()) }()
	close(hold)
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if s.count(paywall.Due) != 0 {
		t.Error("the purchase is still due")
	}
	s.open()
	s.holds(ann, 3_00)

	ann = s.buyDue()
	s.Fail("commitPurchase", sandbox.Fault{HangUp: true})
	s.open()
	until(t, "an attempt", func() bool { return s.wire.count("PUT/purchases/") > 3 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.wall.Close(ctx); err == nil {
		t.Error("Close says nothing of what it leaves behind")
	}
	s.ClearFaults()
	s.open()
	s.holds(ann, 3_00)
}
