package paywall_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// OnCommit is called until it returns nil, once if nothing fails, and before the journal says that the purchase is committed.
func TestOptions_OnCommit(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told []paywall.Entry
	fails := 2
	s := newShop(t, func(o *paywall.Options) {
		o.OnCommit = func(ctx context.Context, entry paywall.Entry) error {
			mu.Lock()
			defer mu.Unlock()
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("the call has no end")
			}
			told = append(told, entry)
			if len(told) <= fails {
				return errors.New("the accounts are closed")
			}
			return nil
		}
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 3_00)
	if len(told) != fails+1 {
		t.Fatalf("it was called %d times", len(told))
	}
	for _, entry := range told {
		if entry.Key != told[0].Key || entry.State != paywall.StateCommitted || entry.Object != s.object || entry.Price != price || entry.Purchase == 0 || entry.Buyer == "" {
			t.Errorf("it was told %+v", entry)
		}
	}
	if n := s.wire.count("PUT/purchases/"); n != 1 {
		t.Errorf("it was committed %d times", n)
	}
	s.logged("level=ERROR", "OnCommit failed", "the accounts are closed")
}

// A process that ends between the commit and its OnCommit leaves both to the next one.
func TestOptions_OnCommitAfterRestart(t *testing.T) {
	t.Parallel()
	var failed, told atomic.Int64
	s := newShop(t, func(o *paywall.Options) {
		o.OnCommit = func(context.Context, paywall.Entry) error {
			failed.Add(1)
			return errors.New("the accounts are closed")
		}
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	until(t, "the first call", func() bool { return failed.Load() > 0 })
	s.abandon()
	s.options.OnCommit = func(context.Context, paywall.Entry) error {
		told.Add(1)
		return nil
	}
	s.options.Quick(time.Second)
	s.open()
	s.settled()
	if n := told.Load(); n != 1 {
		t.Errorf("the next process called it %d times", n)
	}
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 3_00)
}

// A commit that the broker has refused is not told.
func TestOptions_OnCommitExpired(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) {
		o.OnCommit = func(context.Context, paywall.Entry) error {
			t.Error("an expired purchase is told as a commit")
			return nil
		}
	})
	s.Fail("commitPurchase", sandbox.Fault{Status: http.StatusConflict})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusGone, "not charged")
	s.holds(ann, 5_00)
}

// An OnCommit that panics ends no process: it has failed.
func TestOptions_OnCommitPanics(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	s := newShop(t, func(o *paywall.Options) {
		o.OnCommit = func(context.Context, paywall.Entry) error {
			if calls.Add(1) == 1 {
				panic(errors.New("no accounts"))
			}
			return nil
		}
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	until(t, "the second call", func() bool { return calls.Load() == 2 })
	s.logged("level=ERROR", "OnCommit failed", "panic: no accounts")
	s.holds(ann, 3_00)
}
