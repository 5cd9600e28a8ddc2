package paywall_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// putDue puts so many purchases that are due into a journal.
func putDue(t *testing.T, journal paywall.Journal, n int) {
	t.Helper()
	for i := range n {
		put(t, journal, paywall.Entry{
			Key: paywall.Key{byte(i), 1}, State: paywall.StateDue, Object: 1, Purchase: vingd.PurchaseID(i + 1), Transfer: 1,
			Until: time.Now().UTC().Add(time.Hour),
		})
	}
}

// wallOn returns a paywall on a journal and a broker.
func wallOn(t *testing.T, broker http.RoundTripper, journal paywall.Journal) *paywall.Paywall {
	t.Helper()
	client, err := vingd.New(vingd.Password("a", "b"), vingd.WithEndpoint("https://broker.example/v1"),
		vingd.WithHTTPClient(&http.Client{Transport: broker}), vingd.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	wall, err := paywall.New(client, paywall.Options{Journal: journal, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return wall
}

// closeSays fails the test unless Close with a context returns an error with this text, which wraps a cause. The cause may be nil.
func closeSays(ctx context.Context, t *testing.T, wall *paywall.Paywall, text string, cause error) {
	t.Helper()
	err := wall.Close(ctx)
	if err == nil || !strings.Contains(err.Error(), text) || cause != nil && !errors.Is(err, cause) || strings.Contains(err.Error(), "\n") {
		t.Errorf("Close says %v, want %q", err, text)
	}
}

// ended returns a context that has ended.
func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// Each Close says what is due, whichever of them has ended the work.
func TestClose_Again(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := paywall.NewMemory()
		putDue(t, journal, 3)
		wall := wallOn(t, new(awayBroker), journal)
		synctest.Wait()
		patient := make(chan error, 1)
		go func() { patient <- wall.Close(context.WithoutCancel(t.Context())) }()
		synctest.Wait()
		closeSays(ended(t), t, wall, "purchases that are due stay in the journal: 3", context.Canceled)
		if err := <-patient; err == nil || !strings.Contains(err.Error(), "purchases that are due stay in the journal: 3") {
			t.Errorf("the Close with more time says %v", err)
		}
		closeSays(t.Context(), t, wall, "purchases that are due stay in the journal: 3", nil)
	})
}

// A slowJournalStart is a journal that cannot be read at first. The second reading waits until it is told to go on.
type slowJournalStart struct {
	paywall.Journal
	readings atomic.Int64
	goOn     chan struct{}
}

func (j *slowJournalStart) Unfinished(ctx context.Context) iter.Seq2[paywall.Entry, error] {
	return func(yield func(paywall.Entry, error) bool) {
		if j.readings.Add(1) == 1 {
			yield(paywall.Entry{}, errDisk)
			return
		}
		select {
		case <-j.goOn:
			j.Journal.Unfinished(ctx)(yield)
		case <-ctx.Done(): // the end without an error
		}
	}
}

// Close waits for a reading that has begun because the first one failed.
func TestClose_SecondReading(t *testing.T) {
	for _, inTime := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			journal := &slowJournalStart{Journal: paywall.NewMemory(), goOn: make(chan struct{})}
			putDue(t, journal, 40)
			broker := new(awayBroker)
			broker.back.Store(true)
			wall := wallOn(t, broker, journal)
			<-time.After(10*time.Second + 1)
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			closed := make(chan error, 1)
			go func() { closed <- wall.Close(ctx) }()
			synctest.Wait()
			if inTime {
				close(journal.goOn)
			}
			if err := <-closed; (err == nil) != inTime || journal.readings.Load() != 2 {
				t.Errorf("Close says %v after %d readings", err, journal.readings.Load())
			}
			if inTime {
				for entry, err := range journal.Journal.Unfinished(t.Context()) {
					t.Errorf("got %+v, %v, want nothing", entry, err)
				}
			} else {
				closeSays(t.Context(), t, wall, "not read", nil)
			}
		})
	}
}

// An entry that cannot be read may be due. Close says so, until a reading can read it.
func TestClose_UnreadableEntry(t *testing.T) {
	for _, again := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			journal := &unreadableOnce{Journal: paywall.NewMemory()}
			wall := wallOn(t, new(awayBroker), journal)
			if again {
				<-time.After(10*time.Second + 1)
			}
			synctest.Wait()
			if again {
				if err := wall.Close(t.Context()); err != nil {
					t.Error(err)
				}
				return
			}
			closeSays(t.Context(), t, wall, paywall.Key{7}.String(), errDisk)
		})
	}
}

// An unreadableOnce has an entry that the first reading cannot read.
type unreadableOnce struct {
	paywall.Journal
	read atomic.Bool
}

func (j *unreadableOnce) Unfinished(ctx context.Context) iter.Seq2[paywall.Entry, error] {
	if !j.read.CompareAndSwap(false, true) {
		return j.Journal.Unfinished(ctx)
	}
	return (&unreadableJournal{j.Journal}).Unfinished(ctx)
}

// A Close that ends a verification or a purge says so, and speaks of no purchases that are due.
func TestClose_NothingIsDue(t *testing.T) {
	s := newShop(t)
	b := s.browser(s.Buyer("Ann", 5_00), true)
	back := b.pay()
	verify := make(chan struct{})
	defer close(verify)
	s.wire.hold("GET/tokens/", verify)
	if err := s.wall.Close(ended(t)); err != nil {
		t.Errorf("Close says %v, though nothing goes on", err)
	}
	s.open()
	tokens := s.wire.count("GET/tokens/")
	returned := make(chan view, 1)
	go func() { returned <- b.open(back) }()
	until(t, "the verification", func() bool { return s.wire.count("GET/tokens/") > tokens })
	closeSays(ended(t), t, s.wall, "paywall: a verification was cut off", context.Canceled)
	(<-returned).is(t, http.StatusServiceUnavailable, "cannot reach Vingd")

	journal := &purgingJournal{Journal: paywall.NewMemory(), begun: make(chan struct{})}
	wall := wallOn(t, new(awayBroker), journal)
	<-journal.begun
	closeSays(ended(t), t, wall, "paywall: a purge of the journal was cut off", context.Canceled)
	s.open()
}

// A purgingJournal purges until its context ends.
type purgingJournal struct {
	paywall.Journal
	begun chan struct{}
}

func (j *purgingJournal) Purge(ctx context.Context, _ time.Time) error {
	close(j.begun)
	<-ctx.Done()
	return ctx.Err()
}
