package paywall_test

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
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

// A cache holds what was used last, and between one and two generations of it.
func TestRecent(t *testing.T) {
	const generation = 100
	c := paywall.NewRecent(generation)
	for i := range 10 * generation {
		c.Put(i, -i)
		c.Put(i, i)
		if v, ok := c.Get(i); !ok || v != i {
			t.Fatalf("%d: got %d, %t", i, v, ok)
		}
		if v, ok := c.Get(0); !ok || v != 0 {
			t.Fatalf("an entry that is used all the time is gone after %d", i)
		}
		if old := i - generation/2; old > 0 && i%17 == 0 {
			if _, ok := c.Get(old); !ok {
				t.Fatalf("%d is gone after %d", old, i)
			}
		}
	}
	held := 0
	for i := range 10 * generation {
		if _, ok := c.Get(i); ok {
			held++
		}
	}
	if held < generation || held > 2*generation {
		t.Errorf("it holds %d", held)
	}
	small := paywall.NewRecent(2)
	for i := range 5 { // 0 and 1, then 2 and 3, then 4
		small.Put(i, i)
	}
	for i, held := range []bool{false, false, true, true, true} {
		if _, ok := small.Get(i); ok != held {
			t.Errorf("of two generations of two, %d is held: %t", i, ok)
		}
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 1000 {
				c.Put(k*i, k)
				c.Get(k)
			}
		})
	}
	all.Wait()
}

// The keys of the journal are the same in every version of this package: a new one would forget who has bought what.
func TestKeys_Golden(t *testing.T) {
	got := map[string]string{
		"token":   paywall.KeyOf(callbackOf(t, "https://shop.example/?oid=5&tid=ABcd0123")).String(),
		"note":    paywall.NoteKey(paywall.Key{1, 2}, 5).String(),
		"browser": "",
		"object":  paywall.ObjectKey(vingd.ObjectParams{Name: "Article", URL: "https://shop.example/"}).String(),
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://shop.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", "__Host-vingd="+strings.Repeat("abcd", 10)+"abc")
	if browser, ok := paywall.BrowserOf(r); ok {
		got["browser"] = browser.String()
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if golden[name] != got[name] {
			t.Errorf("%q: %q,", name, got[name])
		}
	}
}

var golden = map[string]string{
	"browser": "a2eccd419b2a9fd54b656961a8e5803bca02423b5b0ebe81f02791ca6ed76b6a",
	"note":    "65e9a30fce673e2ae56e72e361793eaabf87319705ac4010633239625a0af836",
	"object":  "5a8a8af0635866e2ab3453d28cc94c19241e173ea7a8b0addd4acc38fabcc9ea",
	"token":   "718e6dc2bc8212fd38045c56b91bbb64e3ab8e061432e3f92afa8c758e8766a3",
}
