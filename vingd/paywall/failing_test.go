package paywall_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

var errDisk = errors.New("the disk is full")

// A failingJournal fails at its nth call, in a way.
type failingJournal struct {
	paywall.Journal

	mu   sync.Mutex
	n    int
	at   int    // the call that fails; 0 for no call
	all  bool   // so do those after it
	how  string // "before", "after" or "late"
	late []func()
}

// fails counts a call, and returns how it fails, or nothing.
func (f *failingJournal) fails() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	if f.at != 0 && (f.n == f.at || f.all && f.n > f.at) {
		return f.how
	}
	return ""
}

func (f *failingJournal) Find(ctx context.Context, key paywall.Key) (paywall.Entry, error) {
	if f.fails() != "" {
		return paywall.Entry{}, errDisk
	}
	if err := ctx.Err(); err != nil { // as a database does
		return paywall.Entry{}, err
	}
	return f.Journal.Find(ctx, key)
}

func (f *failingJournal) Swap(ctx context.Context, to paywall.Entry) (bool, error) {
	how := f.fails()
	if err := ctx.Err(); err != nil {
		return false, err
	}
	switch how {
	case "before":
		return false, errDisk
	case "after":
		_, _ = f.Journal.Swap(ctx, to)
		return false, errDisk
	case "late":
		f.mu.Lock()
		f.late = append(f.late, func() { _, _ = f.Journal.Swap(context.WithoutCancel(ctx), to) })
		f.mu.Unlock()
		return false, errDisk
	default:
		f.arrive()
		return f.Journal.Swap(ctx, to)
	}
}

// arrive lets the writes arrive that are late.
func (f *failingJournal) arrive() {
	f.mu.Lock()
	late := f.late
	f.late = nil
	f.mu.Unlock()
	for _, write := range late {
		write()
	}
}

func (f *failingJournal) calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

// A journal that fails once costs a buyer nothing but a reload. It fails at any call, before or after the call is done, or
// the call is done late.
func TestSell_JournalFailsOnce(t *testing.T) {
	for _, how := range []string{"before", "after", "late"} {
		for _, cookies := range []bool{true, false} {
			t.Run(fmt.Sprint(how, cookies), func(t *testing.T) {
				t.Parallel()
				journal := &failingJournal{Journal: paywall.NewMemory(), how: how}
				s := newShop(t, func(o *paywall.Options) {
					o.Journal = journal
					o.Quick(2 * time.Second)
				})
				for n := 1; ; n++ {
					ann := s.Buyer("Ann", 5_00)
					b := s.browser(ann, cookies)
					back := b.pay()
					journal.mu.Lock()
					journal.n, journal.at = 0, n
					journal.mu.Unlock()
					served := false
					for try := 0; try < 100 && !served; try++ {
						v := b.open(back)
						served = v.status == http.StatusOK && v.body == wholeArticle
						if !served && v.status < 500 {
							t.Errorf("call %d: the buyer gets %d %s", n, v.status, v.body)
							break
						}
					}
					s.settled()
					calls := journal.calls()
					journal.mu.Lock()
					journal.at = 0
					journal.mu.Unlock()
					journal.arrive()
					if strings.Contains(s.log.String(), "panic") {
						t.Errorf("call %d: the log is %s", n, s.log)
					}
					if s.holds(ann, 3_00); !served || t.Failed() {
						t.Fatalf("call %d: the buyer is served %t", n, served)
					}
					if calls < n {
						if n < 8 {
							t.Errorf("there are %d calls only", n)
						}
						return
					}
				}
			})
		}
	}
}

// While a journal fails, from any call on, buyers get only content that is paid in the end. When it works again, they get
// what they have paid for.
func TestSell_JournalFailsForLong(t *testing.T) {
	for _, how := range []string{"before", "after", "late"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			for n := 1; n <= 12; n += endure.Rounds(1, 3) {
				journal := &failingJournal{Journal: paywall.NewMemory(), how: how, all: true}
				s := newShop(t, func(o *paywall.Options) {
					o.Journal = journal
					o.Quick(2 * time.Second)
				})
				ann := s.Buyer("Ann", 5_00)
				b := s.browser(ann, true)
				back := b.pay()
				journal.mu.Lock()
				journal.n, journal.at = 0, n
				journal.mu.Unlock()
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, back, nil)
				if err != nil {
					t.Fatal(err)
				}
				impatient, leave := context.WithTimeout(t.Context(), 50*time.Millisecond)
				if response, err := b.Do(r.WithContext(impatient)); err == nil {
					_ = response.Body.Close()
				}
				leave()
				journal.mu.Lock()
				journal.at = 0
				journal.mu.Unlock()
				journal.arrive()
				var v view
				until(t, "the article", func() bool {
					v = b.open(back)
					return v.status < 500
				})
				v.is(t, http.StatusOK, "Here is the article.")
				if s.holds(ann, 3_00); t.Failed() {
					t.Fatalf("when it fails from call %d on", n)
				}
			}
		})
	}
}

// The content is not served if the purchase cannot be made due.
func TestSell_JournalFailsAtDue(t *testing.T) {
	broken := &stateJournal{Journal: paywall.NewMemory(), state: paywall.StateDue}
	s := newShop(t, func(o *paywall.Options) {
		o.Journal = broken
		o.Patience(50 * time.Millisecond)
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	v := b.open(b.pay())
	v.is(t, http.StatusInternalServerError, "went wrong")
	if strings.Contains(v.body, "article.") || v.header.Get("Retry-After") == "" {
		t.Errorf("the page is %v %s", v.header, v.body)
	}
	closeSays(t.Context(), t, s.wall, "purchases that are due may stay in the journal", errDisk)
	s.open()
	s.holds(ann, 5_00)
}

// If the journal lacks the broker's yes to a commit, it is written when that works. The content goes out.
func TestSell_JournalFailsAtCommitted(t *testing.T) {
	broken := &stateJournal{Journal: paywall.NewMemory(), state: paywall.StateCommitted}
	s := newShop(t, func(o *paywall.Options) { o.Journal = broken })
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	broken.mend()
	s.settled()
	if n := s.wire.count("PUT/purchases/"); n != 1 {
		t.Errorf("it was committed %d times", n)
	}
	s.holds(ann, 3_00)
}

// A stateJournal cannot store a state until it is mended.
type stateJournal struct {
	paywall.Journal

	mu    sync.Mutex
	state paywall.State
}

func (j *stateJournal) Swap(ctx context.Context, to paywall.Entry) (bool, error) {
	j.mu.Lock()
	broken := to.State == j.state
	j.mu.Unlock()
	if broken {
		return false, errDisk
	}
	return j.Journal.Swap(ctx, to)
}

func (j *stateJournal) mend() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.state = paywall.StateAbsent
}

// A buyer who leaves while the token is verified, or while a write lasts, takes neither with them.
func TestSell_BuyerLeavesWhileVerifying(t *testing.T) {
	journal := &failingJournal{Journal: paywall.NewMemory()} // it minds its context
	s := newShop(t, func(o *paywall.Options) { o.Journal = journal })
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	hold := make(chan struct{})
	s.wire.hold("GET/tokens/", hold)
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, back, nil)
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan bool)
	go func() {
		if response, err := b.Do(r); err == nil {
			_ = response.Body.Close()
		}
		close(left)
	}()
	until(t, "the verification", func() bool { return s.wire.count("GET/tokens/") == 1 })
	leave()
	<-left
	close(hold)
	until(t, "the end of the verification", func() bool { return s.count(paywall.StateVerified) == 1 })
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	if n := s.wire.count("GET/tokens/"); n != 1 {
		t.Errorf("it was verified %d times", n)
	}
	s.holds(ann, 3_00)
}

// A claim that another process has left is taken up, after the time that a verification may take and not before.
func TestSell_ClaimLeftBehind(t *testing.T) {
	for _, executed := range []bool{false, true} {
		t.Run(fmt.Sprint("executed ", executed), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, func(o *paywall.Options) { o.Quick(3 * time.Second) })
			ann := s.Buyer("Ann", 5_00)
			b := s.browser(ann, true)
			back := b.pay()
			key := paywall.KeyOf(callbackOf(t, back))
			claim := paywall.Entry{Key: key, State: paywall.StateClaimed, Object: s.object, Nonce: "another's", Until: s.Now().UTC()}
			put(t, s.options.Journal, claim)
			if executed {
				if _, err := s.Client.Purchases.Verify(t.Context(), s.object, callbackOf(t, back).Token); err != nil {
					t.Fatal(err)
				}
			}
			v := b.open(back)
			v.is(t, http.StatusServiceUnavailable, "being verified")
			if n := s.wire.count("GET/tokens/"); n != map[bool]int{true: 1}[executed] || v.header.Get("Retry-After") == "" {
				t.Errorf("it was verified %d times at once", n)
			}
			until(t, "the verdict", func() bool {
				v = b.open(back)
				return v.status != http.StatusServiceUnavailable
			})
			if executed {
				v.is(t, http.StatusForbidden, "cannot be used")
				s.holds(ann, 5_00)
			} else {
				v.is(t, http.StatusOK, "Here is the article.")
				s.holds(ann, 3_00)
			}
		})
	}
}

// The broker's yes is written over what another process has written.
func TestSell_YesWins(t *testing.T) {
	t.Parallel()
	for _, state := range []paywall.State{paywall.StateClaimed, paywall.StateRefused, paywall.StateAbsent} {
		s := newShop(t)
		ann := s.Buyer("Ann", 5_00)
		b := s.browser(ann, true)
		back := b.pay()
		key := paywall.KeyOf(callbackOf(t, back))
		hold := make(chan struct{})
		s.wire.hold("GET/tokens/", hold)
		seen := make(chan view)
		go func() { seen <- b.open(back) }()
		until(t, "the verification", func() bool { return s.wire.count("GET/tokens/") == 1 })
		other, err := s.options.Journal.Find(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		other.State, other.Nonce = state, "another's"
		if ok, err := s.options.Journal.Swap(t.Context(), other); err != nil || !ok {
			t.Fatal(ok, err)
		}
		close(hold)
		v := <-seen
		v.is(t, http.StatusOK, "Here is the article.")
		s.holds(ann, 3_00)
	}
}

// The broker's no counts only if no other process has had its yes.
func TestSell_NoLooksAgain(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	hold := make(chan struct{})
	s.wire.hold("GET/tokens/", hold)
	seen := make(chan view)
	go func() { seen <- b.open(back) }()
	until(t, "the verification", func() bool { return s.wire.count("GET/tokens/") == 1 })
	// Another process verifies the token at the same time.
	key := paywall.KeyOf(callbackOf(t, back))
	purchase, err := s.sandboxClient().Purchases.Verify(t.Context(), s.object, callbackOf(t, back).Token)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := s.options.Journal.Find(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	entry.State, entry.Nonce, entry.Price, entry.Checked = paywall.StateVerified, "", price, true
	entry.Order, entry.Purchase, entry.Transfer, entry.Context = purchase.Order, purchase.ID, purchase.Transfer, purchase.Context
	if ok, err := s.options.Journal.Swap(t.Context(), entry); err != nil || !ok {
		t.Fatal(ok, err)
	}
	close(hold)
	v := <-seen
	v.is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 3_00)
}

// A token that was spent elsewhere is refused, and not verified again.
func TestSell_TokenSpentElsewhere(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	if _, err := s.sandboxClient().Purchases.Verify(t.Context(), s.object, callbackOf(t, back).Token); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		b.open(back).is(t, http.StatusForbidden, "cannot be used")
	}
	if n := s.wire.count("GET/tokens/"); n != 1 {
		t.Errorf("it was verified %d times", n)
	}
	s.logged("level=WARN", "the broker refuses a token", "error=")
	s.holds(ann, 5_00)
}

// A token that the broker does not know has no entry in the end.
func TestSell_UnknownToken(t *testing.T) {
	counting := &countingJournal{Journal: paywall.NewMemory()}
	s := newShop(t, func(o *paywall.Options) { o.Journal = counting })
	b := s.browser(nil, true)
	made := fmt.Sprintf("/article?oid=%d&tid=%s", s.object, strings.Repeat("ab", 16))
	for range 2 {
		b.open(made).is(t, http.StatusForbidden, "cannot be used")
		key := paywall.KeyOf(callbackOf(t, "https://shop.example"+made))
		if entry, err := counting.Find(t.Context(), key); err != nil || entry.Version != 0 {
			t.Errorf("the journal has %+v, %v", entry, err)
		}
	}
	s.logged("level=WARN", "the broker does not know a token", "error=")
	if n := s.wall.Stats().Refused; n != 2 {
		t.Errorf("%d tokens are counted", n)
	}
}

// However many made-up tokens arrive, only so many are verified at once.
func TestSell_VerificationsAtOnce(t *testing.T) {
	t.Parallel()
	counting, many := &countingJournal{Journal: paywall.NewMemory()}, endure.Rounds(200, 60)
	s := newShop(t, func(o *paywall.Options) { o.Journal = counting })
	hold := make(chan struct{})
	s.wire.hold("GET/tokens/", hold)
	counting.finds.Store(0)
	var all sync.WaitGroup
	for i := range many {
		b := s.browser(nil, false)
		all.Go(func() {
			v := b.open(fmt.Sprintf("/article?oid=%d&tid=%032x", s.object, i+1))
			v.is(t, http.StatusForbidden, "cannot be used")
		})
	}
	until(t, "the first verifications", func() bool { return s.wire.count("GET/tokens/") >= 32 && counting.finds.Load() >= int64(many) })
	if n := s.wire.count("GET/tokens/"); n != 32 {
		t.Errorf("%d tokens are verified at once", n)
	}
	close(hold)
	all.Wait()
	if n := s.wire.count("GET/tokens/"); n != many {
		t.Errorf("%d tokens were verified", n)
	}
}

// A purchase that was given back at Vingd is not served.
func TestSell_Reclaimed(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	s.wire.rewrite = func(body string) string { return strings.Replace(body, `"reclaimed":false`, `"reclaimed":true`, 1) }
	b.open(back).is(t, http.StatusForbidden, "cannot be used")
	s.wire.rewrite = nil
	b.open(back).is(t, http.StatusForbidden, "cannot be used")
	s.logged("level=WARN", "the broker refuses a token", "has the money back")
	if n := s.wall.Stats().Refused; n != 1 {
		t.Errorf("%d tokens are counted", n)
	}
	s.holds(ann, 5_00)
}

// A slowJournal writes a note only when the paywall has waited for as long as it does, and says then that it is written.
type slowJournal struct{ paywall.Journal }

func (j slowJournal) Swap(ctx context.Context, to paywall.Entry) (bool, error) {
	if to.State == paywall.StateNoted && to.Of != (paywall.Key{}) {
		<-ctx.Done()
	}
	return j.Journal.Swap(context.WithoutCancel(ctx), to)
}

// A note that is written late is written: the buyer is charged and has the page.
func TestSell_JournalIsSlow(t *testing.T) {
	t.Parallel()
	for _, cookies := range []bool{true, false} {
		t.Run(fmt.Sprint(cookies), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, func(o *paywall.Options) {
				o.Journal = slowJournal{paywall.NewMemory()}
				o.Patience(2 * time.Second)
			})
			ann := s.Buyer("Ann", 5_00)
			b := s.browser(ann, cookies)
			b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
			s.holds(ann, 3_00)
		})
	}
}
