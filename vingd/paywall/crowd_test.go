package paywall_test

import (
	"context"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Many people buy at once: they share one order, each pays once, and the seller is told of each once.
func TestSell_Crowd(t *testing.T) {
	t.Parallel()
	crowd := endure.Rounds(40, 16)
	for _, require := range []bool{false, true} {
		var mu sync.Mutex
		told := make(map[paywall.Key]int)
		s := newShop(t, func(o *paywall.Options) {
			o.Journal, o.RequireCommit = openFile(t, filepath.Join(t.TempDir(), "journal")), require
			o.OnCommit = func(_ context.Context, entry paywall.Entry) error {
				mu.Lock()
				defer mu.Unlock()
				told[entry.Key]++
				return nil
			}
		})
		before, err := s.Balance(s.Seller())
		if err != nil {
			t.Fatal(err)
		}
		var buying sync.WaitGroup
		var buyers []*sandbox.Buyer
		for range crowd {
			buyer := s.Buyer("Ann", 5_00)
			buyers = append(buyers, buyer)
			b := s.browser(buyer, true)
			buying.Go(func() {
				first := b.open("/article?page=1&vingd=buy")
				back, err := buyer.Pay(orderOf(t, first.header.Get("Location")))
				if err != nil {
					t.Error(err)
					return
				}
				b.open(back.String()).is(t, http.StatusOK, "Here is the article.")
				b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
			})
		}
		buying.Wait()
		s.close()
		s.Advance(16 * time.Minute)
		for _, buyer := range buyers {
			if buyer.Balance() != 3_00 {
				t.Errorf("somebody holds %v", buyer.Balance())
			}
		}
		if after, err := s.Balance(s.Seller()); err != nil || after-before != vingd.Cents(crowd)*price {
			t.Errorf("the seller gets %v, %v", after-before, err)
		}
		if orders, tokens := s.wire.count("POST/orders/"), s.wire.count("GET/tokens/"); orders != 1 || tokens != crowd {
			t.Errorf("there were %d orders, %d verifications", orders, tokens)
		}
		for key, n := range told {
			if n != 1 {
				t.Errorf("the seller is told %d times of %v", n, key)
			}
		}
		if len(told) != crowd {
			t.Errorf("the seller is told of %d purchases", len(told))
		}
	}
}

// Concurrent requests with one token have it verified once. A request that ends early does not spoil it.
func TestSell_SameTokenAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	back := s.browser(ann, true).pay()
	s.Fail("verifyPurchase", sandbox.Fault{Delay: 50 * time.Millisecond, Count: 1})
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
				return // it did not wait
			}
			late := b.Jar != nil && response.StatusCode == http.StatusPaymentRequired // charged for another browser
			if response.StatusCode != http.StatusOK && !late {
				t.Errorf("a request gets %d", response.StatusCode)
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

// Three paywalls on one journal, as three processes have it in a database, verify and commit a purchase once.
func TestSell_SharedJournal(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	walls := []*paywall.Paywall{s.wall}
	for range 2 {
		other, err := paywall.New(s.Client, s.options)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := other.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		walls = append(walls, other)
	}
	back := s.browser(ann, true).pay()
	s.Fail("verifyPurchase", sandbox.Fault{Delay: 50 * time.Millisecond, Count: 1})
	var race sync.WaitGroup
	for i := range 18 {
		race.Go(func() {
			w := follow(t, walls[i%3].Sell(s.offer, s.content), back)
			if w.Code != http.StatusOK || w.Body.String() != "Here is the article.\n" {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
		})
	}
	race.Wait()
	if n := s.wire.count("GET/tokens/"); n != 1 {
		t.Errorf("it was verified %d times", n)
	}
	s.holds(ann, 3_00)
}

// A seller's own session takes the place of the cookie.
func TestSell_OwnSession(t *testing.T) {
	s, held, ann, b := newSessionShop(t)
	back, err := ann.PayAnonymously(orderOf(t, b.open("/article?vingd=buy").header.Get("Location")))
	if err != nil {
		t.Fatal(err)
	}
	before := s.Now().Truncate(time.Second)
	b.open(back.String()).is(t, http.StatusOK, "Here is the article.")
	b.open("/article").is(t, http.StatusOK, "Here is the article.")
	const lasts = paywall.DefaultAccess + 15*time.Minute // until then, the purchase may become due
	if grant := held.grants[s.object]; grant.Buyer != "" || grant.Purchase == 0 || grant.Key != paywall.KeyOf(callbackOf(t, back.String())) ||
		grant.Object != s.object || grant.Expires.Before(before.Add(lasts)) || grant.Expires.After(s.Now().Add(lasts)) {
		t.Errorf("it was given %+v", grant)
	}
	s.holds(ann, 3_00)
	b.open("/article").is(t, http.StatusOK, "Here is the article.")
	s.Advance(paywall.DefaultAccess)
	if v := b.open("/article"); v.status != http.StatusPaymentRequired {
		t.Errorf("after AccessFor the buyer gets %d %s", v.status, v.body)
	}
	held.broken = http.ErrServerClosed
	b.open("/article").is(t, http.StatusInternalServerError, "went wrong")
}

// A buyer is not charged while the session's Grant fails: the page would sell the content again. Neither is an app that
// keeps no cookies.
func TestSell_OwnSessionFails(t *testing.T) {
	for _, cookies := range []bool{false, true} {
		for _, again := range []bool{false, true} {
			s, held, ann, b := newSessionShop(t)
			if !cookies {
				b = s.browser(ann, false)
			}
			back := b.pay()
			held.failGrant = http.ErrServerClosed
			b.open(back).is(t, http.StatusInternalServerError, "went wrong")
			s.logged("level=ERROR", "reason=broken", "Server closed")
			if !again {
				s.holds(ann, 5_00)
				continue
			}
			held.failGrant = nil
			b.open(back).is(t, http.StatusOK, "Here is the article.")
			s.holds(ann, 3_00)
			b.open("/article").is(t, http.StatusOK, "Here is the article.")
		}
	}
}

// Nor is a buyer charged if the session fails between the first look and the grant.
func TestSell_OwnSessionFailsLater(t *testing.T) {
	s, held, ann, b := newSessionShop(t)
	back := b.pay()
	held.breaks = 2
	b.open(back).is(t, http.StatusInternalServerError, "went wrong")
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 3_00)
}

// A session that returns a grant of another object opens nothing by it, before the purchase is charged and after it.
func TestSell_OwnSessionOfOtherObject(t *testing.T) {
	s, held, ann, b := newSessionShop(t)
	article, offered := s.content, s.offered
	s.serves(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusInternalServerError) })
	b.open(b.pay()).is(t, http.StatusInternalServerError, "sorry")
	other := paywall.Offer{Object: s.object + 1, Price: price, Context: offered.Context}
	for range 2 {
		held.mu.Lock()
		held.grants[other.Object] = held.grants[s.object]
		held.mu.Unlock()
		s.sells(other)
		s.serves(article.ServeHTTP)
		b.open("/article?page=1").is(t, http.StatusPaymentRequired, "Buy for")
		s.sells(offered)
		b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
		s.settled()
	}
	s.holds(ann, 3_00)
}

// newSessionShop returns a shop that keeps access in a session, with a buyer and a browser of theirs.
func newSessionShop(t *testing.T) (s *shop, held *session, ann *sandbox.Buyer, b *browser) {
	t.Helper()
	held = &session{grants: make(map[vingd.ObjectID]paywall.Grant)}
	s = newShop(t, func(o *paywall.Options) { o.Access = held })
	ann = s.Buyer("Ann", 5_00)
	return s, held, ann, s.browser(ann, true)
}

// A session is that of the only user.
type session struct {
	mu                sync.Mutex
	grants            map[vingd.ObjectID]paywall.Grant
	broken, failGrant error
	breaks            int // the look from now on at which it breaks; 0 for none
}

func (s *session) Grant(_ http.ResponseWriter, _ *http.Request, grant paywall.Grant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failGrant == nil {
		s.grants[grant.Object] = grant
	}
	return s.failGrant
}

func (s *session) Granted(_ *http.Request, object vingd.ObjectID) (paywall.Grant, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	grant, ok := s.grants[object]
	if s.breaks--; s.breaks == 0 {
		return paywall.Grant{}, false, http.ErrServerClosed
	}
	return grant, ok, s.broken
}
