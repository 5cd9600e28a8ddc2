package paywall_test

import (
	"context"
	"iter"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A replicated journal is a database with a replica that lags: after a failover, the changes since then are lost.
type replicatedJournal struct {
	mu      sync.Mutex
	primary paywall.Journal
	replica paywall.Journal
	lags    func(paywall.Entry) bool // reports whether the replica lags from this change on
	behind  bool
}

func (j *replicatedJournal) current() paywall.Journal {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.primary
}

// failOver makes the replica the primary.
func (j *replicatedJournal) failOver() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.primary, j.replica = j.replica, nil
}

func (j *replicatedJournal) Find(ctx context.Context, key paywall.Key) (paywall.Entry, error) {
	return j.current().Find(ctx, key)
}

func (j *replicatedJournal) Swap(ctx context.Context, to paywall.Entry) (bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	swapped, err := j.primary.Swap(ctx, to)
	if j.behind = j.behind || j.lags(to); swapped && err == nil && !j.behind && j.replica != nil {
		return j.replica.Swap(ctx, to)
	}
	return swapped, err
}

func (j *replicatedJournal) Unfinished(ctx context.Context) iter.Seq2[paywall.Entry, error] {
	return j.current().Unfinished(ctx)
}

func (j *replicatedJournal) Purge(ctx context.Context, before time.Time) error {
	return j.current().Purge(ctx, before)
}

// A failover or a restore loses the last changes of a purchase. A process that still runs finishes it, and writes it again.
// If the process has ended, a purchase that is Verified in the journal is charged once, and an unknown one is not.
func TestJournal_LosesChanges(t *testing.T) {
	for name, test := range map[string]struct {
		from            paywall.State // the first change that is lost
		ends, committed bool          // the process ends; the purchase is committed before the failover
		cookie, byToken int           // the status by the cookie, and by the token
		commits         int
		balance         vingd.Cents
	}{
		"the claim, of a process that lives":   {paywall.StateClaimed, false, false, 200, 200, 1, 3_00},
		"Verified, of a process that lives":    {paywall.StateVerified, false, false, 200, 200, 1, 3_00},
		"the note, of a process that lives":    {paywall.StateNoted, false, false, 200, 200, 1, 3_00},
		"Due, of a process that lives":         {paywall.StateDue, false, false, 200, 200, 1, 3_00},
		"Committed":                            {paywall.StateCommitted, true, true, 200, 200, 2, 3_00},
		"Due, and the process ends":            {paywall.StateDue, true, false, 200, 200, 2, 3_00},
		"Due, committed, and the process ends": {paywall.StateDue, true, true, 200, 200, 2, 3_00},
		"the note, and the process ends":       {paywall.StateNoted, true, true, 402, 200, 2, 3_00},
		"all of it, and the process ends":      {paywall.StateClaimed, true, false, 402, 403, 1, 5_00},
		"all of it, committed, and it ends":    {paywall.StateClaimed, true, true, 402, 403, 1, 3_00},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := &replicatedJournal{primary: paywall.NewMemory(), replica: paywall.NewMemory(), lags: func(paywall.Entry) bool { return false }}
			s := newShop(t, func(o *paywall.Options) {
				o.Remember(time.Nanosecond) // the journal counts, not what a process remembers
				o.Journal, o.CommitTimeout = j, time.Millisecond
			})
			ann := s.Buyer("Ann", 5_00)
			b := s.browser(ann, true)
			back := b.pay()
			j.mu.Lock()
			j.lags = func(to paywall.Entry) bool { return to.State == test.from }
			j.mu.Unlock()
			commit := make(chan struct{})
			if !test.committed {
				s.wire.hold("PUT/purchases/", commit)
			}
			b.open(back).is(t, http.StatusOK, "Here is the article.")
			if test.committed {
				s.settled()
			} else {
				until(t, "the commit", func() bool { return s.wire.count("PUT/purchases/") == 1 })
			}
			j.failOver()
			if test.ends {
				s.abandon()
				s.wire.hold("", nil)
				s.open()
			} else {
				close(commit)
			}
			until(t, "the end of the commit", func() bool { return s.wall.Stats().Committing == 0 })
			if v := b.open("/article?page=1"); v.status != test.cookie {
				t.Errorf("by the cookie, the buyer gets %d %q", v.status, v.body)
			}
			if v := s.browser(ann, false).open(back); v.status != test.byToken {
				t.Errorf("by the token, the buyer gets %d %q", v.status, v.body)
			}
			s.settled()
			if !test.ends {
				s.logged("level=ERROR", "the journal has lost changes")
			}
			if n := s.wire.count("PUT/purchases/"); n != test.commits {
				t.Errorf("it is committed %d times", n)
			}
			s.holds(ann, test.balance)
		})
	}
}
