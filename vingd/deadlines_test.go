package vingd_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// hangingClient returns a client, with a timeout of 10 seconds, whose calls get no response before their context ends.
func hangingClient(t *testing.T) *vingd.Client {
	return newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, context.Cause(req.Context())
	}), vingd.WithTimeout(10*time.Second))
}

// wantTimeout fails the test unless a call ended by the client's own timeout.
func wantTimeout(t *testing.T, err error) {
	t.Helper()
	const want = "vingd: getBalance: no response: timed out after 10s"
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Each call ends exactly when its own time is over, whatever others there are.
func TestDeadlines_EachCallEndsInItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := hangingClient(t)
		var calls sync.WaitGroup
		random := rand.New(rand.NewPCG(1, 1))
		for range 200 {
			begin := time.Duration(random.Int64N(int64(time.Minute)))
			cancelled := time.Duration(random.Int64N(int64(20 * time.Second))) // half of the calls are cancelled before their time is over
			calls.Go(func() {
				<-time.After(begin)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				time.AfterFunc(cancelled, cancel)
				start := time.Now()
				_, err := client.Accounts.Balance(ctx)
				if took, want := time.Since(start), min(cancelled, 10*time.Second); took != want {
					t.Errorf("a call begun after %v took %v, want %v", begin, took, want)
				}
				if cancelled > 10*time.Second {
					wantTimeout(t, err)
				} else if !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("a cancelled call returned %v", err)
				}
			})
		}
		calls.Wait()
	})
}

// Calls that begin at the same moment end at the same moment.
func TestDeadlines_CallsOfOneMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := hangingClient(t)
		for range 3 { // and again with a timer that was used
			var calls sync.WaitGroup
			start := time.Now()
			for range 50 {
				calls.Go(func() {
					_, err := client.Accounts.Balance(t.Context())
					wantTimeout(t, err)
				})
			}
			calls.Wait()
			if took := time.Since(start); took != 10*time.Second {
				t.Errorf("they took %v", took)
			}
		}
	})
}

// A call after others that went well has all its time, whenever the timer that they left behind fires.
func TestDeadlines_CallsThatEndLeaveNothing(t *testing.T) {
	for _, pause := range []time.Duration{0, time.Second, 9999 * time.Millisecond, 10 * time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			hang := false
			client := newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
				if !hang {
					return reply(req, 200, `{"data": {"balance": 1}}`), nil
				}
				<-req.Context().Done()
				return nil, context.Cause(req.Context())
			}), vingd.WithTimeout(10*time.Second))
			for range 5 {
				if _, err := client.Accounts.Balance(t.Context()); err != nil {
					t.Fatal(err)
				}
				<-time.After(pause)
			}
			hang = true
			start := time.Now()
			_, err := client.Accounts.Balance(t.Context())
			wantTimeout(t, err)
			if took := time.Since(start); took != 10*time.Second {
				t.Errorf("a call after pauses of %v took %v", pause, took)
			}
		})
	}
}

// The caller's own deadline wins where it is earlier. The transport sees the deadline that holds.
func TestDeadlines_EarlierDeadlineOfTheCaller(t *testing.T) {
	for _, test := range []struct{ callers, want time.Duration }{{time.Second, time.Second}, {time.Minute, 10 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			client := newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
				if at, ok := req.Context().Deadline(); !ok || !at.Equal(start.Add(test.want)) {
					t.Errorf("the transport sees the deadline %v, want %v later", at, test.want)
				}
				<-req.Context().Done()
				return nil, context.Cause(req.Context())
			}), vingd.WithTimeout(10*time.Second))
			reason := errors.New("the shop closes")
			ctx, cancel := context.WithTimeoutCause(t.Context(), test.callers, reason)
			defer cancel()
			_, err := client.Accounts.Balance(ctx)
			if took := time.Since(start); took != test.want || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("took %v, and returned %v", took, err)
			}
			if callers := test.callers == test.want; errors.Is(err, reason) != callers {
				t.Errorf("errors.Is(%v, the caller's reason) is %v", err, !callers)
			}
		})
	}
}

// A response whose body goes on longer than the call may take ends with the call.
func TestDeadlines_DuringTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newPipes()
		startBroker(t, network, func(x *exchange) bool {
			x.write(rawAnswer(200, 1000, `{"data": `))
			x.awaitHangUp()
			return false
		})
		client := newBareClient(t, pipesAddress, network.transport(t), vingd.WithTimeout(10*time.Second))
		start := time.Now()
		_, err := client.Accounts.Balance(t.Context())
		if took := time.Since(start); took != 10*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("took %v, and returned %v", took, err)
		}
	})
}

// A transport may panic. The deadline of its call does not end another call.
func TestDeadlines_AfterAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := true
		client := newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			if panics {
				panic(io.ErrClosedPipe)
			}
			<-req.Context().Done()
			return nil, context.Cause(req.Context())
		}), vingd.WithTimeout(10*time.Second))
		func() {
			defer func() { _ = recover() }()
			_, _ = client.Accounts.Balance(t.Context())
		}()
		panics = false
		<-time.After(5 * time.Second)
		start := time.Now()
		_, err := client.Accounts.Balance(t.Context())
		wantTimeout(t, err)
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
