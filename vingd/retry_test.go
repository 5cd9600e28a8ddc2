package vingd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// attempts notes when a client sent what, in virtual time.
type attempts struct {
	times  []time.Duration // since the start
	bodies []string
}

// waits returns how long the client waited before each attempt but the first.
func (a *attempts) waits() (waits []time.Duration) {
	for i := 1; i < len(a.times); i++ {
		waits = append(waits, a.times[i]-a.times[i-1])
	}
	return waits
}

// transport returns a transport that responds to the nth attempt, counted from 0, with the result of the function.
func (a *attempts) transport(answer func(req *http.Request, n int) (*http.Response, error)) http.RoundTripper {
	start := time.Now()
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		body := []byte(nil)
		if req.Body != nil {
			body, _ = io.ReadAll(req.Body)
		}
		a.times = append(a.times, time.Since(start))
		a.bodies = append(a.bodies, string(body))
		return answer(req, len(a.times)-1)
	})
}

// The response of a busy broker, and the part of it before a connection breaks.
const (
	sorry = `{"message": "Come back later", "context": "Busy"}`
	half  = `{"message": "Come ba`
)

// unavailable returns a transport that responds to each attempt with 503.
func (a *attempts) unavailable(fields ...string) http.RoundTripper {
	return a.transport(func(req *http.Request, _ int) (*http.Response, error) {
		return reply(req, http.StatusServiceUnavailable, sorry, fields...), nil
	})
}

// The wait is a random time below a bound that doubles, and it is spread over all of it.
func TestRetryJitter(t *testing.T) {
	bounds := []time.Duration{
		200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond,
		3200 * time.Millisecond, 5 * time.Second, 5 * time.Second,
	}
	samples := make([][]time.Duration, len(bounds))
	for range 300 {
		synctest.Test(t, func(t *testing.T) {
			var sent attempts
			client := newClient(t, pipesAddress, sent.unavailable(),
				vingd.WithRetries(len(bounds)), vingd.WithTimeout(time.Hour))
			if _, err := client.Accounts.Balance(t.Context()); err == nil {
				t.Fatal("no error")
			}
			for i, wait := range sent.waits() {
				samples[i] = append(samples[i], wait)
			}
		})
	}
	for i, bound := range bounds {
		if len(samples[i]) != 300 {
			t.Fatalf("wait %d was waited %d times of 300", i, len(samples[i]))
		}
		least, most := slices.Min(samples[i]), slices.Max(samples[i])
		if least < 0 || most >= bound {
			t.Errorf("wait %d took from %v to %v, want below %v", i, least, most, bound)
		}
		if least > bound/10 || most < bound*9/10 {
			t.Errorf("wait %d took from %v to %v, want anything up to %v", i, least, most, bound)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	const jitter = 200 * time.Millisecond
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, test := range []struct {
		name        string
		header      func() string
		least, most time.Duration // of the wait
		givesUp     bool
	}{
		{"seconds", func() string { return "3" }, 3 * time.Second, 3750 * time.Millisecond, false},
		{"a minute", func() string { return "60" }, time.Minute, 65 * time.Second, false},
		{"more than a minute", func() string { return "61" }, 0, 0, true},
		{"a number out of range", func() string { return "99999999999999999999" }, 0, 0, true},
		{"a number beyond any wait", func() string { return "9223372037" }, 0, 0, true},
		{"date", func() string { return in(8 * time.Second) }, 8 * time.Second, 10 * time.Second, false},
		{"date in an old form", func() string { return time.Now().Add(8 * time.Second).UTC().Format(time.ANSIC) }, 8 * time.Second, 10 * time.Second, false},
		{"far date", func() string { return in(time.Hour) }, 0, 0, true},
		{"past date", func() string { return in(-time.Hour) }, 0, jitter, false},
		{"nothing", func() string { return "0" }, 0, jitter, false},
		{"below zero", func() string { return "-5" }, 0, jitter, false},
		{"no time at all", func() string { return "soon" }, 0, jitter, false},
	} {
		for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
			for _, body := range []string{sorry, page, half} {
				t.Run(fmt.Sprintf("%s/%d", test.name, status), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						header := test.header()
						var sent attempts
						client := newClient(t, pipesAddress, sent.transport(func(req *http.Request, n int) (*http.Response, error) {
							if n == 0 {
								resp := reply(req, status, body, "Retry-After", header)
								if body == half {
									resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(body), brokenPipe{}))
								}
								return resp, nil
							}
							return reply(req, 200, `{"data": {"balance": 1}}`), nil
						}), vingd.WithTimeout(time.Hour), vingd.WithClock(time.Now))
						_, err := client.Accounts.Balance(t.Context())
						if test.givesUp {
							wantStatus(t, err, status)
							if len(sent.times) != 1 || time.Since(epoch) != 0 {
								t.Errorf("sent at %v, and gave up after %v; want once, and to give up at once", sent.times, time.Since(epoch))
							}
							return
						}
						if err != nil {
							t.Fatal(err)
						}
						if waits := sent.waits(); len(waits) != 1 || waits[0] < test.least || waits[0] > test.most {
							t.Errorf("waited %v, want %v to %v", waits, test.least, test.most)
						}
					})
				})
			}
		}
	}
}

// Clients that a broker turns away together do not come back together.
func TestRetryAfter_IsSpread(t *testing.T) {
	for _, test := range []struct {
		seconds string
		spread  time.Duration // of the waits
	}{{"1", time.Second / 4}, {"8", 2 * time.Second}, {"20", 5 * time.Second}, {"60", 5 * time.Second}} {
		var waits []time.Duration
		for range 300 {
			synctest.Test(t, func(t *testing.T) {
				var sent attempts
				client := newClient(t, pipesAddress, sent.unavailable("Retry-After", test.seconds), vingd.WithRetries(1), vingd.WithTimeout(time.Hour))
				if _, err := client.Accounts.Balance(t.Context()); err == nil {
					t.Fatal("no error")
				}
				waits = append(waits, sent.waits()...)
			})
		}
		wish, _ := time.ParseDuration(test.seconds + "s")
		least, most := slices.Min(waits)-wish, slices.Max(waits)-wish
		if len(waits) != 300 || least < 0 || least > test.spread/10 || most < test.spread*9/10 || most >= test.spread {
			t.Errorf("after %s s, clients come back from %v to %v later, want anything up to %v", test.seconds, least, most, test.spread)
		}
	}
}

// A date in Retry-After counts from the broker's own clock, if the response tells it.
func TestRetryAfter_ByBrokersClock(t *testing.T) {
	for _, apart := range []time.Duration{-24 * time.Hour, -90 * time.Minute, -time.Minute, 0, time.Minute, 90 * time.Minute, 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			brokers := time.Now().Add(apart)
			date, after := brokers.UTC().Format(http.TimeFormat), brokers.Add(8*time.Second).UTC().Format(http.TimeFormat)
			var sent attempts
			client := newClient(t, pipesAddress, sent.unavailable("Date", date, "Retry-After", after), vingd.WithRetries(1))
			_, err := client.Accounts.Balance(t.Context())
			wantStatus(t, err, http.StatusServiceUnavailable)
			if waits := sent.waits(); len(waits) != 1 || waits[0] < 8*time.Second || waits[0] > 10*time.Second {
				t.Errorf("clocks %v apart: waited %v, want 8 s and up to 2 s more", apart, waits)
			}
		})
	}
}

// A list waits no longer than its timeout before it has its first row, attempts and the waits between them together.
func TestRetry_ListWaitsBeyondTimeout(t *testing.T) {
	for _, name := range []string{"Vouchers.List", "Vouchers.All"} {
		c := callNamed(name)
		for _, test := range []struct {
			timeout     time.Duration
			retryAfter  string
			answerAfter time.Duration
			sent        int
			took        time.Duration
			timedOut    bool
		}{
			{500 * time.Millisecond, "3", 0, 1, 0, false},
			{vingd.DefaultTimeout, "60", 0, 1, 0, false},
			{vingd.DefaultTimeout, "29", time.Second, 1, time.Second, false},
			{8 * time.Second, "1", 5 * time.Second, 2, 8 * time.Second, true},
			{8 * time.Second, "", 7900 * time.Millisecond, 1, 0, false}, // 2 where the random wait is short
		} {
			synctest.Test(t, func(t *testing.T) {
				var sent attempts
				client := newClient(t, pipesAddress, sent.transport(func(req *http.Request, _ int) (*http.Response, error) {
					select {
					case <-time.After(test.answerAfter):
						return reply(req, http.StatusServiceUnavailable, sorry, "Retry-After", test.retryAfter), nil
					case <-req.Context().Done():
						return nil, context.Cause(req.Context())
					}
				}), vingd.WithTimeout(test.timeout), vingd.WithRetries(100))
				_, err := c.do(t.Context(), client)
				took := time.Since(epoch)
				if err == nil || took > test.timeout {
					t.Errorf("%s of %+v: took %v (%v)", name, test, took, err)
				}
				if test.retryAfter == "" {
					return
				}
				if got := errors.Is(err, context.DeadlineExceeded); took != test.took || len(sent.times) != test.sent || got != test.timedOut {
					t.Errorf("%s of %+v: sent %d times, took %v (%v)", name, test, len(sent.times), took, err)
				}
			})
		}
	}
}

// A list that breaks off after some rows and begins again waits so long for the next row, again.
func TestRetry_IncompleteListWaitsForRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent attempts
		client := newClient(t, pipesAddress, sent.transport(func(req *http.Request, n int) (*http.Response, error) {
			<-time.After(5 * time.Second)
			if n == 0 {
				resp := reply(req, 200, "", "Retry-After", "4")
				resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"data": [`+voucherData+`,`), brokenPipe{}))
				return resp, nil
			}
			return reply(req, 200, `{"data": [`+voucherData+`]}`), nil
		}), vingd.WithTimeout(11*time.Second))
		rows, err := client.Vouchers.List(t.Context(), vingd.VoucherFilter{})
		if err != nil || len(rows) != 1 || len(sent.times) != 2 {
			t.Errorf("got %d rows by %d attempts, %v", len(rows), len(sent.times), err)
		}
	})
}

// epoch is when virtual time begins.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// wantStatus fails the test unless err is the broker's response of a status.
func wantStatus(t *testing.T, err error, status int) {
	t.Helper()
	var failed *vingd.Error
	if !errors.As(err, &failed) || failed.Status != status {
		t.Errorf("got the error %v, want status %d", err, status)
	}
}

// There is no sense in waiting for what comes after the deadline: the broker's response is worth more than a timeout.
func TestRetry_DeadlineBeforeWait(t *testing.T) {
	for _, c := range []call{callNamed("Accounts.Balance"), callNamed("Purchases.Commit"), callNamed("Vouchers.All")} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				var sent attempts
				_, err := c.do(ctx, newClient(t, pipesAddress, sent.unavailable("Retry-After", "2")))
				wantStatus(t, err, http.StatusServiceUnavailable)
				if errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v is a timeout, want the broker's response", err)
				}
				if len(sent.times) != 1 || time.Since(epoch) != 0 {
					t.Errorf("sent at %v, returned after %v; want once, and to return at once", sent.times, time.Since(epoch))
				}
			})
		})
	}

	t.Run("the client's own", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var sent attempts
			client := newClient(t, pipesAddress, sent.unavailable("Retry-After", "31")) // the default is 30 s
			_, err := client.Accounts.Balance(t.Context())
			wantStatus(t, err, http.StatusServiceUnavailable)
			if len(sent.times) != 1 || time.Since(epoch) != 0 {
				t.Errorf("sent at %v, returned after %v; want once, and to return at once", sent.times, time.Since(epoch))
			}
		})
	})
}

// The time for a call counts for all of its attempts together.
func TestRetry_WithinOneTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent attempts
		client := newClient(t, pipesAddress, sent.transport(func(req *http.Request, n int) (*http.Response, error) {
			select {
			case <-time.After(5 * time.Second):
				return reply(req, http.StatusServiceUnavailable, sorry), nil
			case <-req.Context().Done():
				return nil, req.Context().Err()
			}
		}), vingd.WithRetries(100), vingd.WithTimeout(8*time.Second))
		_, err := client.Accounts.Balance(t.Context())
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want a timeout", err)
		}
		if took := time.Since(epoch); took != 8*time.Second || len(sent.times) != 2 {
			t.Errorf("sent %d times, returned after %v; want 2 and 8s", len(sent.times), took)
		}
	})
}

func TestRetry_EndsWithContext(t *testing.T) {
	for _, c := range eachCall() {
		if c.kind == unsafe {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				var sent attempts
				_, err := c.do(ctx, newClient(t, pipesAddress, sent.unavailable("Retry-After", "20")))
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%v is not context.Canceled", err)
				}
				wantStatus(t, err, http.StatusServiceUnavailable)
				if took := time.Since(epoch); took != time.Second || len(sent.times) != 1 {
					t.Errorf("sent %d times, returned after %v; want once, and 1s", len(sent.times), took)
				}
			})
		})
	}
}

// A context that is cancelled for a reason of the caller's own is one that is cancelled.
func TestContext_CancelledWithCause(t *testing.T) {
	reason := errors.New("the shop closes")
	for _, c := range eachCall() {
		ctx, cancel := context.WithCancelCause(t.Context())
		client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			cancel(reason)
			<-req.Context().Done()
			return nil, context.Cause(req.Context()) // as net/http does
		}))
		if _, err := c.do(ctx, client); !errors.Is(err, context.Canceled) || !errors.Is(err, reason) {
			t.Errorf("%s: %v is not context.Canceled for the caller's reason", c.name, err)
		}
	}
}

// A broker that is down does not get every call three times.
func TestRetryBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		var sent attempts
		client := newClient(t, pipesAddress, sent.transport(func(req *http.Request, _ int) (*http.Response, error) {
			if down {
				return reply(req, http.StatusServiceUnavailable, sorry), nil
			}
			return reply(req, 200, `{"data": {"balance": 1}}`), nil
		}))
		do := func(calls int, want int) {
			t.Helper()
			before := len(sent.times)
			for range calls {
				if _, err := client.Accounts.Balance(t.Context()); (err != nil) != down {
					t.Fatalf("down: %v, and the error is %v", down, err)
				}
			}
			if got := len(sent.times) - before; got != want {
				t.Errorf("sent %d requests for %d calls, want %d", got, calls, want)
			}
		}
		do(1000, 1000+7)
		down = false
		do(9, 9)
		down = true
		do(1, 1)
		down = false
		do(1, 1)
		down = true
		do(1, 1+1) // for ten calls that succeeded
		down = false
		do(20, 20)
		down = true
		do(100, 100+2)
		down = false
		do(1000, 1000)
		down = true
		do(100, 100+7)
	})
}

// However many reads fail, a commit that meets a busy broker is repeated, else the buyer is refunded what was served. So is a
// call that was not done.
func TestRetryBudget_ReservedForCommits(t *testing.T) {
	for _, c := range eachCall() {
		if c.kind == safe {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			down, busy := true, 0
			var sent attempts
			client := newClient(t, pipesAddress, sent.transport(func(req *http.Request, _ int) (*http.Response, error) {
				switch {
				case down:
					return reply(req, http.StatusServiceUnavailable, sorry), nil
				case busy > 0:
					busy--
					return reply(req, http.StatusTooManyRequests, sorry), nil
				}
				return reply(req, 200, `{"data": `+c.data+`}`), nil
			}))
			for range 100 {
				if _, err := client.Accounts.Balance(t.Context()); err == nil {
					t.Fatal("no error")
				}
			}
			down, busy, sent.times = false, 2, nil
			if _, err := c.do(t.Context(), client); err != nil || len(sent.times) != 3 {
				t.Errorf("%s: sent %d times, want 3 (%v)", c.name, len(sent.times), err)
			}
			busy, sent.times = 2, nil
			if _, err := c.do(t.Context(), client); err == nil || len(sent.times) != 2 {
				t.Errorf("%s: sent %d times by the last retry, want 2 (%v)", c.name, len(sent.times), err)
			}
		})
	}
}

// Each attempt is a request of its own, with the whole body.
func TestRetry_SendsSameRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range eachCall() {
			var sent attempts
			_, err := c.do(t.Context(), newClient(t, pipesAddress, sent.transport(func(req *http.Request, n int) (*http.Response, error) {
				if got := req.Method + " " + req.URL.EscapedPath(); got != c.method+" /broker/v1"+c.path {
					t.Errorf("attempt %d is %s", n, got)
				}
				if req.Header.Get("Authorization") != authorization {
					t.Errorf("attempt %d is without credentials", n)
				}
				if n < 2 {
					return reply(req, http.StatusTooManyRequests, sorry), nil
				}
				return reply(req, 200, `{"data": `+c.data+`}`), nil
			})))
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			if len(sent.bodies) != 3 {
				t.Errorf("%s: sent %d times, want 3", c.name, len(sent.bodies))
			}
			for _, body := range sent.bodies {
				wantJSON(t, body, c.body)
			}
		}
	})
}

func TestWithRetries(t *testing.T) {
	for _, retries := range []int{0, 1, 5} {
		synctest.Test(t, func(t *testing.T) {
			var sent attempts
			client := newClient(t, pipesAddress, sent.unavailable(), vingd.WithRetries(retries))
			_, err := client.Accounts.Balance(t.Context())
			wantStatus(t, err, http.StatusServiceUnavailable)
			if len(sent.times) != 1+retries {
				t.Errorf("sent %d times with %d retries", len(sent.times), retries)
			}
		})
	}
}
