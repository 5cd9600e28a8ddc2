package paywall_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A hundred people buy at once, each for herself: one order does for all, and each pays once.
func TestCrowd(t *testing.T) {
	for _, promise := range []paywall.Promise{paywall.ServeThenCommit, paywall.CommitThenServe} {
		journal, err := paywall.OpenJournal(filepath.Join(t.TempDir(), "journal"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = journal.Close() })
		s := newShop(t, func(o *paywall.Options) { o.Journal, o.Promise = journal, promise })
		var crowd sync.WaitGroup
		var buyers []*sandbox.Buyer
		for range 100 {
			buyer := s.Buyer("Ann", 5_00)
			buyers = append(buyers, buyer)
			b := s.browser(buyer, true)
			crowd.Go(func() {
				first := b.open("/article?page=1")
				back, err := buyer.Pay(orderOf(t, first.header.Get("Location")))
				if err != nil {
					t.Error(err)
					return
				}
				b.open(back.String()).is(t, http.StatusOK, "Here is the article.")
				b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
			})
		}
		crowd.Wait()
		s.close()
		s.Advance(16 * time.Minute)
		for _, buyer := range buyers {
			if buyer.Balance() != 3_00 {
				t.Errorf("somebody holds %v", buyer.Balance())
			}
		}
		if orders, tokens, commits := s.wire.count("POST/orders/"), s.wire.count("GET/tokens/"), s.wire.count("PUT/purchases/"); orders != 1 || tokens != 100 || commits != 100 {
			t.Errorf("there were %d orders, %d verifications, %d commits", orders, tokens, commits)
		}
	}
}

// Requests that race with one token have it verified once; whoever does not wait for the verdict does not spoil it.
func TestRace(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	back := s.browser(ann, true).pay()
	s.Fail("verifyPurchase", sandbox.Fault{Delay: 50 * time.Millisecond, Next: 1})
	var race sync.WaitGroup
	for i := range 32 {
		b := s.browser(ann, i%2 == 0)
		race.Go(func() {
			ctx := t.Context()
			if i%8 == 7 {
				given, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
				defer cancel()
				ctx = given
			}
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, back, nil)
			if err != nil {
				t.Error(err)
				return
			}
			response, err := b.Do(r)
			if err != nil {
				return // she did not wait
			}
			if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusForbidden {
				t.Errorf("she gets %d", response.StatusCode)
			}
			_ = response.Body.Close()
		})
	}
	race.Wait()
	if n := s.wire.count("GET/tokens/"); n != 1 {
		t.Errorf("it was verified %d times", n)
	}
	s.holds(ann, 3_00)
}

// Two paywalls on one journal, as two processes have it in a database, verify a token once between them.
func TestSharedJournal(t *testing.T) {
	meeting := &meetingJournal{Journal: paywall.NewMemory()}
	meeting.both.Add(2)
	s := newShop(t, func(o *paywall.Options) { o.Journal = meeting })
	ann := s.Buyer("Ann", 5_00)
	other, err := paywall.New(s.Client, s.options)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(t.Context()) //nolint:errcheck // it has nothing to do
	back := s.browser(ann, true).pay()
	handlers := []http.Handler{s.wall.Sell(s.offer, s.content), other.Sell(s.offer, s.content)}
	var race sync.WaitGroup
	for i := range 16 {
		race.Go(func() {
			w := httptest.NewRecorder()
			handlers[i%2].ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, back, nil))
			switch w.Code {
			case http.StatusOK, http.StatusForbidden: // the first, and those after her
			case http.StatusBadGateway: // while the other is verifying
			default:
				t.Errorf("got %d %s", w.Code, w.Body)
			}
		})
	}
	race.Wait()
	if n := s.wire.count("GET/tokens/"); n != 1 {
		t.Errorf("it was verified %d times", n)
	}
	if err := other.Close(t.Context()); err != nil {
		t.Error(err)
	}
	s.holds(ann, 3_00)
}

// A meetingJournal lets the first two who look for a token know both that it is not there, before either goes on.
type meetingJournal struct {
	paywall.Journal

	both  sync.WaitGroup
	finds atomic.Int32
}

func (m *meetingJournal) Find(ctx context.Context, key paywall.Key) (paywall.Entry, error) {
	entry, err := m.Journal.Find(ctx, key)
	if m.finds.Add(1) <= 2 {
		m.both.Done()
		m.both.Wait()
	}
	return entry, err
}

// A seller's own session takes the cookie's place.
func TestSession(t *testing.T) {
	held := &session{grants: make(map[vingd.ObjectID]paywall.Grant)}
	s := newShop(t, func(o *paywall.Options) { o.Access, o.Keys = held, nil })
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back, err := ann.PayAnonymously(orderOf(t, b.open("/article").header.Get("Location")))
	if err != nil {
		t.Fatal(err)
	}
	b.open(back.String()).is(t, http.StatusOK, "Here is the article.")
	b.open("/article").is(t, http.StatusOK, "Here is the article.")
	if grant := held.grants[s.object]; grant.Buyer != "" || grant.Purchase == 0 || !grant.Expires.After(s.Now()) {
		t.Errorf("it was given %+v", grant)
	}
	s.holds(ann, 3_00)
	b.open("/article").is(t, http.StatusOK, "Here is the article.")
	s.Advance(paywall.DefaultAccess)
	if v := b.open("/article"); v.status != http.StatusSeeOther {
		t.Errorf("after her time she gets %d %s", v.status, v.body)
	}
	held.broken = http.ErrServerClosed
	b.open("/article").is(t, http.StatusInternalServerError, "went wrong")
}

// A session is that of the only user.
type session struct {
	mu     sync.Mutex
	grants map[vingd.ObjectID]paywall.Grant
	broken error
}

func (s *session) Grant(_ http.ResponseWriter, _ *http.Request, grant paywall.Grant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants[grant.Object] = grant
	return s.broken
}

func (s *session) Granted(_ *http.Request, object vingd.ObjectID) (paywall.Grant, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	grant, ok := s.grants[object]
	return grant, ok, s.broken
}
