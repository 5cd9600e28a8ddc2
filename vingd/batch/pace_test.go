package batch_test

import (
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// A limiter lets so many calls pass at each time, and so many at once. It counts all calls: those of lists and of the profile too.
type limiter struct {
	every      time.Duration
	burst      int
	status     int
	page       bool // it refuses by a page, as a proxy does, and not in the broker's envelope
	retryAfter time.Duration
	next       http.Handler

	mu      sync.Mutex
	filled  time.Time
	tokens  int
	early   int // requests before the end of the last Retry-After
	allowed time.Time
}

func (l *limiter) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if l.pass() {
		l.next.ServeHTTP(w, req)
		return
	}
	kind, body := "application/json", `{"code": 429, "context": "Too many requests", "message": "slow down"}`
	if l.page {
		kind, body = "text/html", "<html><head><title>Too Many Requests</title></head></html>"
	}
	w.Header().Set("Content-Type", kind)
	if l.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(l.retryAfter/time.Second)))
	}
	w.WriteHeader(l.status)
	_, _ = io.WriteString(w, body)
}

func (l *limiter) pass() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.filled.IsZero() {
		l.filled, l.tokens = now, l.burst
	}
	for now.Sub(l.filled) >= l.every {
		l.filled, l.tokens = l.filled.Add(l.every), min(l.tokens+1, l.burst)
	}
	if now.Before(l.allowed) {
		l.early++
	}
	if l.tokens == 0 {
		l.allowed = now.Add(l.retryAfter)
		return false
	}
	l.tokens--
	return true
}

// One run pays all rows under any rate limit, whether the broker refuses or a proxy before it, and begins under it.
func TestRun_AnyRateLimit(t *testing.T) {
	for name, l := range map[string]*limiter{
		"broker, 1 a second":        {every: time.Second, burst: 1, status: 429},
		"broker, 5 a second":        {every: time.Second / 5, burst: 5, status: 429},
		"broker, asks to wait":      {every: time.Second, burst: 1, status: 429, retryAfter: time.Minute},
		"proxy, 1 a second":         {every: time.Second, burst: 10, status: 429, page: true},
		"proxy, 5 a second":         {every: time.Second / 5, burst: 5, status: 429, page: true},
		"proxy, 10 a second by 503": {every: time.Second / 10, burst: 10, status: 503, page: true},
		"proxy, 1 a second by 503":  {every: time.Second, burst: 10, status: 503, page: true},
	} {
		t.Run(name, func(t *testing.T) {
			rows := endure.Rounds(100, 30)
			synctest.Test(t, func(t *testing.T) {
				w, client := newWire(t, vingd.DefaultSettleTime)
				l.next = w.handler
				w.handler = l
				job, err := batch.OpenVouchers(t.Context(), filepath.Join(t.TempDir(), "journal"), slices.Repeat([]batch.Voucher{{Amount: 1_00}}, rows))
				if err != nil {
					t.Fatal(err)
				}
				defer job.Close() //nolint:errcheck // it was run
				begun := time.Now()
				got, err := job.Run(t.Context(), client, batch.Options{})
				if got.Done != rows || err != nil {
					t.Errorf("got %+v, %v", got, err)
				}
				t.Logf("%d rows in %v, %d calls before the end of Retry-After", rows, time.Since(begun), l.early)
				w.handler = l.next
				if made, err := client.Vouchers.List(t.Context(), vingd.VoucherFilter{}); err != nil || len(made) != 1+rows {
					t.Errorf("got %d vouchers, %v, want %d", len(made), err, 1+rows)
				}
			})
		})
	}
}

// A run whose calls a proxy refuses says how, though it looked up that they were not done.
func TestRun_EndsWithRefusal(t *testing.T) {
	statuses := []int{http.StatusForbidden, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusSeeOther, http.StatusTooManyRequests}
	for _, status := range endure.Part(statuses, 2) {
		synctest.Test(t, func(t *testing.T) {
			w, client := newWire(t, vingd.DefaultSettleTime)
			next := w.handler
			w.handler = http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
				if req.Method != http.MethodPost {
					next.ServeHTTP(rw, req)
					return
				}
				rw.Header().Set("Content-Type", "text/html")
				rw.WriteHeader(status)
				_, _ = io.WriteString(rw, "<h1>Blocked by the firewall</h1>")
			})
			job, err := batch.OpenVouchers(t.Context(), filepath.Join(t.TempDir(), "journal"), slices.Repeat([]batch.Voucher{{Amount: 1_00}}, 6))
			if err != nil {
				t.Fatal(err)
			}
			defer job.Close() //nolint:errcheck // it was run
			begun := time.Now()
			got, err := job.Run(t.Context(), client, batch.Options{})
			var failed *vingd.Error
			if !errors.As(err, &failed) || failed.Status != status || failed.Outcome != vingd.OutcomeNotDone || got.Done+got.Unknown > 0 {
				t.Errorf("status %d: got %+v, %v", status, got, err)
			}
			if problem := job.Rows()[0].Problem; !strings.Contains(problem, strconv.Itoa(status)) {
				t.Errorf("status %d: the row's problem is %q", status, problem)
			}
			if took := time.Since(begun); took > time.Hour {
				t.Errorf("status %d: it took %v", status, took)
			}
		})
	}
}

// A rate limit that lets nothing pass ends a run after twenty minutes, or a little later: a look-up may be in flight. No row is sent
// after that. The broker's own 503 is no limit, and ends a run as other failures do.
func TestRun_EndlessLimit(t *testing.T) {
	for name, c := range map[string]struct {
		limit *limiter
		all   bool // not only POST
		most  time.Duration
	}{
		"envelope":                 {&limiter{status: 429}, false, 25 * time.Minute},
		"envelope, asks to wait":   {&limiter{status: 429, retryAfter: time.Hour}, false, 25 * time.Minute},
		"page":                     {&limiter{status: 429, page: true}, false, 25 * time.Minute},
		"page, asks to wait":       {&limiter{status: 429, page: true, retryAfter: time.Hour}, false, 25 * time.Minute},
		"page for all":             {&limiter{status: 429, page: true}, true, 50 * time.Minute},
		"page for all, with waits": {&limiter{status: 429, page: true, retryAfter: time.Hour}, true, 50 * time.Minute},
		"unavailable":              {&limiter{status: 503}, false, 10 * time.Minute},
		"page, away":               {&limiter{status: 503, page: true}, true, 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, client := newWire(t, vingd.DefaultSettleTime)
				l, posted := c.limit, false
				l.every, l.next = 100*365*24*time.Hour, w.handler
				var last time.Time
				w.handler = http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
					l.mu.Lock()
					if posted = posted || req.Method == http.MethodPost; req.Method == http.MethodPost {
						last = time.Now()
					}
					refuses := posted && (c.all || req.Method == http.MethodPost)
					l.mu.Unlock()
					if refuses {
						l.ServeHTTP(rw, req)
						return
					}
					l.next.ServeHTTP(rw, req)
				})
				job, err := batch.OpenVouchers(t.Context(), filepath.Join(t.TempDir(), "journal"), slices.Repeat([]batch.Voucher{{Amount: 1_00}}, 20))
				if err != nil {
					t.Fatal(err)
				}
				defer job.Close() //nolint:errcheck // it was run
				begun := time.Now()
				got, err := job.Run(t.Context(), client, batch.Options{})
				took, sent := time.Since(begun), last.Sub(begun)
				if got.Done > 0 || err == nil || took > c.most || sent > 21*time.Minute {
					t.Errorf("got %+v, %v after %v, the last row after %v", got, err, took, sent)
				}
				t.Logf("%v after %v", err, took)
			})
		})
	}
}

// A job says during a run that it cannot be checked. Its account can.
func TestCheckEarlier_DuringRun(t *testing.T) {
	s := newScene(t, "rewards", 30)
	job := open(t, s.list, filepath.Join(t.TempDir(), "journal"))
	checks := 0
	_, err := job.Run(t.Context(), s.client, batch.Options{OnProgress: func(batch.Progress) {
		checks++
		if err := job.CheckEarlier(t.Context(), s.client); !errors.Is(err, batch.ErrJournalInUse) {
			t.Errorf("got %v, want ErrJournalInUse", err)
		}
		if err := job.CheckAccount(t.Context(), s.client); err != nil {
			t.Error(err)
		}
	}})
	if err != nil || checks != 30 {
		t.Errorf("got %v after %d checks", err, checks)
	}
	if err := job.CheckEarlier(t.Context(), s.client); err != nil {
		t.Error(err)
	}
}

func TestOpen_NoContext(t *testing.T) {
	if _, err := batch.OpenRewards(nil, filepath.Join(t.TempDir(), "journal"), nil); !errors.Is(err, vingd.ErrInvalidArgument) { //nolint:staticcheck // on purpose
		t.Errorf("got %v, want ErrInvalidArgument", err)
	}
}
