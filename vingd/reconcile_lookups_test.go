package vingd_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A slowBroker takes time for its first responses, which tell what was when the request came.
type slowBroker struct {
	model *modelBroker
	delay time.Duration
	lists []string // the targets of requests for lists
}

func (b *slowBroker) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.model.RoundTrip(req)
	if len(b.lists) == 0 {
		<-time.After(b.delay)
	}
	if _, target, ok := strings.Cut(req.URL.Path, "/transfers/"); ok {
		b.lists = append(b.lists, target)
	}
	return resp, err
}

// The settle time counts from the end of the first look-up: until the broker responds, it may delay the call as well.
func TestReconcile_SlowLookUps(t *testing.T) {
	for _, late := range []time.Duration{-time.Second, -time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			const delay = 4 * time.Second
			sent := time.Now()
			b := &slowBroker{model: &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}, delay: delay}
			landed := make(chan struct{})
			go func() {
				defer close(landed)
				<-time.After(2*delay + vingd.DefaultSettleTime + late) // the first look-up is of two requests
				modelCalls[0].row(b.model, time.Now(), "payroll 17", 200)
			}()
			_, err := newSeller(t, b).Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 200, Description: "payroll 17"}, sent)
			<-landed
			if err != nil {
				t.Errorf("it lands %v from the settle time: got %v", late, err)
			}
		})
	}
}

// After an outage behind a proxy, the proxy's system may deliver a request until two minutes after the call. Look-ups may take
// another way, without an outage. The time from which the caller counts may be much earlier: that of a table of payments.
func TestReconcile_LateDelivery(t *testing.T) {
	for _, outage := range []time.Duration{0, 10 * time.Second, 50 * time.Second, time.Minute, 100 * time.Second} {
		for _, earlier := range []time.Duration{0, 30 * time.Second, 10 * time.Minute} {
			reconcileLateDelivery(t, outage, earlier)
		}
	}
}

func reconcileLateDelivery(t *testing.T, outage, earlier time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sent := time.Now()
		b := &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}
		landed := make(chan struct{})
		go func() {
			defer close(landed)
			<-time.After(2*time.Minute - time.Millisecond)
			modelCalls[0].row(b, time.Now(), "payroll 17", 200)
		}()
		away := roundTrip(func(req *http.Request) (*http.Response, error) {
			if time.Since(sent) < outage {
				return nil, errors.New("no route to host")
			}
			return b.RoundTrip(req)
		})
		_, err := newSeller(t, away).Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 200, Description: "payroll 17"}, sent.Add(-earlier))
		<-landed
		if err != nil {
			t.Errorf("outage of %v, sent %v before the call: got %v", outage, earlier, err)
		}
	})
}

// A rate limiter refuses requests that come faster than it allows. Reconcile ends nevertheless, at most a minute later.
func TestReconcile_RateLimit(t *testing.T) {
	for _, limit := range []struct {
		status  int
		rate    time.Duration // one request each
		burst   int           // more of them at once
		clients int
	}{
		{http.StatusServiceUnavailable, 100 * time.Millisecond, 0, 1},
		{http.StatusServiceUnavailable, 200 * time.Millisecond, 3, 1},
		{http.StatusServiceUnavailable, time.Second, 3, 1},
		{http.StatusTooManyRequests, time.Second, 0, 1},
		{http.StatusTooManyRequests, 600 * time.Millisecond, 20, 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}
			var mu sync.Mutex
			var free time.Time // when the next request may come
			limited := roundTrip(func(req *http.Request) (*http.Response, error) {
				mu.Lock()
				defer mu.Unlock()
				if free = later(free, time.Now()); time.Until(free) > time.Duration(limit.burst)*limit.rate {
					return reply(req, limit.status, "<html>", "Retry-After", "1"), nil
				}
				free = free.Add(limit.rate)
				return b.RoundTrip(req)
			})
			sent := time.Now()
			var calls sync.WaitGroup
			for range limit.clients {
				calls.Go(func() {
					_, err := newSeller(t, limited).Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 200, Description: "payroll 17"}, sent)
					if took := time.Since(sent); !errors.Is(err, vingd.ErrNotDone) || took > 4*time.Minute {
						t.Errorf("%+v: got %v after %v, want that it was not done", limit, err, took)
					}
				})
			}
			calls.Wait()
		})
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// A long list may take longer than a look-up waits at first.
func TestReconcile_SlowLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}
		slow := roundTrip(func(req *http.Request) (*http.Response, error) {
			select {
			case <-time.After(25 * time.Second):
				return b.RoundTrip(req)
			case <-req.Context().Done():
				return nil, req.Context().Err()
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := newSeller(t, slow).Rewards.Reconcile(ctx, huid, vingd.RewardParams{Amount: 200, Description: "payroll 17"}, time.Now())
		if !errors.Is(err, vingd.ErrNotDone) {
			t.Errorf("got %v, want that it was not done", err)
		}
	})
}

// Look-ups begin shortly before the call. Only the last one, on which absence rests, begins a day before. It asks for both ends
// of the list, and for the oldest rows. If none is older than the call, it asks for all transfers of the account.
func TestReconcile_Window(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBroker{model: &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}, delay: time.Second}
		sent := time.Now() // midnight at the beginning of 2000
		_, err := newSeller(t, b).Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 200, Description: "payroll 17"}, sent)
		if failed, ok := errors.AsType[*vingd.Error](err); !ok || !errors.Is(err, vingd.ErrNotDone) || failed.Op != "reconcileReward" {
			t.Fatal(err)
		}
		want := []string{
			"from=7/last=1/since=19991230T230000+0000", "from=7/first=1/since=19991230T230000+0000", "from=7/since=19991230T230000+0000",
			"from=7/first=20", "to=7", "from=7", // the account has nothing older
		}
		last := max(len(b.lists)-len(want), 0)
		if got := b.lists[last:]; !slices.Equal(got, want) {
			t.Errorf("the last look-up asked for %q, want %q", got, want)
		}
		for _, got := range b.lists[:last] {
			if want := "from=7/since=19991231T235500+0000"; got != want {
				t.Errorf("a look-up asked for %q, want %q", got, want)
			}
		}
		if last < 2 {
			t.Errorf("there were %d look-ups before the last", last)
		}
	})
}

// A broker whose clock differs by more than look-ups cover is doubted, and the error says so.
func TestReconcile_Date(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		0: "", 11 * time.Hour: "", -11 * time.Hour: "",
		13 * time.Hour: "the broker's clock differs by 13h0m0s", -13 * time.Hour: "the broker's clock differs by 13h0m0s",
	} {
		synctest.Test(t, func(t *testing.T) {
			b := &modelBroker{clock: clock{ahead: ahead, date: "its own"}, now: time.Now}
			_, err := newSeller(t, b).Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 200, Description: "payroll 17"}, time.Now())
			if want == "" && !errors.Is(err, vingd.ErrNotDone) {
				t.Errorf("%v ahead: got %v, want ErrNotDone", ahead, err)
			}
			if want != "" {
				wantUnsettled(t, err, want)
			}
		})
	}
}

// modelNamed returns a call of the model.
func modelNamed(t *testing.T, name string) *modelCall {
	t.Helper()
	for i := range modelCalls {
		if modelCalls[i].name == name {
			return &modelCalls[i]
		}
	}
	t.Fatalf("there is no call %q", name)
	return nil
}

// A reference may be used again after a day and an hour. Without a Date header, the older row may be that of a clock that is far
// behind.
func TestReconcile_OldReference(t *testing.T) {
	for _, name := range []string{"a reward", "a voucher by message", "an order", "an object, both changed", "a purchase"} {
		call, sent := modelNamed(t, name), time.Now()
		for ago, want := range map[time.Duration]vingd.Outcome{24 * time.Hour: vingd.OutcomeDone, 26 * time.Hour: vingd.OutcomeNotDone} {
			for _, clock := range clocks[:2] {
				if clock.date == "" && want == vingd.OutcomeNotDone {
					want = vingd.OutcomeUnknown
				}
				b := &modelBroker{storage: storages[0], clock: clock, now: time.Now}
				call.row(b, sent.Add(-ago), "payroll 17", 200)
				_, err := call.reconcile(t.Context(), newSeller(t, b, vingd.WithSettleTime(0)), "payroll 17", sent)
				if got := vingd.OutcomeOf(err); got != want {
					t.Errorf("%s, %v before, clock %s: got %v (%v), want %v", name, ago, clock.name, got, err, want)
				}
			}
		}
	}
}

// Reconcile reads a transfer's description as far as it makes sense, and doubts the transfer for the rest.
func TestReconcile_Description(t *testing.T) {
	for description, want := range map[string]string{
		`{"class": 6, "message": "payroll 17"}`:     "",
		`{"class": "6", "notes": [["payroll 17"]]}`: "",
		`payroll 17`:                                                             "",
		`"payroll 17"`:                                                           "",
		`{"class": 3, "message": "payroll 17"}`:                                  "transfer 1 with this description has a class that rewards do not have",
		`{"class": 6, "message": "payroll 17"`:                                   "",
		`{"class": 6, "message": 17}`:                                            "transfer 1 may be this reward",
		`{"class": {"id": 3}, "message": "Hello"}`:                               "transfer 1 may be this reward",
		`{"class": 3, "data": {"class": 6}}`:                                     "not done",
		`{"class": 9, "data": {"message": "my payroll 17"}}`:                     "not done",
		`{"class": 0, "message": "Hello"}`:                                       "transfer 1 may be this reward",
		`{"class": 1, "message": "Hello"}`:                                       "not done",
		`{"class": 10, "message": "Hello"}`:                                      "not done",
		`{"class": 11, "message": "Hello"}`:                                      "transfer 1 may be this reward",
		strings.Repeat("[", 1<<16):                                               "transfer 1 may be this reward",
		strings.Repeat(`{"a":`, 100) + `"payroll 17"` + strings.Repeat("}", 100): "transfer 1 may be this reward",
	} {
		b := &modelBroker{clock: clocks[0], now: time.Now}
		b.add(time.Now(), map[string]any{"id": 1, "amount": 200, "uid_from": 7, "uid_to": 8, "description": description, "timestamp": time.Now()})
		_, err := findModelReward(t.Context(), newSeller(t, b, vingd.WithSettleTime(0)), "payroll 17", time.Now())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.60s: got %v, want %q", description, err, want)
		}
	}
}

// A reference of digits is found in a description that is not JSON otherwise.
func TestReconcile_NumericReference(t *testing.T) {
	b := &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}
	call := modelNamed(t, "a reward, text alone")
	call.row(b, time.Now(), "20260017", 200)
	if _, err := call.reconcile(t.Context(), newSeller(t, b, vingd.WithSettleTime(0)), "20260017", time.Now()); err != nil {
		t.Error(err)
	}
}
