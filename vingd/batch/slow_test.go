package batch_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// A run waits for the outcome of a row while the broker responds, however slow its lists are. Rows whose outcome
// stays unknown do not keep the others from being sent, unless the broker does not respond at all.
func TestRun_SlowBroker(t *testing.T) {
	const rows, inFlight = 20, 4
	isList := func(req *http.Request) bool { return strings.Contains(req.URL.Path, "/vouchers/history") }
	for _, c := range []struct {
		name string
		hold func(*http.Request) error // from when the rows are sent
		want batch.Progress
		in   time.Duration
	}{
		{"slow lists", func(req *http.Request) error {
			if isList(req) {
				return pause(req, 29*time.Second)
			}
			return nil
		}, batch.Progress{Done: rows}, 20 * time.Minute},
		{"slow in all", func(req *http.Request) error { return pause(req, 25*time.Second) }, batch.Progress{Done: rows}, 20 * time.Minute},
		{"no lists", func(req *http.Request) error {
			if isList(req) {
				return errHungUp
			}
			return nil
		}, batch.Progress{Done: rows - inFlight, Unknown: inFlight}, time.Hour},
		{"no response", func(*http.Request) error { return errHungUp }, batch.Progress{Unknown: inFlight}, 5 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, client := newWire(t, vingd.DefaultSettleTime)
				job, err := batch.OpenVouchers(t.Context(), filepath.Join(t.TempDir(), "journal"), slices.Repeat([]batch.Voucher{{Amount: 1_00}}, rows))
				if err != nil {
					t.Fatal(err)
				}
				defer job.Close() //nolint:errcheck // it was run
				var sent atomic.Int32
				w.hold = func(req *http.Request) error {
					if req.Method == http.MethodPost && sent.Add(1) <= inFlight {
						return errHungUp
					}
					if sent.Load() == 0 {
						return nil
					}
					return c.hold(req)
				}
				begun := time.Now()
				got, err := job.Run(t.Context(), client, batch.Options{})
				if got.Done != c.want.Done || got.Unknown != c.want.Unknown || errors.Is(err, vingd.ErrOutcomeUnknown) != (got.Unknown > 0) || errors.Is(err, context.Canceled) {
					t.Errorf("got %+v, %v, want %+v", got, err, c.want)
				}
				if took := time.Since(begun); took > c.in {
					t.Errorf("it took %v, want %v at most", took, c.in)
				}
			})
		})
	}
}

// pause waits for a time, unless the request ends first.
func pause(req *http.Request, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-req.Context().Done():
		return req.Context().Err()
	}
}

// The longest settle time is longer than a run can wait, and a row that the broker has is found at once all the same.
func TestRun_LongestSettleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, client := newWire(t, math.MaxInt64)
		job, err := batch.OpenVouchers(t.Context(), filepath.Join(t.TempDir(), "journal"), []batch.Voucher{{Amount: 1_00}})
		if err != nil {
			t.Fatal(err)
		}
		defer job.Close() //nolint:errcheck // it was run
		w.loseResponse = true
		if got, err := job.Run(t.Context(), client, batch.Options{}); err != nil || got.Done != 1 || w.loseResponse {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}
