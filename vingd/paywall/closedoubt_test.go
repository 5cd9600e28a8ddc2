package paywall_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Close commits what a reading has found of another process, unless that process has committed it since.
func TestClose_OthersDue(t *testing.T) {
	for _, committed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			journal, broker := paywall.NewMemory(), new(awayBroker)
			broker.back.Store(true)
			wall := wallOn(t, broker, journal)
			synctest.Wait()
			putDue(t, journal, 3)
			<-time.After(10*time.Second + 1)
			synctest.Wait()
			for entry, err := range journal.Unfinished(t.Context()) {
				if err != nil {
					t.Error(err)
				}
				if entry.State = paywall.StateCommitted; committed {
					put(t, journal, entry)
				}
			}
			if err := wall.Close(t.Context()); err != nil {
				t.Error(err)
			}
			for entry, err := range journal.Unfinished(t.Context()) {
				t.Errorf("got %+v, %v", entry, err)
			}
			if calls := broker.calls.Load(); (calls == 0) != committed {
				t.Errorf("the broker got %d calls", calls)
			}
		})
	}
}

// If Close cannot commit what a reading has found of another process, it counts it.
func TestClose_OthersDueStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := paywall.NewMemory()
		wall := wallOn(t, new(awayBroker), journal)
		synctest.Wait()
		putDue(t, journal, 3)
		<-time.After(10*time.Second + 1)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		closeSays(ctx, t, wall, "purchases that are due stay in the journal: 3", context.DeadlineExceeded)
	})
}

// A journalAwayLater is a journal that cannot be read for a while.
type journalAwayLater struct {
	paywall.Journal
	away atomic.Bool
}

func (j *journalAwayLater) Unfinished(ctx context.Context) iter.Seq2[paywall.Entry, error] {
	if j.away.Load() {
		return (&awayJournal{j.Journal}).Unfinished(ctx)
	}
	return j.Journal.Unfinished(ctx)
}

// Close says if the last reading of the journal has failed, though the first one has not.
func TestClose_LaterReadingFailed(t *testing.T) {
	for _, back := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			journal := &journalAwayLater{Journal: paywall.NewMemory()}
			wall := wallOn(t, new(awayBroker), journal)
			synctest.Wait()
			journal.away.Store(true)
			<-time.After(10*time.Second + 1)
			synctest.Wait()
			if !back {
				closeSays(t.Context(), t, wall, "not read", errDisk)
				return
			}
			journal.away.Store(false)
			<-time.After(10 * time.Second)
			synctest.Wait()
			if err := wall.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// A lostAnswerJournal stores that a purchase is due, and fails then.
type lostAnswerJournal struct {
	paywall.Journal
	lost atomic.Bool
}

func (j *lostAnswerJournal) Swap(ctx context.Context, to paywall.Entry) (bool, error) {
	swapped, err := j.Journal.Swap(ctx, to)
	if to.State == paywall.StateDue {
		j.lost.Store(true)
		return false, errors.Join(err, errDisk)
	}
	return swapped, err
}

func (j *lostAnswerJournal) Find(ctx context.Context, key paywall.Key) (paywall.Entry, error) {
	if j.lost.Load() {
		return paywall.Entry{}, errDisk
	}
	return j.Journal.Find(ctx, key)
}

// The journal does not say whether it has written that a purchase is due. Close says so. The next process commits it.
func TestClose_LostAnswer(t *testing.T) {
	memory := paywall.NewMemory()
	s := newShop(t, func(o *paywall.Options) {
		o.Journal = &lostAnswerJournal{Journal: memory}
		o.Patience(50 * time.Millisecond)
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusInternalServerError, "Something went wrong")
	closeSays(t.Context(), t, s.wall, "purchases that are due may stay in the journal", errDisk)
	s.options.Journal = memory
	s.open()
	s.settled()
	s.holds(ann, 3_00)
}

// The next reading of the journal tells whether a purchase is due.
func TestClose_AnswerRead(t *testing.T) {
	journal := &lostAnswerJournal{Journal: paywall.NewMemory()}
	s := newShop(t, func(o *paywall.Options) {
		o.Journal = journal
		o.Patience(50 * time.Millisecond)
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusInternalServerError, "Something went wrong")
	journal.lost.Store(false)
	s.wall.TakeUp()
	if err := s.wall.Close(t.Context()); err != nil {
		t.Error(err)
	}
	s.open()
	s.holds(ann, 3_00)
}
