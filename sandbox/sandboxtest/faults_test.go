package sandboxtest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
)

// A shop is a sandbox in which the seller has met a buyer.
type shop struct {
	*sandboxtest.Sandbox

	ann  *sandbox.Buyer
	huid vingd.HUID
	sold *vingd.Purchase
	back vingd.Callback // Ann's callback, which was verified
}

// newShop returns a shop whose client does not retry.
func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{Sandbox: sandboxtest.New(t, vingd.WithRetries(0))}
	s.ann = s.Buyer("Ann", 5_00)
	s.back = s.pay(t)
	purchase, err := s.Client.Purchases.Verify(t.Context(), s.back.Object, s.back.Token)
	if err != nil {
		t.Fatal(err)
	}
	s.huid, s.sold = purchase.Buyer, purchase
	return s
}

// pay sells an article to Ann for 2.00, and returns her callback.
func (s *shop) pay(t *testing.T) vingd.Callback {
	t.Helper()
	order, err := sell(t.Context(), s.Client)
	if err != nil {
		t.Fatal(err)
	}
	back, err := s.ann.Pay(order)
	if err != nil {
		t.Fatal(err)
	}
	callback, err := vingd.ParseCallback(back)
	if err != nil {
		t.Fatal(err)
	}
	return callback
}

func (s *shop) reward(ctx context.Context, client *vingd.Client) error {
	_, err := client.Rewards.Create(ctx, s.huid, vingd.RewardParams{Amount: 75})
	return err
}

// overHTTP1 returns a client that speaks HTTP/1.1.
func (s *shop) overHTTP1(t *testing.T) *vingd.Client {
	t.Helper()
	transport := s.HTTPClient().Transport.(*http.Transport).Clone()
	transport.ForceAttemptHTTP2 = false
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	transport.TLSClientConfig.NextProtos = nil
	t.Cleanup(transport.CloseIdleConnections)
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(s.Endpoint()),
		vingd.WithFrontend(s.Frontend()), vingd.WithHTTPClient(&http.Client{Transport: transport}), vingd.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// Over HTTP/1.1 and HTTP/2, each fault gives the right error of the client, and moves the right money.
func TestFail_Faults(t *testing.T) {
	for name, test := range map[string]struct {
		fault   sandbox.Fault
		status  int   // the status of the error, or 0
		is      error // a kind of the error
		unknown bool  // whether the error is ErrOutcomeUnknown
	}{
		"status":             {sandbox.Fault{Status: 409}, 409, vingd.ErrGeneral, false},
		"forbidden":          {sandbox.Fault{Status: 403}, 403, vingd.ErrForbidden, false},
		"server error":       {sandbox.Fault{Status: 503}, 503, vingd.ErrGeneral, true},
		"server error, done": {sandbox.Fault{Status: 500, Done: true}, 500, vingd.ErrInternal, true},
		"hang-up":            {sandbox.Fault{HangUp: true}, 0, vingd.ErrInternal, true},
		"hang-up, done":      {sandbox.Fault{HangUp: true, Done: true}, 0, vingd.ErrInternal, true},
		"garbage":            {sandbox.Fault{Garbage: true}, 200, vingd.ErrGeneral, true},
		"garbage, done":      {sandbox.Fault{Garbage: true, Done: true}, 200, vingd.ErrGeneral, true},
		"bad gateway":        {sandbox.Fault{Garbage: true, Status: 502}, 502, vingd.ErrGeneral, true},
		"late":               {sandbox.Fault{Delay: time.Millisecond}, 0, nil, false},
		"late, done":         {sandbox.Fault{Delay: time.Millisecond, Done: true}, 0, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			for protocol, client := range map[string]*vingd.Client{"HTTP/2": s.Client, "HTTP/1.1": s.overHTTP1(t)} {
				fault := test.fault
				fault.Count = 1
				s.Fail("rewardUser", fault)
				before := s.ann.Balance()
				start := time.Now()
				err := s.reward(t.Context(), client)
				if !errors.Is(err, test.is) || errors.Is(err, vingd.ErrOutcomeUnknown) != test.unknown || time.Since(start) < fault.Delay {
					t.Errorf("%s: got %v after %v, want %v, unknown %t", protocol, err, time.Since(start), test.is, test.unknown)
				}
				if failure := (*vingd.Error)(nil); test.is != nil && (!errors.As(err, &failure) || failure.Status != test.status) {
					t.Errorf("%s: got %#v, want status %d", protocol, err, test.status)
				}
				want := before
				if test.fault.Done || test.is == nil {
					want += 75
				}
				if got := s.ann.Balance(); got != want {
					t.Errorf("%s: Ann holds %v, want %v", protocol, got, want)
				}
				if err := s.reward(t.Context(), client); err != nil || s.ann.Balance() != want+75 {
					t.Errorf("%s: after the fault: got %v, Ann holds %v", protocol, err, s.ann.Balance())
				}
			}
		})
	}
}

// If the client disconnects during a delay, the operation is not done, except if the fault is Done.
func TestFail_DelayOutlastsClient(t *testing.T) {
	for _, done := range []bool{false, true} {
		s := newShop(t)
		s.Fail("rewardUser", sandbox.Fault{Delay: time.Hour, Done: done})
		before := s.ann.Balance()
		ctx, giveUp := context.WithCancel(t.Context())
		giveUp()
		request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/broker/v1/rewards",
			strings.NewReader(`{"huid_to": "`+string(s.huid)+`", "amount": 75, "description": null}`))
		request.SetBasicAuth("test@vingd.com", "40bd001563085fc35165329ea1ff5c5ecbdbbeef")
		answer := httptest.NewRecorder()
		if ended := panics(func() { s.Handler().ServeHTTP(answer, request) }); !errors.Is(ended, http.ErrAbortHandler) || answer.Body.Len() > 0 {
			t.Errorf("got %v and %q, want a hang-up", ended, answer.Body)
		}
		if moved := s.ann.Balance() != before; moved != done {
			t.Errorf("done %t: the money moved %t", done, moved)
		}
	}
}

// panics returns the error that a function panics with.
func panics(f func()) (with error) {
	defer func() { with, _ = recover().(error) }()
	f()
	return nil
}

// A verification uses up the token, even if its response is lost.
func TestFail_LostVerification(t *testing.T) {
	s := newShop(t)
	back := s.pay(t)
	s.Fail("verifyPurchase", sandbox.Fault{HangUp: true, Done: true, Count: 1})
	if _, err := s.Client.Purchases.Verify(t.Context(), back.Object, back.Token); !errors.Is(err, vingd.ErrOutcomeUnknown) {
		t.Errorf("got %v, want ErrOutcomeUnknown", err)
	}
	if _, err := s.Client.Purchases.Verify(t.Context(), back.Object, back.Token); !errors.Is(err, vingd.ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
}

func TestFail_BatchErrors(t *testing.T) {
	s := newShop(t)
	calls := map[string]func() error{
		"createObject": func() error {
			_, err := s.Client.Objects.Create(t.Context(), vingd.ObjectParams{Name: "A", URL: "https://shop.example/"})
			return err
		},
		"updateObject": func() error {
			_, err := s.Client.Objects.Update(t.Context(), s.back.Object, vingd.ObjectParams{Name: "A", URL: "https://shop.example/"})
			return err
		},
		"createOrder": func() error {
			_, err := s.Client.Orders.Create(t.Context(), s.back.Object, vingd.OrderParams{Price: 200})
			return err
		},
	}
	for operation, call := range calls {
		s.Fail(operation, sandbox.Fault{BatchError: "no more paper, žal", Count: 1})
		var failure *vingd.Error
		if err := call(); !errors.As(err, &failure) || failure.Message != "no more paper, žal" || failure.Status != 206 {
			t.Errorf("%s: got %v", operation, err)
		}
		if err := call(); err != nil {
			t.Errorf("%s: after the fault: got %v", operation, err)
		}
	}
}

// Faults are used in the order in which they were added, for their operation only. A request with a wrong login does not use
// one up.
func TestFail_Order(t *testing.T) {
	s := newShop(t)
	s.Fail("rewardUser", sandbox.Fault{Status: 403, Count: 2})
	s.Fail("", sandbox.Fault{Status: 404, Count: 1})
	s.Fail("rewardUser", sandbox.Fault{Status: 400})

	stranger, err := vingd.New(vingd.Password("test@vingd.com", "wrong"), vingd.WithEndpoint(s.Endpoint()), vingd.WithHTTPClient(s.HTTPClient()))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.CloseIdleConnections()
	var failure *vingd.Error
	if err := s.reward(t.Context(), stranger); !errors.As(err, &failure) || failure.Status != 401 {
		t.Errorf("got %v, want status 401", err)
	}
	for i, want := range []error{vingd.ErrForbidden, vingd.ErrForbidden, vingd.ErrNotFound, vingd.ErrInvalidData, vingd.ErrInvalidData} {
		if err := s.reward(t.Context(), s.Client); !errors.Is(err, want) {
			t.Errorf("reward %d: got %v, want %v", i, err, want)
		}
	}
	if _, err := s.Client.Accounts.Balance(t.Context()); err != nil {
		t.Errorf("another operation: %v", err)
	}
	s.ClearFaults()
	if err := s.reward(t.Context(), s.Client); err != nil {
		t.Errorf("cleared: %v", err)
	}
}

// The same seed selects the same share of requests.
func TestFail_Share(t *testing.T) {
	draw := func(seed uint64) (failed []int) {
		s := sandboxtest.New(t, vingd.WithRetries(0))
		s.Fail("getBalance", sandbox.Fault{Status: 404, Fraction: .25, Seed: seed})
		for i := range 100 {
			if _, err := s.Client.Accounts.Balance(t.Context()); errors.Is(err, vingd.ErrNotFound) {
				failed = append(failed, i)
			}
		}
		return failed
	}
	first := draw(7)
	if n := len(first); n < 10 || n > 45 {
		t.Errorf("%d of 100 requests fail, want about 25", n)
	}
	if again := draw(7); !slices.Equal(again, first) {
		t.Errorf("got %v, and with the same seed %v", first, again)
	}
	if other := draw(8); slices.Equal(other, first) {
		t.Errorf("got %v, also with another seed", other)
	}
}
