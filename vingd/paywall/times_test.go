package paywall_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A hangingBroker never responds. It notes when the first call begins, and when the last one is given up.
type hangingBroker struct{ begun, ended atomic.Pointer[time.Time] }

func (b *hangingBroker) RoundTrip(r *http.Request) (*http.Response, error) {
	begun := time.Now()
	b.begun.CompareAndSwap(nil, &begun)
	<-r.Context().Done()
	ended := time.Now()
	b.ended.Store(&ended)
	return nil, r.Context().Err()
}

// A fakeShop is a paywall on synctest's clock, with a broker of the test's. The paywall waits as long as it does by default.
type fakeShop struct {
	t     *testing.T
	wall  *paywall.Paywall
	page  http.Handler
	offer paywall.Offer
	log   *logBook
	begin time.Time
}

func newFakeShop(t *testing.T, broker http.RoundTripper, journal paywall.Journal, change ...func(*paywall.Options)) *fakeShop {
	t.Helper()
	client, err := vingd.New(vingd.Password("a", "b"), vingd.WithEndpoint("https://broker.example/v1"),
		vingd.WithHTTPClient(&http.Client{Transport: broker}), vingd.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	log := new(logBook)
	options := paywall.Options{Journal: journal, Logger: slog.New(wholeLog{slog.NewTextHandler(log, nil), t})}
	for _, f := range change {
		f(&options)
	}
	wall, err := paywall.New(client, options)
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeShop{t: t, wall: wall, log: log, offer: paywall.Offer{Object: 1, Price: price}}
	s.page = wall.Sell(func(*http.Request) (paywall.Offer, error) { return s.offer, nil },
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, wholeArticle) }))
	synctest.Wait() // the first sweep is over
	s.begin = time.Now()
	return s
}

// end ends the paywall at once.
func (s *fakeShop) end() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.wall.Close(ctx) // it says what it has left
}

// fakeReturn is the address with which a buyer returns to a fakeShop.
const fakeReturn = "https://shop.example/article?oid=1&tid=0123456789abcdef0123456789abcdef"

// putVerified puts a purchase into a journal that has been verified, and not charged for.
func putVerified(t *testing.T, journal paywall.Journal) paywall.Entry {
	t.Helper()
	entry := paywall.Entry{
		Key: paywall.KeyOf(callbackOf(t, fakeReturn)), State: paywall.StateClaimed, Object: 1, Until: time.Now().UTC().Add(time.Hour),
	}
	put(t, journal, entry)
	entry.Version, entry.State, entry.Purchase, entry.Transfer, entry.Price, entry.Checked = 1, paywall.StateVerified, 1, 1, price, true
	put(t, journal, entry)
	return entry
}

// visit opens the page with a token and a cookie, and returns how long it takes.
func (s *fakeShop) visit(status int, text string) time.Duration {
	s.t.Helper()
	return s.open(fakeReturn, status, text)
}

// read opens the page with a cookie, gets the article, and returns how long it takes.
func (s *fakeShop) read() time.Duration {
	s.t.Helper()
	return s.open("https://shop.example/article", http.StatusOK, wholeArticle)
}

func (s *fakeShop) open(address string, status int, text string) time.Duration {
	s.t.Helper()
	begin := time.Now()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
	r.AddCookie(cookieOf(readerNumber))
	w := httptest.NewRecorder()
	s.page.ServeHTTP(w, r)
	if w.Code != status || !strings.Contains(w.Body.String(), text) {
		s.t.Errorf("after %v: got %d %s, want %d %q", time.Since(s.begin), w.Code, w.Body, status, text)
	}
	return time.Since(begin)
}

// between fails the test unless a time is between two others, the latter excluded.
func (s *fakeShop) between(what string, got, least, most time.Duration) {
	s.t.Helper()
	if got < least || got >= most {
		s.t.Errorf("%s: after %v, want %v or more, and less than %v", what, got, least, most)
	}
}

// A buyer waits five seconds for the verification by another process, whose claim is asked for ten times a second. The claim
// counts as left behind after 30 seconds.
func TestTimes_ClaimOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := new(awayBroker)
		counting := &countingJournal{Journal: paywall.NewMemory(), most: 1000}
		put(t, counting, paywall.Entry{
			Key: paywall.KeyOf(callbackOf(t, fakeReturn)), State: paywall.StateClaimed, Object: 1, Nonce: "another's", Until: time.Now().UTC().Add(time.Hour),
		})
		s := newFakeShop(t, broker, counting)
		s.between("the page that says to wait", s.visit(http.StatusServiceUnavailable, "being verified"), 5*time.Second, 5500*time.Millisecond)
		if n := counting.finds.Load(); n < 45 || n > 60 {
			t.Errorf("the journal was asked %d times", n)
		}
		for broker.calls.Load() == 0 && time.Since(s.begin) < time.Minute {
			s.visit(http.StatusServiceUnavailable, "")
		}
		s.between("the verification", time.Since(s.begin), 30*time.Second, 30500*time.Millisecond)
		s.end()
	})
}

// A buyer waits ten seconds for a broker that hangs. The verification is given up after 30 seconds.
func TestTimes_BrokerHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := new(hangingBroker)
		s := newFakeShop(t, broker, paywall.NewMemory())
		s.between("the page that says to wait", s.visit(http.StatusServiceUnavailable, "being verified"), 10*time.Second, 10500*time.Millisecond)
		<-time.After(time.Minute)
		synctest.Wait()
		s.between("the end of the verification", broker.ended.Load().Sub(s.begin), 30*time.Second, 30500*time.Millisecond)
		s.end()
	})
}

// A buyer waits five seconds for one call of a journal that hangs.
func TestTimes_JournalHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeShop(t, new(awayBroker), &stuckJournal{Journal: paywall.NewMemory()})
		s.between("the page that says so", s.visit(http.StatusInternalServerError, "went wrong"), 5*time.Second, 5500*time.Millisecond)
		s.end()
	})
}

// A stuckJournal finds nothing before the call is given up. It counts the purges.
type stuckJournal struct {
	paywall.Journal
	purges atomic.Int64
}

func (j *stuckJournal) Find(ctx context.Context, key paywall.Key) (paywall.Entry, error) {
	<-ctx.Done()
	return paywall.Entry{}, ctx.Err()
}

func (j *stuckJournal) Purge(context.Context, time.Time) error {
	j.purges.Add(1)
	return errDisk
}

// A purchase that another process leaves due is committed after two readings of the journal, ten seconds apart. The journal
// is purged each hour.
func TestTimes_Sweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := new(hangingBroker)
		journal := &stuckJournal{Journal: paywall.NewMemory()}
		s := newFakeShop(t, broker, journal)
		entry := paywall.Entry{Key: paywall.Key{1}, State: paywall.StateClaimed, Object: 1, Until: time.Now().UTC().Add(48 * time.Hour)}
		put(t, journal, entry)
		entry.Version, entry.State, entry.Purchase, entry.Transfer = 1, paywall.StateDue, 1, 1
		put(t, journal, entry)
		<-time.After(3*time.Hour + time.Second)
		synctest.Wait()
		// The job looks into the journal first, and waits for it.
		s.between("the commit", broker.begun.Load().Sub(s.begin), 20*time.Second, 26*time.Second)
		if n := journal.purges.Load(); n != 4 {
			t.Errorf("it was purged %d times", n)
		}
		s.end()
	})
}

// A buyer waits three seconds for the broker's response to a commit, and gets the content.
func TestTimes_CommitHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := paywall.NewMemory()
		putVerified(t, journal)
		s := newFakeShop(t, new(hangingBroker), journal)
		if took := s.visit(http.StatusSeeOther, ""); took != 0 {
			t.Errorf("the way back takes %v", took)
		}
		s.between("the content", s.read(), 3*time.Second, 3500*time.Millisecond)
		s.end()
	})
}

// Access that cannot be noted is tried again for ten seconds, with a pause. Then the buyer is not charged, and may try again.
func TestTimes_NoteFails(t *testing.T) {
	for name, journal := range map[string]paywall.Journal{
		"Find": &failingJournal{Journal: paywall.NewMemory(), at: 5, all: true, how: "before"}, // after two writes, granted and settle
		"Swap": &stateJournal{Journal: paywall.NewMemory(), state: paywall.StateNoted},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				counting := &countingJournal{Journal: journal, most: 1000}
				putVerified(t, counting)
				broker := new(awayBroker)
				broker.back.Store(true)
				s := newFakeShop(t, broker, counting)
				s.between("the failure", s.visit(http.StatusInternalServerError, "went wrong"), 10*time.Second, 10500*time.Millisecond)
				if text := s.log.String(); !strings.Contains(text, "reason=broken") || !strings.Contains(text, "the disk is full") {
					t.Errorf("the log is %s", text)
				}
				if n := counting.finds.Load() + counting.swaps.Load(); n < 15 || n > 80 {
					t.Errorf("the journal was asked %d times", n)
				}
				s.end()
			})
		})
	}
}

// The seller's log says that the journal lacks a commit, after ten seconds. It has the commit when it can be written again.
func TestTimes_CommittedNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := &stateJournal{Journal: paywall.NewMemory(), state: paywall.StateCommitted}
		entry := putVerified(t, journal)
		entry.Version, entry.State = 2, paywall.StateDue
		put(t, journal, entry)
		broker := new(awayBroker)
		broker.back.Store(true)
		s := newFakeShop(t, broker, journal)
		<-time.After(11 * time.Second)
		if text := s.log.String(); !strings.Contains(text, "the journal lacks what the broker said of a commit") || !strings.Contains(text, "the disk is full") {
			t.Errorf("the log is %s", text)
		}
		journal.mend()
		<-time.After(10 * time.Second)
		if got, err := journal.Find(t.Context(), entry.Key); err != nil || got.State != paywall.StateCommitted || broker.calls.Load() != 1 {
			t.Errorf("got %+v, %v, after %d calls", got, err, broker.calls.Load())
		}
		s.end()
	})
}

// The context of each call of the journal ends with the call.
func TestTimes_JournalContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := &contextJournal{Journal: paywall.NewMemory()}
		putVerified(t, journal.Journal)
		broker := new(awayBroker)
		broker.back.Store(true)
		s := newFakeShop(t, broker, journal)
		s.visit(http.StatusSeeOther, "")
		s.end()
		journal.mu.Lock()
		defer journal.mu.Unlock()
		for i, ctx := range journal.seen {
			if ctx.Err() == nil {
				t.Errorf("the context of call %d goes on", i+1)
			}
		}
		if len(journal.seen) < 4 {
			t.Errorf("there are %d calls", len(journal.seen))
		}
	})
}

// A contextJournal keeps the contexts of its calls.
type contextJournal struct {
	paywall.Journal

	mu   sync.Mutex
	seen []context.Context
}

func (j *contextJournal) keep(ctx context.Context) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seen = append(j.seen, ctx)
}

func (j *contextJournal) Find(ctx context.Context, key paywall.Key) (paywall.Entry, error) {
	j.keep(ctx)
	return j.Journal.Find(ctx, key)
}

func (j *contextJournal) Swap(ctx context.Context, to paywall.Entry) (bool, error) {
	j.keep(ctx)
	return j.Journal.Swap(ctx, to)
}

// A purchase whose order is unknown has no price, and is not a purchase for nothing.
func TestTimes_UnknownPrice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := paywall.NewMemory()
		entry := putVerified(t, journal)
		entry.Version, entry.Price, entry.Checked = 2, 0, false
		put(t, journal, entry)
		s := newFakeShop(t, new(awayBroker), journal)
		s.offer.Price = 0
		s.visit(http.StatusConflict, "not charged")
		s.end()
	})
}
