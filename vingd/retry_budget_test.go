package vingd_test

import (
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// A client may make mostRepeats retries while a broker fails, and one more for every callsForRepeat calls that succeed.
const (
	mostRepeats    = 10
	callsForRepeat = 10
)

// A weather is a broker some of whose responses are failures. It counts the requests.
type weather struct {
	fails func(*http.Request) (*http.Response, error)
	bad   func() bool // whether the next request fails
	every []call
	sent  int
}

func (w *weather) RoundTrip(req *http.Request) (*http.Response, error) {
	w.sent++
	if w.bad() {
		return w.fails(req)
	}
	for _, c := range w.every {
		if asks(req, c) {
			return reply(req, http.StatusOK, `{"data": `+c.data+`}`), nil
		}
	}
	return reply(req, http.StatusNotFound, page), nil
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

// A client calls once a second while a share of the requests fails, for a quarter of an hour. It sends one request in ten more than
// what succeeds, and ten more in all.
func TestRetryBudget_LastingOutage(t *testing.T) {
	const calls = 1000
	for name, fails := range storms {
		for _, share := range []float64{.01, .1, .5, .9, 1} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := rand.New(rand.NewPCG(1, 2))
					w := &weather{every: eachCall(), fails: fails, bad: func() bool { return r.Float64() < share }}
					client := newBareClient(t, pipesAddress, w)
					succeeded := 0
					for n := range calls {
						if _, err := w.every[n%len(w.every)].do(t.Context(), client); err == nil {
							succeeded++
						}
						<-time.After(time.Second)
					}
					most := calls + mostRepeats + succeeded/callsForRepeat
					if w.sent > most || w.sent == calls || share == 1 && w.sent < most {
						t.Errorf("%v of requests fail: %d calls sent %d requests, must be more, and %d at most", share, calls, w.sent, most)
					}
				})
			})
		}
	}
}
