package vingd_test

import (
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A client may make mostRepeats retries while a broker fails, and one more for every callsForRepeat calls that succeed.
const (
	mostRepeats    = 10
	callsForRepeat = 10
)

// A weather is a broker that fails when it is told to, and counts what reaches it.
type weather struct {
	fails func(*http.Request) (*http.Response, error)

	every []call

	mu    sync.Mutex
	bad   func() bool // whether the next request fails
	sent  int
	calls int
	lost  int // calls that failed
}

func (w *weather) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.sent++
	bad := w.bad()
	w.mu.Unlock()
	if bad {
		return w.fails(req)
	}
	for _, c := range w.every {
		if asks(req, c) {
			return reply(req, http.StatusOK, `{"data": `+c.data+`}`), nil
		}
	}
	return reply(req, http.StatusNotFound, page), nil
}

// turn changes the weather, and returns what there was since it changed last: calls, requests and calls that failed.
func (w *weather) turn(bad func() bool) (calls, sent, lost int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls, sent, lost = w.calls, w.sent, w.lost
	w.calls, w.sent, w.lost, w.bad = 0, 0, 0, bad
	return calls, sent, lost
}

func fair() bool { return false }
func foul() bool { return true }

// call makes one call, and notes what becomes of it.
func (w *weather) call(t *testing.T, client *vingd.Client, c call) {
	_, err := c.do(t.Context(), client)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	if err != nil {
		w.lost++
	}
}

// load makes each client do its calls, one a second, for a while. When it returns no call is in flight.
func (w *weather) load(t *testing.T, clients []*vingd.Client, seconds int) {
	var done sync.WaitGroup
	every := w.every
	for i, client := range clients {
		done.Go(func() {
			for n := range seconds {
				w.call(t, client, every[(i+n)%len(every)])
				<-time.After(time.Second)
			}
		})
	}
	done.Wait()
}

// storms are ways for a broker to fail that let the client try again: all of them reads, and the last one whatever it does.
var storms = map[string]func(*http.Request) (*http.Response, error){
	"503": func(r *http.Request) (*http.Response, error) {
		return reply(r, http.StatusServiceUnavailable, sorry), nil
	},
	"a gateway's": func(r *http.Request) (*http.Response, error) { return reply(r, http.StatusBadGateway, page), nil },
	"hang-up":     func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
	"429":         func(r *http.Request) (*http.Response, error) { return reply(r, http.StatusTooManyRequests, sorry), nil },
}

// Clients call once a second during an outage of three minutes. The broker gets ten requests more for each client: 1.06 times the
// load. Then all is as before.
func TestStorm(t *testing.T) {
	const clients, seconds = 5, 180
	for name, fails := range storms {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &weather{every: eachCall(), fails: fails, bad: fair}
				var many []*vingd.Client
				for range clients {
					many = append(many, newBareClient(t, pipesAddress, w, vingd.WithRetries(5)))
				}
				w.load(t, many, seconds)
				if calls, sent, lost := w.turn(foul); calls != clients*seconds || sent != calls || lost != 0 {
					t.Errorf("before: %d calls sent %d requests, and %d failed", calls, sent, lost)
				}
				w.load(t, many, seconds)
				calls, sent, lost := w.turn(fair)
				if most := calls + clients*mostRepeats; sent != most {
					t.Errorf("during: %d calls sent %d requests, must be %d", calls, sent, most)
				}
				if lost != calls {
					t.Errorf("during: %d of %d calls failed", lost, calls)
				}
				w.load(t, many, seconds)
				if calls, sent, lost := w.turn(foul); sent != calls || lost != 0 {
					t.Errorf("after: %d calls sent %d requests, and %d failed", calls, sent, lost)
				}
				w.load(t, many, seconds)
				if calls, sent, _ := w.turn(fair); sent != calls+clients*mostRepeats {
					t.Errorf("the next time: %d calls sent %d requests, must be %d more: the budget is full again", calls, sent, clients*mostRepeats)
				}
			})
		})
	}
}

// A broker that fails now and then, for a quarter of an hour, gets one request in ten more than what succeeds, whatever share fails.
func TestRetryBudget_LastingOutage(t *testing.T) {
	for name, fails := range storms {
		for _, share := range []float64{.01, .1, .5, .9} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := rand.New(rand.NewPCG(1, 2))
					w := &weather{every: eachCall(), fails: fails, bad: func() bool { return r.Float64() < share }}
					client := newBareClient(t, pipesAddress, w)
					w.load(t, []*vingd.Client{client}, 1000)
					calls, sent, lost := w.turn(fair)
					if most := calls + mostRepeats + (calls-lost)/callsForRepeat; sent > most || sent == calls {
						t.Errorf("%v of requests fail: %d calls sent %d requests, must be more, and %d at most", share, calls, sent, most)
					}
				})
			})
		}
	}
}

// Right after an outage calls go well, and for every ten of them one that fails is repeated again.
func TestRetryBudget_AfterOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &weather{every: eachCall(), fails: storms["503"], bad: foul}
		client := newBareClient(t, pipesAddress, w)
		balance := callNamed("Accounts.Balance")
		for range 100 {
			w.call(t, client, balance)
		}
		w.turn(fair)
		for earned := range callsForRepeat + 1 { // so many calls have succeeded since
			var bad bool
			w.bad = func() bool { bad = !bad; return bad } // the next fails, and its retry does not
			if earned < callsForRepeat {
				if w.call(t, client, balance); w.sent != 1 || w.lost != 1 {
					t.Fatalf("after %d calls, one that fails is sent %d times", earned, w.sent)
				}
			} else if w.call(t, client, balance); w.sent != 2 || w.lost != 0 {
				t.Fatalf("after %d calls, one that fails is sent %d times", earned, w.sent)
			}
			w.turn(fair)
			if w.call(t, client, balance); w.lost != 0 {
				t.Fatal("a call failed when all was well")
			}
			w.turn(fair)
		}
	})
}
