package paywall_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
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
	if s.count(paywall.StateDue) != 1 {
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
	closeSays(t.Context(), t, s.wall, "was not read", errDisk)
	s.Advance(16 * time.Minute)
	if ann.Balance() != 3_00 {
		t.Errorf("the buyer holds %v", ann.Balance())
	}
	s.options.Journal = s.options.Journal.(*unreadableJournal).Journal
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
		put(t, s.options.Journal, paywall.Entry{Key: paywall.Key{1}, State: paywall.StateVerified, Until: s.Now().Add(-time.Second).UTC()})
		until(t, "the purge", gone)
	}
	s.close()
	put(t, s.options.Journal, paywall.Entry{Key: paywall.Key{1}, State: paywall.StateVerified, Until: s.Now().Add(-time.Second).UTC()})
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
			Key: paywall.Key{byte(i), byte(i >> 8), 1}, State: paywall.StateDue, Object: s.object,
			Purchase: 1_000_000, Transfer: 1, Until: s.Now().Add(time.Hour).UTC(),
		})
	}
	put(t, s.options.Journal, entries...)
	hold := make(chan struct{})
	s.wire.hold("PUT/purchases/", hold)
	s.open()
	until(t, "the workers", func() bool { return s.wire.count("PUT/purchases/") >= 16 && s.wall.Stats().Committing == backlog })
	if n := s.wire.count("PUT/purchases/"); n != 16 {
		t.Errorf("%d commits are made at once", n)
	}
	close(hold)
	until(t, "the end", func() bool { return s.count(paywall.StateDue) == 0 })
	for _, entry := range entries { // the broker does not know these purchases
		if now, err := s.options.Journal.Find(t.Context(), entry.Key); err != nil || now.State != paywall.StateExpired {
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
	if s.count(paywall.StateDue) != 0 {
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
	if err := s.wall.Close(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "stay in the journal") {
		t.Errorf("Close says %v of what it leaves behind", err)
	}
	s.ClearFaults()
	s.open()
	s.holds(ann, 3_00)
}

// A purge leaves a purchase that is not charged yet for a day, and one that is paid as long as access lasts.
func TestPurge_LeavesWhatIsNeeded(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) { o.Remember(time.Nanosecond) })
	purge := func() {
		t.Helper()
		if err := s.options.Journal.Purge(t.Context(), s.Now()); err != nil {
			t.Fatal(err)
		}
	}
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	article := s.content
	s.serves(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusInternalServerError) })
	b.open(b.pay()).is(t, http.StatusInternalServerError, "sorry")
	s.Advance(24*time.Hour - time.Minute)
	purge()
	if s.count(paywall.StateVerified) != 1 {
		t.Error("a purchase of the day is purged")
	}
	s.Advance(2 * time.Minute)
	purge()
	if s.count(paywall.StateVerified) != 0 {
		t.Error("a purchase of the day before is not purged")
	}
	s.serves(article.ServeHTTP)
	b = s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	s.Advance(24*time.Hour - time.Minute)
	purge()
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")

	if err := s.options.Journal.Purge(t.Context(), s.Now().AddDate(50, 0, 0)); err != nil {
		t.Fatal(err)
	}
	s.close()
	s.open()
	calls := s.wire.count("GET/registry/")
	id, err := s.wall.EnsureObject(t.Context(), vingd.ObjectParams{Name: "Article", URL: s.server.URL + "/article?page=1"})
	if n := s.wire.count("GET/registry/") - calls; err != nil || id != s.object || n != 0 {
		t.Errorf("the object is %d, %v, after %d calls", id, err, n)
	}
	b.open("/article?page=1").is(t, http.StatusPaymentRequired, "<h1>Article</h1>") // its name is known again
}

// The seller's log says that the journal is not purged.
func TestSweep_PurgeFails(t *testing.T) {
	s := newShop(t)
	s.close()
	s.options.Journal = &stuckJournal{Journal: s.options.Journal}
	s.open()
	until(t, "the log", func() bool {
		return strings.Contains(s.log.String(), "level=ERROR msg=\"paywall: the journal is not purged\" error=\"the disk is full\"")
	})
}

// A purchase whose content was not ready is not committed by a process that begins, or by its sweeps.
func TestSweep_LeavesVerified(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusInternalServerError) })
	buyers := s.crowdOf(1)
	b := s.browser(buyers[0], true)
	b.open(b.pay()).is(t, http.StatusInternalServerError, "sorry")
	s.close()
	reading := &readJournal{Journal: s.options.Journal}
	s.options.Journal = reading
	s.options.Quick(20 * time.Millisecond)
	s.open()
	until(t, "three readings", func() bool { return reading.readings.Load() >= 3 })
	if s.count(paywall.StateVerified) != 1 || s.wire.count("PUT/purchases/") != 0 {
		t.Error("it is committed")
	}
	s.paidFor(buyers, []bool{false})
}

// A readJournal counts how often it was read from its beginning to its end.
type readJournal struct {
	paywall.Journal
	readings atomic.Int64
}

func (j *readJournal) Unfinished(ctx context.Context) iter.Seq2[paywall.Entry, error] {
	return func(yield func(paywall.Entry, error) bool) {
		j.Journal.Unfinished(ctx)(yield)
		j.readings.Add(1)
	}
}

// A paywall that is closed verifies, sells and charges nothing more, and says so at once. It serves what was bought, and the
// next process sells what was not charged for.
func TestClose_Requests(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) { o.CommitTimeout = time.Hour })
	ann, bob := s.Buyer("Ann", 5_00), s.Buyer("Bob", 5_00)
	b, other := s.browser(ann, true), s.browser(bob, true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	article := s.content
	s.serves(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusInternalServerError) })
	ready := s.browser(ann, true)
	ready.open(ready.pay()).is(t, http.StatusInternalServerError, "sorry")
	s.serves(article.ServeHTTP)
	back := other.pay()
	s.close()
	commits := s.wire.count("PUT/purchases/")
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	other.open(back).is(t, http.StatusServiceUnavailable, "cannot reach Vingd")
	s.sells(paywall.Offer{Object: s.object, Price: 3}) // without an order
	other.open("/article?page=1&vingd=buy").is(t, http.StatusServiceUnavailable, "cannot reach Vingd")
	s.sells(paywall.Offer{Object: s.object, Price: price, Context: "shelf 3"})
	ready.open("/article?page=1").is(t, http.StatusServiceUnavailable, "charged only for what you can have")
	if n := s.wire.count("PUT/purchases/") - commits; n != 0 || s.count(paywall.StateDue) != 0 {
		t.Errorf("%d commits were made", n)
	}
	if err := s.wall.Close(t.Context()); err != nil { // again
		t.Error(err)
	}
	s.open()
	ready.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 1_00)
	if bob.Balance() != 5_00 {
		t.Errorf("Bob holds %v", bob.Balance())
	}
}

// Close commits what an ended process has left due, also right after New, and while the journal is being read. If the journal
// cannot be read, Close says so.
func TestClose_FirstReading(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ann := s.buyDue()
	wall, err := paywall.New(s.Client, s.options)
	if err != nil {
		t.Fatal(err)
	}
	if err := wall.Close(t.Context()); err != nil || s.count(paywall.StateDue) != 0 {
		t.Errorf("got %v, and %d purchases are due", err, s.count(paywall.StateDue))
	}
	s.open()
	s.holds(ann, 3_00)

	s = newShop(t)
	s.buyDue()
	slow := &hangingJournal{Journal: s.options.Journal, hang: make(chan struct{})}
	options := s.options
	options.Journal = slow
	if wall, err = paywall.New(s.Client, options); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- wall.Close(t.Context()) }()
	close(slow.hang)
	if err := <-closed; err != nil || s.count(paywall.StateDue) != 0 {
		t.Errorf("got %v, and %d purchases are due", err, s.count(paywall.StateDue))
	}
	s.open()

	s = newShop(t)
	s.buyDue()
	options = s.options
	options.Journal = &awayJournal{s.options.Journal}
	if wall, err = paywall.New(s.Client, options); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := wall.Close(t.Context()); !errors.Is(err, errDisk) {
			t.Errorf("got %v, want that the journal cannot be read", err)
		}
	}
	s.open()
}

// An awayJournal cannot be read.
type awayJournal struct{ paywall.Journal }

func (j *awayJournal) Unfinished(context.Context) iter.Seq2[paywall.Entry, error] {
	return func(yield func(paywall.Entry, error) bool) { yield(paywall.Entry{}, errDisk) }
}
