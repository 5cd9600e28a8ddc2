package paywall_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A browser that has signed out has nothing any more.
func TestSignOut_Forgets(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.around = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/out" {
				s.wall.SignOut(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	name := b.cookie().Name
	out := b.open("/out")
	out.is(t, http.StatusOK, "")
	gone := (&http.Response{Header: out.header}).Cookies()
	if len(gone) != 2 || gone[0].Name != name || gone[1].Name != "__Host-vingd-page" || gone[0].MaxAge >= 0 || gone[1].MaxAge >= 0 || gone[0].Value+gone[1].Value != "" {
		t.Errorf("the cookies are %v", gone)
	}
	b.open("/article?page=1").is(t, http.StatusPaymentRequired, "Buy for 2.00")
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 1_00)
}

// A purchase that is revoked opens nothing, on other machines within a minute. Nothing else can be revoked.
func TestRevoke_Committed(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) { o.Remember(50 * time.Millisecond) })
	ann := s.Buyer("Ann", 5_00)
	var key paywall.Key
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		entry, _ := paywall.FromContext(r.Context())
		key = entry.Key
		if err := s.wall.Revoke(r.Context(), key); entry.State != paywall.StateCommitted && (err == nil || !strings.Contains(err.Error(), string(entry.State))) {
			t.Errorf("a purchase that is %s: got %v", entry.State, err)
		}
		_, _ = w.Write([]byte("Here is the article."))
	})
	b := s.browser(ann, true)
	back := b.pay()
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	other, err := paywall.New(s.Client, s.options)
	if err != nil {
		t.Fatal(err)
	}
	first := s.wall
	s.mu.Lock()
	s.wall = other
	s.mu.Unlock()
	s.serves(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("Here is the article.")) })
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	for range 2 { // it is revoked once
		if err := first.Revoke(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "the end of the access", func() bool { return b.open("/article?page=1").status == http.StatusPaymentRequired })
	b.open(back).is(t, http.StatusForbidden, "cannot be used")
	s.mu.Lock()
	s.wall = first
	s.mu.Unlock()
	b.open("/article?page=1").is(t, http.StatusPaymentRequired, "Buy for 2.00")
	if err := other.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.options.Journal.Purge(t.Context(), s.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	b.open(back).is(t, http.StatusForbidden, "cannot be used")
	if err := first.Revoke(t.Context(), key); err == nil {
		t.Error("a purchase that was purged is revoked")
	}
	if err := s.wall.Revoke(t.Context(), paywall.Key{1}); err == nil || !strings.Contains(err.Error(), paywall.Key{1}.String()) {
		t.Errorf("an unknown key: got %v", err)
	}
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 1_00)
}

// Revoke reports a journal that fails, before and after the write.
func TestRevoke_JournalFails(t *testing.T) {
	for at := range 2 {
		s := newShop(t)
		entry := paywall.Entry{Key: paywall.Key{1}, State: paywall.StateClaimed, Object: 1, Until: s.Now().UTC().Add(time.Hour)}
		put(t, s.options.Journal, entry)
		entry.Version, entry.State = 1, paywall.StateCommitted
		put(t, s.options.Journal, entry)
		s.close()
		s.options.Journal = &failingJournal{Journal: s.options.Journal, at: at + 1, all: true, how: "before"}
		wall, err := paywall.New(s.Client, s.options)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := wall.Revoke(ctx, entry.Key); err == nil || !strings.Contains(err.Error(), "revoke "+entry.Key.String()) {
			t.Errorf("from call %d on: got %v", at+1, err)
		}
		cancel()
		if err := wall.Close(t.Context()); err != nil {
			t.Error(err)
		}
		s.options.Journal = paywall.NewMemory()
		s.open()
	}
}

// Bought says who has bought what, for teasers and menus.
func TestBought_OfEachBrowser(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b, other := s.browser(ann, true), s.browser(ann, true)
	var told []string
	ask := func(b *browser) {
		s.offering = func(r *http.Request) {
			entry, bought, err := s.wall.Bought(r, s.offered)
			told = append(told, fmt.Sprint(bought, " ", entry.State, " ", err))
		}
		b.open("/article?page=1")
		s.offering = nil
	}
	ask(b)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	other.open("/article?vingd=buy")
	s.settled()
	ask(b)
	ask(other)
	s.Advance(24*time.Hour - time.Minute)
	ask(b)
	s.Advance(time.Minute)
	ask(b)
	s.options.Journal = &failingJournal{Journal: s.options.Journal, at: 1, all: true, how: "before"}
	s.close()
	s.open()
	ask(b)
	if want := []string{"false  <nil>", "true committed <nil>", "false  <nil>", "true committed <nil>", "false  <nil>"}; len(told) != 6 || !slices.Equal(told[:5], want) ||
		!strings.HasPrefix(told[5], "false  the journal failed") {
		t.Errorf("got %q, want %q and an error", told, want)
	}
}

// A journal that is away is not called without a pause.
func TestRevoke_JournalAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := vingd.New(vingd.Password("a", "b"), vingd.WithEndpoint("https://broker.example/v1"))
		if err != nil {
			t.Fatal(err)
		}
		memory := paywall.NewMemory()
		entry := paywall.Entry{Key: paywall.Key{1}, State: paywall.StateCommitted, Object: 1, Until: time.Now().UTC().Add(time.Hour)}
		put(t, memory, entry)
		journal := &failingJournal{Journal: memory, at: 2, all: true, how: "before"}
		wall, err := paywall.New(client, paywall.Options{Journal: journal, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := wall.Revoke(ctx, entry.Key); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if n := journal.calls(); n < 20 || n > 60 { // two each time
			t.Errorf("it is called %d times in 10 seconds", n)
		}
		if err := wall.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
}
