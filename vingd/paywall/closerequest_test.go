package paywall_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Content that becomes ready after Close has begun is not charged for, so that nothing is due after Close.
func TestClose_ContentIsReadyLater(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	begun, ready := make(chan struct{}), make(chan struct{})
	var requests atomic.Int64
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 1 {
			close(begun)
			<-ready
		}
		_, _ = io.WriteString(w, wholeArticle)
	})
	returned := make(chan view, 1)
	go func() { returned <- b.open(back) }()
	<-begun
	s.close()
	close(ready)
	v := <-returned
	v.is(t, http.StatusServiceUnavailable, "try again")
	if v.header.Get("Retry-After") == "" || s.count(paywall.StateDue) != 0 {
		t.Errorf("got %v, and %d purchases are due", v.header, s.count(paywall.StateDue))
	}
	s.logged("reason=unavailable", "the paywall is closed")
	s.close() // again
	s.open()
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 3_00)
}

// A dueJournal waits before it writes that a purchase is due.
type dueJournal struct {
	paywall.Journal
	begun, goOn chan struct{}
}

func (j *dueJournal) Swap(ctx context.Context, to paywall.Entry) (bool, error) {
	if to.State == paywall.StateDue {
		j.begun <- struct{}{}
		<-j.goOn
	}
	return j.Journal.Swap(ctx, to)
}

// Close waits for a request that is writing that a purchase is due. If it cannot, it counts the purchase.
func TestClose_WhileCharging(t *testing.T) {
	for _, inTime := range []bool{true, false} {
		j := &dueJournal{Journal: paywall.NewMemory(), begun: make(chan struct{}, 9), goOn: make(chan struct{})}
		s := newShop(t, func(o *paywall.Options) { o.Journal = j })
		ann := s.Buyer("Ann", 5_00)
		b := s.browser(ann, true)
		back := b.pay()
		returned := make(chan view, 1)
		go func() { returned <- b.open(back) }()
		<-j.begun
		if inTime {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			closed := make(chan error, 1)
			go func() { closed <- s.wall.Close(ctx) }()
			until(t, "the beginning of Close", s.wall.IsClosing)
			close(j.goOn)
			if err := <-closed; err != nil {
				t.Error(err)
			}
		} else {
			closeSays(ended(t), t, s.wall, "purchases that are due stay in the journal: 1", nil)
			close(j.goOn)
		}
		(<-returned).is(t, http.StatusOK, "Here is the article.")
		if n := s.count(paywall.StateDue); inTime && n != 0 {
			t.Errorf("%d purchases are due", n)
		}
		if !inTime {
			closeSays(t.Context(), t, s.wall, "purchases that are due stay in the journal: 1", nil)
		}
		s.open()
		s.holds(ann, 3_00)
	}
}

// An OnCommit that closes the paywall learns that its own purchase is due. So does each later Close.
func TestClose_InOnCommit(t *testing.T) {
	s := newShop(t)
	s.close()
	told := make(chan error, 1)
	s.options.CallFor(20 * time.Millisecond)
	s.options.OnCommit = func(ctx context.Context, _ paywall.Entry) error {
		told <- s.wall.Close(ctx)
		return nil
	}
	s.open()
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	if err := <-told; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close in OnCommit says %v", err)
	}
	closeSays(t.Context(), t, s.wall, "purchases that are due stay in the journal: 1", nil)
	s.options.OnCommit = nil
	s.open()
	s.holds(ann, 3_00)
}
