package paywall_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// An awayBroker refuses connections until it is back, and accepts every commit then.
type awayBroker struct {
	calls atomic.Int64
	back  atomic.Bool
}

func (b *awayBroker) RoundTrip(r *http.Request) (*http.Response, error) {
	b.calls.Add(1)
	if r.Body != nil {
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	if !b.back.Load() {
		return nil, errors.New("the broker is away")
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"data": {"ok": true}}`)),
	}, nil
}

// While the broker is away, a commit is tried often enough to be done in time, and not so often that it is a burden. After
// the reservation it is tried less often. All of it is done soon after the broker is back.
func TestCommit_Backoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := new(awayBroker)
		client, err := vingd.New(vingd.Password("a", "b"), vingd.WithEndpoint("https://broker.example/v1"),
			vingd.WithHTTPClient(&http.Client{Transport: broker}), vingd.WithRetries(0))
		if err != nil {
			t.Fatal(err)
		}
		journal := paywall.NewMemory()
		entry := paywall.Entry{State: paywall.Claimed, Object: 1, Until: time.Now().UTC().Add(time.Hour)}
		rand.Read(entry.Key[:])
		put(t, journal, entry)
		entry.Version, entry.State, entry.Purchase, entry.Transfer = 1, paywall.Due, 1, 1
		put(t, journal, entry)
		wall, err := paywall.New(client, paywall.Options{Journal: journal, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		for _, period := range []struct {
			name        string
			length      time.Duration
			least, most int64
		}{
			{"the first 2 seconds", 2 * time.Second, 3, 40},
			{"the reservation", 15 * time.Minute, 30, 200},
			{"the day after it", 24 * time.Hour, 100, 1000},
		} {
			before := broker.calls.Load()
			<-time.After(period.length)
			if n := broker.calls.Load() - before; n < period.least || n > period.most {
				t.Errorf("%s: %d attempts, want %d to %d", period.name, n, period.least, period.most)
			}
		}
		broker.back.Store(true)
		<-time.After(10*time.Minute + time.Second)
		synctest.Wait()
		if got, err := journal.Find(t.Context(), entry.Key); err != nil || got.State != paywall.Committed {
			t.Errorf("the entry is %q, %v", got.State, err)
		}
		if err := wall.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
}
