package vingd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A fate is what becomes of an attempt, and of the broker after it.
type fate struct {
	arrives bool          // else it is lost on its way
	late    time.Duration // how long it is in flight, when it arrives after its caller gave up; from when the broker is back
	garbage bool          // whether the response says nothing
	outage  time.Duration // how long the broker is away then
	failing int           // how it fails while it is away
	skew    time.Duration // how far the caller's clock is ahead of the broker's, but for revocations
}

func drawFate(r *rand.Rand) fate {
	f := fate{arrives: r.IntN(5) > 1, garbage: r.IntN(3) == 0, failing: r.IntN(5)}
	if r.IntN(2) == 0 {
		f.late = time.Duration(r.Int64N(int64(vingd.DefaultSettleTime - time.Second)))
	}
	if r.IntN(2) == 0 {
		f.outage = time.Duration(r.Int64N(int64(time.Hour)))
	}
	if r.IntN(2) == 0 {
		f.skew = time.Duration(r.Int64N(int64(46*time.Hour))) - 23*time.Hour
	}
	return f
}

// A stretch is a wire in memory between a client and a sandbox, both in virtual time. It serves one attempt by its fate.
type stretch struct {
	handler http.Handler

	mu      sync.Mutex
	fate    *fate // of the next request that is no read
	failing int
	back    time.Time // when the broker is back
	landing sync.WaitGroup
}

func (s *stretch) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	f := s.fate
	if req.Method == http.MethodGet {
		f = nil
	}
	if f != nil {
		s.fate, s.failing, s.back = nil, f.failing, time.Now().Add(f.outage)
	}
	away, failing := time.Until(s.back), s.failing
	s.mu.Unlock()
	if f != nil {
		return s.meet(f, req, body)
	}
	if away > 0 {
		return fail(req, failing, away)
	}
	return s.serve(req, body), nil
}

// meet makes an attempt meet its fate.
func (s *stretch) meet(f *fate, req *http.Request, body []byte) (*http.Response, error) {
	switch {
	case f.arrives && f.late > 0:
		s.landing.Go(func() {
			<-time.After(f.outage + f.late)
			_ = s.serve(req.WithContext(context.Background()), body).Body.Close()
		})
	case f.arrives:
		s.serve(req, body)
	}
	if f.garbage {
		return reply(req, http.StatusBadGateway, "<html>", "Content-Type", "text/html"), nil
	}
	return nil, errors.New("hung up")
}

// fail is how a broker that is away fails.
func fail(req *http.Request, how int, away time.Duration) (*http.Response, error) {
	switch how {
	case 0:
		return nil, errors.New("connection refused")
	case 1:
		return reply(req, http.StatusServiceUnavailable, `{"message": "m", "context": "c"}`, "Content-Type", "application/json"), nil
	case 2:
		return reply(req, http.StatusOK, "<html>", "Content-Type", "text/html"), nil
	case 3: // half a list
		return reply(req, http.StatusOK, `{"data": [`, "Content-Type", "application/json"), nil
	default: // nothing comes any more, also not when the broker is back
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
}

func (s *stretch) serve(req *http.Request, body []byte) *http.Response {
	server := req.Clone(req.Context())
	server.Body, server.RequestURI, server.RemoteAddr = io.NopCloser(bytes.NewReader(body)), req.URL.RequestURI(), "127.0.0.1:1"
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, server)
	resp := w.Result()
	resp.Request = req
	resp.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat)) // as a server does
	return resp
}

// newStretch returns a scene in virtual time, whose client's calls go over a stretch. It is for a bubble.
func newStretch(t *testing.T, options ...vingd.Option) (*scene, *stretch) {
	t.Helper()
	sb, err := sandbox.New(sandbox.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(sb.Check(), sb.Close()); err != nil {
			t.Error(err)
		}
	})
	wire := &stretch{handler: sb.Handler()}
	s := &scene{t: t, sb: sb, client: newSeller(t, wire, options...), judge: newSeller(t, &stretch{handler: sb.Handler()})}
	s.populate()
	return s, wire
}

func newSeller(t *testing.T, rt http.RoundTripper, options ...vingd.Option) *vingd.Client {
	t.Helper()
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"),
		append([]vingd.Option{vingd.WithHTTPClient(&http.Client{Transport: rt}), vingd.WithRetries(0)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Reconcile tells what the books tell, within the settle time and a minute of the broker's being back. VINGD_RECONCILE_ROUNDS
// says how many attempts of each operation are made.
func TestReconcile_InTime(t *testing.T) {
	rounds := endure.Number(t, "VINGD_RECONCILE_ROUNDS", endure.Rounds(12, 5))
	for operation, prepare := range unknowns {
		t.Run(operation, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, wire := newStretch(t)
				if _, err := s.client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 1}); err != nil {
					t.Fatal(err)
				}
				<-time.After(48 * time.Hour) // so that the account has rows from before each call
				draw := rand.New(rand.NewPCG(2, uint64(len(operation))))
				verdicts := map[error]int{}
				for round := range rounds {
					f := drawFate(draw)
					a := prepare(s, fmt.Sprintf("ref-%d", round))
					sent := time.Now()
					if !strings.HasPrefix(operation, "revoke") { // the log of revocations is read from a minute before
						sent = sent.Add(f.skew)
					}
					wire.fate = &f
					if err := a.make(t.Context(), s.client); !errors.Is(err, vingd.ErrOutcomeUnknown) {
						t.Fatalf("%+v: got %v, want an unknown outcome", f, err)
					}
					got, err := a.reconcile(t.Context(), s.client, sent)
					took := time.Since(wire.back)
					wire.landing.Wait()
					checkVerdict(t, fmt.Sprintf("%+v", f), got, err, a.made())
					if took > vingd.DefaultSettleTime+time.Minute {
						t.Errorf("%+v: it took %v from when the broker was back", f, took)
					}
					if err != nil {
						err = vingd.ErrNotDone
					}
					verdicts[err]++
					<-time.After(time.Hour)
				}
				if verdicts[nil] == 0 || verdicts[vingd.ErrNotDone] == 0 {
					t.Errorf("the verdicts are %v, want some of each", verdicts)
				}
				t.Logf("%d attempts: %d done, %d not done, none unknown any more", rounds, verdicts[nil], verdicts[vingd.ErrNotDone])
			})
		})
	}
}

// checkVerdict holds a verdict to the books.
func checkVerdict(t *testing.T, what string, got any, err error, made []any) {
	t.Helper()
	switch outcome := vingd.OutcomeOf(err); {
	case len(made) > 1:
		t.Errorf("%s: the books have it %d times", what, len(made))
	case outcome == vingd.OutcomeDone && len(made) == 1:
		if !reflect.DeepEqual(got, made[0]) {
			t.Errorf("%s: got  %+v\nwant %+v", what, got, made[0])
		}
	case outcome == vingd.OutcomeNotDone && errors.Is(err, vingd.ErrNotDone) && len(made) == 0:
	default:
		t.Errorf("%s: the verdict is %v (%v), the books have it %d times", what, outcome, err, len(made))
	}
}
