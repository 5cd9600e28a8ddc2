package paywall_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Content knows its purchase at the first request and at a reload, and none where the page is free.
func TestFromContext_OfEachRequest(t *testing.T) {
	for _, cookies := range []bool{true, false} {
		s := newShop(t)
		buyers := make(map[vingd.HUID]bool)
		s.content = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			entry, ok := paywall.FromContext(r.Context())
			buyers[entry.Buyer] = true
			_, _ = fmt.Fprintln(w, ok, entry.Object == s.object, entry.Purchase > 0, entry.Price, entry.Context)
		})
		ann := s.Buyer("Ann", 5_00)
		b := s.browser(ann, cookies)
		b.open(b.pay()).is(t, http.StatusOK, "true true true 2.00 shelf 3")
		b.open(b.s.server.URL+"/article?page=1").is(t, map[bool]int{true: http.StatusOK, false: http.StatusPaymentRequired}[cookies], "")
		if len(buyers) != 1 || buyers[""] {
			t.Errorf("the buyers are %v", buyers)
		}
		s.offered = paywall.Offer{}
		b.open("/article?page=1").is(t, http.StatusOK, "false false false 0.00")
	}
}

// Calls of the broker and log records have the values of a request's context, such as its trace.
func TestContext_Values(t *testing.T) {
	type trace struct{}
	var mu sync.Mutex
	seen := make(map[string]bool)
	note := func(ctx context.Context, what string) {
		mu.Lock()
		defer mu.Unlock()
		seen[what] = seen[what] || ctx.Value(trace{}) == "request 1"
	}
	s := newShop(t, func(o *paywall.Options) {
		o.Logger = slog.New(tracedLog{o.Logger.Handler(), note})
		o.OnCommit = func(ctx context.Context, _ paywall.Entry) error { note(ctx, "OnCommit"); return nil }
	})
	s.wire.watch = func(r *http.Request) { note(r.Context(), r.Method) }
	s.around = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), trace{}, "request 1")))
		})
	}
	b := s.browser(s.Buyer("Ann", 5_00), true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	s.browser(nil, false).open("/article?oid=1&tid=zz").is(t, http.StatusBadRequest, "not right")
	for _, what := range []string{http.MethodPost, http.MethodGet, http.MethodPut, "OnCommit", "paywall: not served"} {
		if mu.Lock(); !seen[what] {
			t.Errorf("%s lacks the values", what)
		}
		mu.Unlock()
	}
}

// A tracedLog notes the context of each record.
type tracedLog struct {
	slog.Handler
	note func(context.Context, string)
}

// Handle handles a record.
func (l tracedLog) Handle(ctx context.Context, r slog.Record) error {
	l.note(ctx, r.Message)
	return l.Handler.Handle(ctx, r)
}

// Without a logger, the records go to the default one.
func TestOptions_DefaultLogger(t *testing.T) {
	old, writer, flags := slog.Default(), log.Writer(), log.Flags()
	defer func() {
		slog.SetDefault(old)
		log.SetOutput(writer)
		log.SetFlags(flags)
	}()
	book := new(logBook)
	slog.SetDefault(slog.New(slog.NewTextHandler(book, nil)))
	s := newShop(t, func(o *paywall.Options) { o.Logger = nil })
	s.browser(nil, true).open("/article?oid=1&tid=zz").is(t, http.StatusBadRequest, "not right")
	if text := book.String(); !strings.Contains(text, "reason=malformed") {
		t.Errorf("the log is %s", text)
	}
}

// Nothing of a request is kept when its purchase is committed: a shop would run out of memory.
func TestContext_Released(t *testing.T) {
	type trace struct{}
	var begun, released atomic.Int64
	s := newShop(t, func(o *paywall.Options) { o.Quick(time.Second) }) // a worker keeps its last request until the next sweep
	s.around = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			value := new([1 << 10]int)
			begun.Add(1)
			runtime.AddCleanup(value, func(n int64) { released.Add(n) }, 1)
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), trace{}, value)))
		})
	}
	b := s.browser(s.Buyer("Ann", 5_00), true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	until(t, "the release", func() bool {
		runtime.GC()
		return released.Load() == begun.Load()
	})
	if begun.Load() != 3 {
		t.Errorf("there were %d requests", begun.Load())
	}
}
