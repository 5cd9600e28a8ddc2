package paywall_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A hungCall is an OnCommit that ignores its context. It hangs for the purchases that it is told to hang for.
type hungCall struct {
	hangs   func(paywall.Entry) bool // optional
	release chan struct{}
	fails   error // of the calls that hung

	mu     sync.Mutex
	begun  map[paywall.Key]int
	nested map[paywall.Key]int // calls that go on
	beside int                 // calls beside another one for the same purchase
	told   map[paywall.Key]bool
}

func newHungCall() *hungCall {
	return &hungCall{
		release: make(chan struct{}), begun: make(map[paywall.Key]int), nested: make(map[paywall.Key]int), told: make(map[paywall.Key]bool),
	}
}

func (h *hungCall) call(_ context.Context, entry paywall.Entry) (err error) {
	h.mu.Lock()
	h.begun[entry.Key]++
	if h.nested[entry.Key]++; h.nested[entry.Key] > 1 {
		h.beside++
	}
	h.mu.Unlock()
	if h.hangs == nil || h.hangs(entry) {
		<-h.release
		err = h.fails
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.nested[entry.Key]--
	h.told[entry.Key] = h.told[entry.Key] || err == nil
	return err
}

// calls returns for how many purchases it was called, how often, and how many it was told.
func (h *hungCall) calls() (purchases, calls, told int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.begun {
		calls += n
	}
	for _, yes := range h.told {
		if yes {
			told++
		}
	}
	return len(h.begun), calls, told
}

// sellsTo has buyers buy the article, each in a browser of their own.
func (s *shop) sellsTo(buyers []*sandbox.Buyer) {
	s.t.Helper()
	for _, buyer := range buyers {
		b := s.browser(buyer, true)
		b.open(b.pay()).is(s.t, http.StatusOK, "Here is the article.")
	}
}

// hangsFor opens a shop whose OnCommit hangs. Its context ends soon.
func hangsFor(t *testing.T, h *hungCall) *shop {
	t.Helper()
	return newShop(t, func(o *paywall.Options) {
		o.CallFor(20 * time.Millisecond)
		o.OnCommit = h.call
	})
}

// Calls of OnCommit that hang keep no purchase from being charged, and no other purchase from being told. No purchase is told
// twice at once. A late nil counts.
func TestOnCommit_ManyHang(t *testing.T) {
	t.Parallel()
	const buyers, others = 100, 5
	h := newHungCall()
	var sold atomic.Int64
	h.hangs = func(paywall.Entry) bool { return sold.Load() < buyers }
	s := hangsFor(t, h)
	crowd := s.crowdOf(buyers + others)
	s.sellsTo(crowd[:buyers])
	if n := s.wire.count("PUT/purchases/"); n != buyers {
		t.Errorf("%d purchases are charged", n)
	}
	until(t, "a call for each purchase", func() bool { n, _, _ := h.calls(); return n == buyers })
	sold.Store(buyers)
	s.sellsTo(crowd[buyers:])
	until(t, "the calls that do not hang", func() bool { _, _, told := h.calls(); return told == others })
	until(t, "an error for each call", func() bool {
		return strings.Count(s.log.String(), "OnCommit takes too long") == buyers
	})
	s.logged("level=ERROR", "OnCommit takes too long", "purchase=")
	until(t, "the commits that were told", func() bool { return s.wall.Stats().Committing == buyers })
	if n := s.count(paywall.StateDue); n != buyers {
		t.Errorf("the journal says that %d purchases are due", n)
	}
	close(h.release)
	s.settled()
	if _, n, told := h.calls(); n != buyers+others || told != n || h.beside != 0 {
		t.Errorf("there were %d calls, %d purchases were told, and %d calls were made beside another", n, told, h.beside)
	}
	s.paidFor(crowd, slices.Repeat([]bool{true}, len(crowd)))
}

// A call that hangs and fails is made again, not beside the first one.
func TestOnCommit_HangsAndFails(t *testing.T) {
	t.Parallel()
	h := newHungCall()
	h.fails = errors.New("no accounts")
	var hung atomic.Bool
	h.hangs = func(paywall.Entry) bool { return hung.CompareAndSwap(false, true) }
	s := hangsFor(t, h)
	ann := s.Buyer("Ann", 5_00)
	s.sellsTo([]*sandbox.Buyer{ann})
	s.logged("level=ERROR", "OnCommit takes too long")
	s.wall.TakeUp()
	if _, n, _ := h.calls(); n != 1 {
		t.Errorf("there were %d calls", n)
	}
	close(h.release)
	s.settled()
	if _, n, told := h.calls(); n != 2 || told != 1 || h.beside != 0 {
		t.Errorf("there were %d calls, %d purchases were told, and %d calls were made beside another", n, told, h.beside)
	}
	s.logged("level=ERROR", "OnCommit failed", "no accounts")
	s.holds(ann, 3_00)
}

// Close waits for a call until its context ends, though the call goes on. The next process makes the call again.
func TestOnCommit_HangsAtClose(t *testing.T) {
	t.Parallel()
	h := newHungCall()
	var next atomic.Bool // process
	h.hangs = func(paywall.Entry) bool { return !next.Load() }
	s := hangsFor(t, h)
	ann := s.Buyer("Ann", 5_00)
	s.sellsTo([]*sandbox.Buyer{ann})
	until(t, "the call", func() bool { n, _, _ := h.calls(); return n == 1 })
	ctx, cancel := context.WithCancel(t.Context())
	closed := make(chan error, 1)
	go func() { closed <- s.wall.Close(ctx) }()
	s.logged("level=ERROR", "OnCommit takes too long")
	select {
	case err := <-closed:
		t.Errorf("Close does not wait for the call: %v", err)
	default:
	}
	cancel()
	select {
	case err := <-closed:
		if err == nil || !strings.Contains(err.Error(), "stay in the journal") {
			t.Errorf("got %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Close does not return")
	}
	if s.count(paywall.StateDue) != 1 {
		t.Error("the purchase is not due")
	}
	next.Store(true)
	s.options.Quick(time.Second)
	s.open()
	s.settled()
	if _, n, told := h.calls(); n != 2 || told != 1 {
		t.Errorf("there were %d calls, and %d purchases were told", n, told)
	}
	close(h.release)
	s.holds(ann, 3_00)
}

// A call that returns while the paywall closes counts.
func TestOnCommit_ReturnsAtClose(t *testing.T) {
	t.Parallel()
	h := newHungCall()
	s := hangsFor(t, h)
	buyers := s.crowdOf(3)
	s.sellsTo(buyers)
	closed := make(chan error, 1)
	go func() { closed <- s.wall.Close(context.WithoutCancel(t.Context())) }()
	until(t, "the calls", func() bool { n, _, _ := h.calls(); return n == len(buyers) })
	close(h.release)
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Close does not return")
	}
	if s.count(paywall.StateDue) != 0 {
		t.Error("a purchase is due")
	}
	s.open()
	s.paidFor(buyers, slices.Repeat([]bool{true}, len(buyers)))
}

// A call that ends its goroutine has failed.
func TestOnCommit_EndsGoroutine(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	s := newShop(t, func(o *paywall.Options) {
		o.OnCommit = func(context.Context, paywall.Entry) error {
			if calls.Add(1) == 1 {
				runtime.Goexit()
			}
			return nil
		}
	})
	ann := s.Buyer("Ann", 5_00)
	s.sellsTo([]*sandbox.Buyer{ann})
	s.settled()
	if calls.Load() != 2 {
		t.Errorf("there were %d calls", calls.Load())
	}
	s.logged("level=ERROR", "OnCommit failed", "ended its goroutine")
	s.holds(ann, 3_00)
}

// OnCommit has ten seconds. Then the log says that it takes too long.
func TestTimes_OnCommitHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := paywall.NewMemory()
		entry := putVerified(t, journal)
		entry.Version, entry.State = 2, paywall.StateDue
		put(t, journal, entry)
		broker := new(awayBroker)
		broker.back.Store(true)
		release := make(chan struct{})
		var begun, ended time.Time
		s := newFakeShop(t, broker, journal, func(o *paywall.Options) {
			o.OnCommit = func(ctx context.Context, _ paywall.Entry) error {
				begun = time.Now()
				<-ctx.Done()
				ended = time.Now()
				<-release
				return nil
			}
		})
		<-time.After(9 * time.Second)
		synctest.Wait()
		if text := s.log.String(); text != "" {
			t.Errorf("the log is %s", text)
		}
		<-time.After(time.Hour)
		synctest.Wait()
		s.between("the end of the context", ended.Sub(begun), 10*time.Second, 10*time.Second+1)
		if text := s.log.String(); strings.Count(text, "level=ERROR") != 1 || !strings.Contains(text, "OnCommit takes too long") || !strings.Contains(text, "purchase=1") {
			t.Errorf("the log is %s", text)
		}
		close(release)
		synctest.Wait()
		if got, err := journal.Find(t.Context(), entry.Key); err != nil || got.State != paywall.StateCommitted || s.wall.Stats().Committing != 0 {
			t.Errorf("got %+v, %v", got, err)
		}
		if err := s.wall.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

// At most 32 calls are made at once. Those whose context has ended do not count. None begins when the paywall has closed.
func TestTimes_CallsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const purchases = 70
		journal := paywall.NewMemory()
		for i := range purchases {
			entry := paywall.Entry{Key: paywall.Key{byte(i)}, State: paywall.StateClaimed, Object: 1, Until: time.Now().UTC().Add(time.Hour)}
			put(t, journal, entry)
			entry.Version, entry.State, entry.Purchase, entry.Transfer = 1, paywall.StateDue, vingd.PurchaseID(i+1), 1
			put(t, journal, entry)
		}
		broker := new(awayBroker)
		broker.back.Store(true)
		h := newHungCall()
		s := newFakeShop(t, broker, journal, func(o *paywall.Options) { o.OnCommit = h.call })
		if n, _, _ := h.calls(); n != 0 || broker.calls.Load() != purchases {
			t.Errorf("there are %d calls at the first reading, and %d purchases are charged", n, broker.calls.Load())
		}
		<-time.After(10*time.Second + 1) // the second reading
		synctest.Wait()
		if n, _, _ := h.calls(); n != 32 || broker.calls.Load() != purchases {
			t.Errorf("there are %d calls, and %d purchases are charged", n, broker.calls.Load())
		}
		<-time.After(11 * time.Second)
		synctest.Wait()
		if n, _, _ := h.calls(); n != 64 {
			t.Errorf("after ten seconds there are %d calls", n)
		}
		s.end()
		synctest.Wait()
		if n, _, _ := h.calls(); n != 64 || strings.Count(s.log.String(), "level=ERROR") != 32 {
			t.Errorf("after Close there are %d calls, and the log is %s", n, s.log)
		}
		close(h.release)
	})
}
