package batch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// refuseByLimit has a broker refuse vouchers by status 429 unless pass allows them.
func refuseByLimit(w *wire, pass func() bool) {
	next := w.handler
	w.handler = http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost && !pass() {
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(rw, `{"code": 429, "context": "Too many requests", "message": "slow down"}`)
			return
		}
		next.ServeHTTP(rw, req)
	})
}

// A rate limit delays a run, and does not end it before twenty minutes without a row.
func TestRun_RateLimit(t *testing.T) {
	const rows = 60
	for name, c := range map[string]struct {
		every time.Duration // one voucher each time; zero for none
		want  int
		in    time.Duration
	}{
		"five a second":   {200 * time.Millisecond, rows, 5 * time.Minute},
		"one in a minute": {time.Minute, rows, 3 * time.Hour},
		"none":            {0, 0, 23 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, client := newWire(t, vingd.DefaultSettleTime)
				var mu sync.Mutex
				var last time.Time
				refuseByLimit(w, func() bool {
					mu.Lock()
					defer mu.Unlock()
					if c.every == 0 || time.Since(last) < c.every {
						return false
					}
					last = time.Now()
					return true
				})
				job, err := batch.OpenVouchers(t.Context(), filepath.Join(t.TempDir(), "journal"), slices.Repeat([]batch.Voucher{{Amount: 1_00}}, rows))
				if err != nil {
					t.Fatal(err)
				}
				defer job.Close() //nolint:errcheck // it was run
				begun := time.Now()
				got, err := job.Run(t.Context(), client, batch.Options{})
				if got.Done != c.want || got.Unknown > 0 || (err == nil) != (c.want == rows) {
					t.Errorf("got %+v, %v, want %d rows done", got, err, c.want)
				}
				if took := time.Since(begun); took > c.in {
					t.Errorf("it took %v, want %v at most", took, c.in)
				}
			})
		})
	}
}

// A run that waits for a rate limit ends with its context.
func TestRun_CancelledInRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, client := newWire(t, vingd.DefaultSettleTime)
		refuseByLimit(w, func() bool { return false })
		job, err := batch.OpenVouchers(t.Context(), filepath.Join(t.TempDir(), "journal"), []batch.Voucher{{Amount: 1_00}})
		if err != nil {
			t.Fatal(err)
		}
		defer job.Close() //nolint:errcheck // it was run
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		begun := time.Now()
		got, err := job.Run(ctx, client, batch.Options{})
		if got.Unknown > 0 || !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 6*time.Minute {
			t.Errorf("got %+v, %v after %v", got, err, time.Since(begun))
		}
	})
}

// A plan is the same plan in another time zone, and with a time that is more precise than the API keeps.
func TestOpen_OtherZone(t *testing.T) {
	at := time.Date(2100, 1, 2, 3, 4, 5, 6_000, time.UTC)
	s, path := newScene(t, "vouchers", 0), filepath.Join(t.TempDir(), "journal")
	run := func(at time.Time, path string) (batch.Progress, error) {
		job, err := batch.OpenVouchers(t.Context(), path, slices.Repeat([]batch.Voucher{{Amount: 1_00, Expires: vingd.At(at)}}, 3))
		if err != nil {
			return batch.Progress{}, err
		}
		defer job.Close() //nolint:errcheck // it was run
		return job.Run(t.Context(), s.client, batch.Options{})
	}
	for _, same := range []time.Time{at, at.In(time.FixedZone("", 3600)), at.In(time.FixedZone("", -5*3600)), at.Add(999 * time.Nanosecond)} {
		if got, err := run(same, path); got.Done != 3 || err != nil {
			t.Errorf("%v: got %+v, %v", same, got, err)
		}
		var earlier *batch.EarlierError
		if _, err := run(same, path+same.Format("-0700.000000000")); !errors.As(err, &earlier) {
			t.Errorf("%v with another journal: got %v, want an EarlierError", same, err)
		}
	}
	if _, err := run(at.Add(time.Microsecond), path); !errors.Is(err, batch.ErrOtherPlan) {
		t.Errorf("a microsecond later: got %v, want ErrOtherPlan", err)
	}
	if made, err := s.client.Vouchers.List(t.Context(), vingd.VoucherFilter{}); err != nil || len(made) != 3 {
		t.Errorf("got %d vouchers, %v, want 3", len(made), err)
	}
}
