package paywall_test

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// twins are two paywalls of one shop, as two processes have them. The first call of their OnCommit waits.
type twins struct {
	*shop

	first, second *paywall.Paywall
	calls         atomic.Int64
	begun         chan struct{} // closed when the first call has begun
	goOn          chan struct{} // the first call returns when this is closed
}

func newTwins(t *testing.T, change ...func(*paywall.Options)) *twins {
	t.Helper()
	w := &twins{begun: make(chan struct{}), goOn: make(chan struct{})}
	reading := &readJournal{Journal: paywall.NewMemory()}
	w.shop = newShop(t, append(change, func(o *paywall.Options) {
		o.Journal = reading
		o.OnCommit = func(context.Context, paywall.Entry) error {
			if w.calls.Add(1) == 1 {
				close(w.begun)
				<-w.goOn
			}
			return nil
		}
	})...)
	w.first = w.wall
	w.open()
	w.second = w.wall
	t.Cleanup(func() { _ = w.first.Close(ended(t)) })
	until(t, "the first readings", func() bool { return reading.readings.Load() >= 2 })
	return w
}

// sendTo leads the requests from now on to one of the paywalls.
func (w *twins) sendTo(wall *paywall.Paywall) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wall = wall
}

// sellTwice has a buyer pay at the first paywall, and come back to the second one while OnCommit is called.
func (w *twins) sellTwice() *sandbox.Buyer {
	w.t.Helper()
	ann := w.Buyer("Ann", 5_00)
	b := w.browser(ann, true)
	w.sendTo(w.first)
	b.open(b.pay()).is(w.t, http.StatusOK, "Here is the article.")
	<-w.begun
	w.sendTo(w.second)
	for range 3 {
		b.open("/article?page=1").is(w.t, http.StatusOK, "Here is the article.")
	}
	return ann
}

// close closes one of the paywalls. It does not wait until a purchase need not be left to the other one any more.
func (w *twins) close(wall *paywall.Paywall) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Second)
	defer cancel()
	if err := wall.Close(ctx); err != nil {
		w.t.Error(err)
	}
}

// called fails the test unless OnCommit was called so often when both paywalls are closed.
func (w *twins) called(want int64) {
	w.t.Helper()
	for _, wall := range []*paywall.Paywall{w.first, w.second} {
		w.close(wall)
	}
	if n := w.calls.Load(); n != want || w.count(paywall.StateDue) != 0 {
		w.t.Errorf("OnCommit is called %d times, want %d, and %d purchases are due", n, want, w.count(paywall.StateDue))
	}
}

// While one process is in OnCommit, another one serves the buyer, and leaves the call to it.
func TestOnCommit_BuyerAtOtherProcess(t *testing.T) {
	t.Parallel()
	w := newTwins(t)
	ann := w.sellTwice()
	close(w.goOn)
	w.settled()
	w.called(1)
	w.holds(ann, 3_00)
}

// Two processes that make a purchase due at the same moment call OnCommit once.
func TestOnCommit_DueAtOnce(t *testing.T) {
	t.Parallel()
	w := newTwins(t)
	ann := w.Buyer("Ann", 5_00)
	b := w.browser(ann, true)
	w.serves(func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "sorry", http.StatusInternalServerError) })
	b.open(b.pay()).is(t, http.StatusInternalServerError, "sorry")
	begun, ready := make(chan struct{}, 2), make(chan struct{})
	w.serves(func(rw http.ResponseWriter, _ *http.Request) {
		begun <- struct{}{}
		<-ready
		_, _ = io.WriteString(rw, wholeArticle)
	})
	views := make(chan view, 2)
	for _, wall := range []*paywall.Paywall{w.first, w.second} {
		w.sendTo(wall)
		go func() { views <- b.open("/article?page=1") }()
		<-begun
	}
	close(ready)
	for range 2 {
		(<-views).is(t, http.StatusOK, wholeArticle)
	}
	<-w.begun
	close(w.goOn)
	w.settled()
	w.called(1)
	w.holds(ann, 3_00)
}

// The second process calls OnCommit if the first one has ended in it: when it reads the journal, or closes.
func TestOnCommit_OtherProcessEnded(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*twins){
		"reading": func(*twins) {},
		"closing": func(w *twins) { w.close(w.second) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTwins(t, func(o *paywall.Options) {
				if name == "reading" {
					o.Quick(2 * time.Second)
				}
			})
			ann := w.sellTwice()
			_ = w.first.Close(ended(t)) // it says what it leaves
			end(w)
			w.settled()
			if n := w.calls.Load(); n != 2 {
				t.Errorf("OnCommit is called %d times", n)
			}
			close(w.goOn)
			w.holds(ann, 3_00)
		})
	}
}

// A lateJournal has written a purchase that is due before it says so.
type lateJournal struct {
	paywall.Journal
	sayDue chan struct{}
}

func (j *lateJournal) Swap(ctx context.Context, to paywall.Entry) (bool, error) {
	swapped, err := j.Journal.Swap(ctx, to)
	if to.State == paywall.StateDue {
		<-j.sayDue
	}
	return swapped, err
}

// A process calls OnCommit at once for a purchase that it has made due, though another request of its own has met it first.
func TestOnCommit_MetBeforeMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := new(awayBroker)
		broker.back.Store(true)
		journal := &lateJournal{Journal: paywall.NewMemory(), sayDue: make(chan struct{})}
		putVerified(t, journal)
		var calls atomic.Int64
		s := newFakeShop(t, broker, journal, func(o *paywall.Options) {
			o.OnCommit = func(context.Context, paywall.Entry) error { calls.Add(1); return nil }
		})
		s.visit(http.StatusSeeOther, "")
		var first sync.WaitGroup
		first.Go(func() { s.read() })
		synctest.Wait()
		s.read()
		synctest.Wait()
		if n := calls.Load(); n != 0 {
			t.Errorf("OnCommit is called %d times while another process may be in it", n)
		}
		close(journal.sayDue)
		first.Wait()
		synctest.Wait()
		if n := calls.Load(); n != 1 || time.Since(s.begin) != 0 {
			t.Errorf("after %v, OnCommit is called %d times", time.Since(s.begin), n)
		}
		s.end()
	})
}
