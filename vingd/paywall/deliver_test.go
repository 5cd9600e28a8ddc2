package paywall_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// What is not served is not charged, she can have it by a reload, and then she pays once.
func TestFailedServing(t *testing.T) {
	for name, content := range map[string]http.HandlerFunc{
		"server error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusInternalServerError) },
		"not found":    func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusNotFound) },
		"panic":        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"panic halfway": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "Here is")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"too short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "21")
			_, _ = io.WriteString(w, "Here is")
		},
		"broken file": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, io.MultiReader(strings.NewReader("Here is"), brokenReader{}))
		},
		"hijack": func(w http.ResponseWriter, _ *http.Request) {
			if _, _, err := http.NewResponseController(w).Hijack(); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, cookies := range []bool{true, false} {
				s := newShop(t)
				article := s.content
				s.serves(content)
				ann := s.Buyer("Ann", 5_00)
				b := s.browser(ann, cookies)
				back := b.pay()
				if v := b.open(back); v.status == http.StatusOK && v.broken == nil && v.body != "Here is" {
					t.Errorf("got %d %q", v.status, v.body)
				}
				s.serves(article.ServeHTTP)
				b.open(back).is(t, http.StatusOK, "Here is the article.")
				if n := s.wire.count("GET/tokens/"); n != 1 {
					t.Errorf("her token was verified %d times", n)
				}
				s.holds(ann, 3_00)
			}
			s := newShop(t)
			s.serves(content)
			ann := s.Buyer("Ann", 5_00)
			b := s.browser(ann, true)
			back := b.pay()
			b.open(back)
			s.holds(ann, 5_00)
			if n := s.wire.count("PUT/purchases/"); n != 0 {
				t.Errorf("it was committed %d times", n)
			}
			b.open(back).is(t, http.StatusGone, "not charged")
		})
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("the disk is broken") }

// Who breaks off is not charged.
func TestBuyerGoes(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	begun, over := make(chan struct{}), make(chan struct{})
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		defer close(over)
		_, _ = io.WriteString(w, "Here is")
		_ = http.NewResponseController(w).Flush()
		close(begun)
		<-r.Context().Done()
	})
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-begun
		leave()
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, back, nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := b.Do(r); err == nil {
		_, _ = io.ReadAll(response.Body) // she may see it end while she leaves
		_ = response.Body.Close()
	}
	<-over
	until(t, "what it says of her", func() bool { return strings.Contains(s.log.String(), "serving failed") })
	s.holds(ann, 5_00)
}

// Content of any length goes out as it is made, and through the server's shortest way.
func TestStream(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	goOn := make(chan struct{})
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.WriteString(w, "first")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-goOn
		_, _ = io.Copy(w, io.LimitReader(zeros{}, 10<<20))
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, back, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it is read to its end
	first := make([]byte, 5)
	if _, err := io.ReadFull(response.Body, first); err != nil || string(first) != "first" {
		t.Errorf("got %q, %v", first, err)
	}
	if n := s.wire.count("PUT/purchases/"); n != 0 {
		t.Error("it is committed before it is served")
	}
	close(goOn)
	if n, err := io.Copy(io.Discard, response.Body); err != nil || n != 10<<20 {
		t.Errorf("got %d bytes, %v", n, err)
	}
	s.holds(ann, 3_00)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// Several requests for one purchase at once, of which one fails: it is charged, for the others were served.
func TestServedAndFailedAtOnce(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	arrived, goOn := make(chan struct{}), make(chan struct{})
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "Here is")
		arrived <- struct{}{}
		<-goOn
		if r.Header.Get("X-Fail") != "" {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, " the article.")
	})
	done := make(chan view)
	go func() { done <- b.open(back) }()
	<-arrived
	go func() { done <- b.open("/article?page=1", "X-Fail", "1") }()
	<-arrived
	goOn <- struct{}{}
	goOn <- struct{}{}
	<-done
	<-done
	s.holds(ann, 3_00)
}

// A process that dies when all is committed, and only the end of the answer is not out, has cut it off: who keeps no cookies
// gets it by a reload.
func TestAnswerCutOff(t *testing.T) {
	journal := &dyingJournal{Journal: paywall.NewMemory(), died: make(chan struct{})}
	s := newShop(t, func(o *paywall.Options) { o.Journal = journal })
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, false)
	back := b.pay()
	s.mu.Lock()
	s.after = func() {
		<-journal.died
		panic(http.ErrAbortHandler)
	}
	s.mu.Unlock()
	if v := b.open(back); v.broken == nil {
		t.Errorf("got %d %q, which is whole", v.status, v.body)
	}
	s.close()
	s.mu.Lock()
	s.after = nil
	s.mu.Unlock()
	s.options.Journal = journal.Journal
	s.open()
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	b.open(back).is(t, http.StatusForbidden, "used before")
	s.holds(ann, 3_00)
	if n := s.wire.count("GET/tokens/"); n != 1 {
		t.Errorf("her token was verified %d times", n)
	}
}

// A dyingJournal is that of a process that dies when the first purchase is committed.
type dyingJournal struct {
	paywall.Journal

	mu   sync.Mutex
	died chan struct{}
}

func (d *dyingJournal) Swap(ctx context.Context, from paywall.State, to paywall.Entry) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.died:
		return true, nil // it is never written
	default:
	}
	if to.State == paywall.Committed {
		defer close(d.died)
	}
	return d.Journal.Swap(ctx, from, to)
}

// A journal that cannot be written to serves nothing, and charges nothing.
func TestBrokenJournal(t *testing.T) {
	for _, state := range []paywall.State{paywall.Claimed, paywall.Verified, paywall.Due} {
		for _, promise := range []paywall.Promise{paywall.ServeThenCommit, paywall.CommitThenServe} {
			t.Run(fmt.Sprint(state, promise), func(t *testing.T) {
				broken := &brokenJournal{Journal: paywall.NewMemory(), at: state}
				s := newShop(t, func(o *paywall.Options) { o.Journal, o.Promise = broken, promise })
				ann := s.Buyer("Ann", 5_00)
				b := s.browser(ann, true)
				b.open(b.pay()).is(t, http.StatusInternalServerError, "went wrong")
				s.holds(ann, 5_00)
			})
		}
	}
}

// A brokenJournal cannot be written to when an entry gets into a state.
type brokenJournal struct {
	paywall.Journal

	at paywall.State
}

func (b *brokenJournal) Swap(ctx context.Context, from paywall.State, to paywall.Entry) (bool, error) {
	if to.State == b.at {
		return false, errors.New("the disk is full")
	}
	return b.Journal.Swap(ctx, from, to)
}
