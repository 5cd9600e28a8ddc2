package vingd_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A list that must wait longer than its next row may take returns at once. All waits for that row count, those of earlier
// attempts too.
func TestList_WaitBeyondTimeout(t *testing.T) {
	unavailable := func(req *http.Request, after time.Duration, retryAfter string) *http.Response {
		<-time.After(after)
		return reply(req, http.StatusServiceUnavailable, sorry, "Retry-After", retryAfter)
	}
	for _, broker := range []func(req *http.Request, n int) *http.Response{
		func(req *http.Request, _ int) *http.Response { return unavailable(req, 6*time.Second, "5") },
		func(req *http.Request, n int) *http.Response {
			if n > 0 {
				return unavailable(req, 0, "5")
			}
			<-time.After(6 * time.Second)
			resp := reply(req, http.StatusOK, "")
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"data": [`), brokenPipe{}))
			return resp
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			var sent attempts
			client := newClient(t, pipesAddress, sent.transport(func(req *http.Request, n int) (*http.Response, error) {
				return broker(req, n), nil
			}), vingd.WithTimeout(10*time.Second), vingd.WithClock(time.Now))
			start := time.Now()
			_, err := client.Objects.List(t.Context(), vingd.ObjectFilter{})
			if took := time.Since(start); err == nil || took < 6*time.Second || took > 7*time.Second {
				t.Errorf("got %v after %v, want an error after 6 s", err, took)
			}
		})
	}
}

// Where the transfers are added up to a balance, a list that fails is requested again. It is not taken for a short one.
func TestReconcile_SumFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := time.Now()
		b := &historyBroker{shown: func(rows []historyRow) []historyRow { return rows }}
		b.rows = append(b.rows, historyRow{1, sent.Add(-10 * time.Second), "a deposit", true, 1_000_000})
		failed := 0
		broker := roundTrip(func(req *http.Request) (*http.Response, error) {
			path := strings.TrimSuffix(req.URL.Path, "/")
			if strings.HasSuffix(path, "/fort/transfers/to=7") && failed < 6 {
				failed++
				return reply(req, http.StatusServiceUnavailable, sorry), nil
			}
			return b.RoundTrip(req)
		})
		_, err := newSeller(t, broker).Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 200, Description: "payroll 2000-01 no. 0017"}, sent)
		if got := vingd.OutcomeOf(err); got != vingd.OutcomeNotDone || failed != 6 {
			t.Errorf("got %v (%v) after %d failures, want that it was not done", got, err, failed)
		}
	})
}

// A look-up whose list is too large would be so again: it is requested once.
func TestReconcile_TooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lists := 0
		client := newSeller(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/id/users") {
				return reply(req, http.StatusOK, `{"data": {"uid": 7}}`), nil
			}
			lists++
			return reply(req, http.StatusOK, fmt.Sprintf(`{"data": [{"id": 1, "description": %q}]}`, strings.Repeat("x", 2<<20))), nil
		}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := client.Rewards.Reconcile(ctx, huid, vingd.RewardParams{Amount: 200, Description: "payroll no. 17"}, time.Now())
		wantUnsettled(t, err, "larger than 1 MiB")
		if lists != 1 {
			t.Errorf("the list was requested %d times, want once", lists)
		}
	})
}

// A rate limit that is shorter than a look-up, and asks to wait, delays Reconcile. It does not keep the outcome from being known.
func TestReconcile_LimitAsksToWait(t *testing.T) {
	for _, wait := range []time.Duration{time.Second, 10 * time.Second, time.Minute} {
		for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
			synctest.Test(t, func(t *testing.T) {
				sent := time.Now()
				b := &historyBroker{shown: func(rows []historyRow) []historyRow { return rows }}
				b.rows = append(b.rows, historyRow{1, sent.Add(-10 * time.Second), "a deposit", true, 1_000_000})
				tokens, filled := 5, time.Now()
				limited := roundTrip(func(req *http.Request) (*http.Response, error) {
					for ; time.Since(filled) >= 200*time.Millisecond; filled = filled.Add(200 * time.Millisecond) {
						tokens = min(tokens+1, 5)
					}
					if tokens == 0 {
						return reply(req, status, "<h1>Slow down</h1>", "Retry-After", fmt.Sprint(int(wait.Seconds()))), nil
					}
					tokens--
					return b.RoundTrip(req)
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				_, err := newSeller(t, limited).Rewards.Reconcile(ctx, huid, vingd.RewardParams{Amount: 200, Description: "payroll 2000-01 no. 0017"}, sent)
				if got := vingd.OutcomeOf(err); got != vingd.OutcomeNotDone {
					t.Errorf("status %d, wait %v: got %v (%v) after %v, want that it was not done", status, wait, got, err, time.Since(sent))
				}
			})
		}
	}
}
