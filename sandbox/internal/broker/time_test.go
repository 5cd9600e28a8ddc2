package broker_test

import (
	"errors"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// reopen closes the scene's data file and opens it at another time, as another process would.
func (s *scene) reopen(t *testing.T, data string, now time.Time) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.now = now
	var err error
	if s.Broker, err = broker.New(func() time.Time { return s.now }, data); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) advance(t *testing.T, d time.Duration) {
	t.Helper()
	if err := s.Advance(d); err != nil {
		t.Fatal(err)
	}
}

// checkLog fails the test unless a voucher's log has these actions, at times that never fall, and the books are right.
func (s *scene) checkLog(t *testing.T, want ...broker.Action) {
	t.Helper()
	log, err := collect(s.VoucherLog(s.seller, broker.LogFilter{}))
	if err != nil {
		t.Fatal(err)
	}
	var actions []broker.Action
	for i, e := range log {
		if actions = append(actions, e.Action); i > 0 && e.At.Before(log[i-1].At) {
			t.Errorf("%s at %v comes after %v", e.Action, e.At, log[i-1].At)
		}
	}
	if !slices.Equal(actions, want) {
		t.Errorf("got log %v, want %v", actions, want)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// A data file keeps how far ahead the clock is, also after a restart.
func TestAdvance_Restart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := newSceneIn(t, data)
	s.advance(t, 48*time.Hour)
	v := s.voucher(t)
	s.reopen(t, data, s.now.Add(time.Minute))
	if got, want := s.Now(), s.now.Add(48*time.Hour); !got.Equal(want) || s.Ahead() != 48*time.Hour {
		t.Errorf("it is %v, %v ahead; want %v", got, s.Ahead(), want)
	}
	if _, err := s.RevokeOne(s.seller, v.Code, broker.VoucherFilter{}); err != nil {
		t.Fatal(err)
	}
	s.checkLog(t, broker.ActionAdd, broker.ActionRevoke)
}

// Advance moves the time also while the clock is behind the latest step: in a file of another clock, and after the clock ran
// back. It stands still there until the clock has caught up, also after a restart. A later start by the first clock continues
// from it, without the distance between the clocks.
func TestAdvance_ClockBehind(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := newSceneIn(t, data)
	first := s.now
	s.voucher(t)
	const day = 24 * time.Hour
	s.reopen(t, data, first.Add(-300*day))
	for ahead := day; ahead <= 3*day; ahead += day {
		s.advance(t, day)
		if got, want := s.Now(), first.Add(ahead); !got.Equal(want) || s.Ahead() != ahead {
			t.Errorf("it is %v, %v ahead; want %v", got, s.Ahead(), want)
		}
	}
	s.reopen(t, data, s.now)
	if got, want := s.Now(), first.Add(3*day); !got.Equal(want) {
		t.Errorf("after a restart it is %v, want %v", got, want)
	}
	s.advance(t, 0)
	s.now = s.now.Add(time.Hour)
	if got, want := s.Now(), first.Add(3*day); !got.Equal(want) {
		t.Errorf("after an hour of the clock it is %v, want %v", got, want)
	}
	s.now = s.now.Add(-100 * day)
	s.advance(t, 4*day)
	s.checkLog(t, broker.ActionAdd, broker.ActionExpire)
	want := first.Add(7 * day)
	if got := s.Now(); !got.Equal(want) {
		t.Errorf("after the clock ran back it is %v, want %v", got, want)
	}

	s.reopen(t, data, first.Add(2*time.Hour))
	if got, want := s.Now(), first.Add(7*day+2*time.Hour); !got.Equal(want) || s.Ahead() != 7*day {
		t.Errorf("by the first clock it is %v, %v ahead; want %v", got, s.Ahead(), want)
	}
	if _, err := s.Reset(broker.NewSeller{Username: "s"}, broker.Fixtures{}); err != nil {
		t.Fatal(err)
	}
	if got := s.Now(); !got.Equal(s.now) {
		t.Errorf("after a reset it is %v, want %v", got, s.now)
	}
}

// Advance moves the time also if the clock is behind the file by more than a duration can hold.
func TestAdvance_ClockFarBehind(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := newSceneIn(t, data)
	s.voucher(t)
	want := s.now.Add(time.Hour)
	s.reopen(t, data, time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC))
	s.advance(t, time.Hour)
	if got := s.Now(); !got.Equal(want) || s.Ahead() != time.Hour {
		t.Errorf("it is %v, %v ahead; want %v", got, s.Ahead(), want)
	}
}

// Once a clock that ran back has caught up, the time is the clock and what Advance added, as after a restart.
func TestAdvance_ClockBackAndForth(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := newSceneIn(t, data)
	noon := s.now
	v := s.voucher(t)
	s.now = noon.Add(-time.Hour)
	s.advance(t, time.Minute)
	for _, clock := range []time.Duration{-time.Hour, -time.Minute, 0, time.Minute, time.Hour} {
		s.now = noon.Add(clock)
		want := noon.Add(max(clock, 0) + time.Minute)
		if got := s.Now(); !got.Equal(want) {
			t.Errorf("by the clock at %v it is %v, want %v", s.now, got, want)
		}
	}
	if _, err := s.RevokeOne(s.seller, v.Code, broker.VoucherFilter{}); err != nil {
		t.Fatal(err)
	}
	s.reopen(t, data, s.now)
	if got, want := s.Now(), s.now.Add(time.Minute); !got.Equal(want) {
		t.Errorf("after a restart it is %v, want %v", got, want)
	}
	s.checkLog(t, broker.ActionAdd, broker.ActionRevoke)
}

// If the clock is behind the latest step of a data file, time stands still until the clock has caught up.
func TestClock_BehindFile(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := newSceneIn(t, data)
	v, seen := s.voucher(t), s.now
	s.reopen(t, data, seen.Add(-time.Hour))
	if got := s.Now(); !got.Equal(seen) {
		t.Errorf("it is %v, want the time of the latest step, %v", got, seen)
	}
	if _, err := s.RevokeOne(s.seller, v.Code, broker.VoucherFilter{}); err != nil {
		t.Fatal(err)
	}
	s.now = seen.Add(time.Second)
	s.voucher(t)
	s.now = seen.Add(-time.Second) // also within a process
	s.voucher(t)
	s.checkLog(t, broker.ActionAdd, broker.ActionRevoke, broker.ActionAdd, broker.ActionAdd)
	if got, want := s.Now(), seen.Add(time.Second); !got.Equal(want) {
		t.Errorf("it is %v, want %v", got, want)
	}
}

// A reset that fails changes nothing, not even the clock. One that succeeds sets the clock back.
func TestReset_Clock(t *testing.T) {
	s := newScene(t)
	s.advance(t, 48*time.Hour)
	v := s.voucher(t)
	if _, err := s.Reset(broker.NewSeller{Username: "a:b", Password: "123", Balance: 1000}, broker.Fixtures{}); !errors.Is(err, broker.ErrInvalid) {
		t.Fatalf("got %v, want ErrInvalid", err)
	}
	if got, want := s.Now(), s.now.Add(48*time.Hour); !got.Equal(want) || s.Ahead() != 48*time.Hour {
		t.Errorf("it is %v, %v ahead; want %v", got, s.Ahead(), want)
	}
	if _, err := s.RevokeOne(s.seller, v.Code, broker.VoucherFilter{}); err != nil {
		t.Fatal(err)
	}
	s.checkLog(t, broker.ActionAdd, broker.ActionRevoke)
	if _, err := s.Reset(broker.NewSeller{Username: "seller", Password: "123", Balance: 1000}, broker.Fixtures{}); err != nil {
		t.Fatal(err)
	}
	if got := s.Now(); !got.Equal(s.now) || s.Ahead() != 0 {
		t.Errorf("it is %v, %v ahead; want %v", got, s.Ahead(), s.now)
	}
	s.checkLog(t)
}

// A bound broker refuses every step after a reset, but not after a reset that failed.
func TestUntilReset(t *testing.T) {
	s := newScene(t)
	bound := s.UntilReset()
	if _, err := s.Reset(broker.NewSeller{Username: "a:b", Password: "123", Balance: 1000}, broker.Fixtures{}); err == nil {
		t.Fatal("a reset with an invalid seller succeeds")
	}
	if got, err := bound.Balance(s.seller); err != nil || got != 1000 {
		t.Errorf("got %v, %v after a reset that failed", got, err)
	}
	if _, err := s.Reset(broker.NewSeller{Username: "seller", Password: "123", Balance: 1000}, broker.Fixtures{}); err != nil {
		t.Fatal(err)
	}
	if _, err := bound.CreateVoucher(s.seller, broker.NewVoucher{Amount: 5}); !errors.Is(err, broker.ErrGone) {
		t.Errorf("got %v, want ErrGone", err)
	}
	if _, err := collect(bound.Vouchers(s.seller, broker.VoucherFilter{})); !errors.Is(err, broker.ErrGone) {
		t.Errorf("got %v, want ErrGone", err)
	}
	if got, err := s.Balance(s.seller); err != nil || got != 1000 {
		t.Errorf("got %v, %v", got, err)
	}
}

// A list that is being read ends with an error when the broker is reset.
func TestList_EndsAtReset(t *testing.T) {
	s := newScene(t)
	if err := s.Deposit(s.seller, 1000); err != nil {
		t.Fatal(err)
	}
	for range 300 {
		s.voucher(t)
	}
	n := 0
	for _, err := range s.Vouchers(s.seller, broker.VoucherFilter{First: new(int64(1000))}) {
		if n++; n == 1 {
			if _, err := s.Reset(broker.NewSeller{Username: "seller", Password: "123", Balance: 1000}, broker.Fixtures{}); err != nil {
				t.Fatal(err)
			}
		}
		if n == 257 != errors.Is(err, broker.ErrGone) {
			t.Errorf("row %d: got %v", n, err)
		}
	}
	if n != 257 {
		t.Errorf("got %d rows, want one chunk and an error", n)
	}
}

// If more deadlines are due than one transaction settles, the broker settles them in several, before any later step.
func TestSettle_InSeveralTransactions(t *testing.T) {
	const vouchers = 250
	for name, move := range map[string]func(*testing.T, *scene){
		"by itself":  func(_ *testing.T, s *scene) { s.now = s.now.Add(8 * 24 * time.Hour) },
		"by Advance": func(t *testing.T, s *scene) { t.Helper(); s.advance(t, 8*24*time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			s := &scene{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
			reads := 0
			var err error
			s.Broker, err = broker.New(func() time.Time { reads++; return s.now }, "")
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close() //nolint:errcheck // it is in memory
			s.populate(t)
			if err := s.Deposit(s.seller, 1000); err != nil {
				t.Fatal(err)
			}
			for range vouchers - 50 {
				s.voucher(t)
			}
			s.now = s.now.Add(time.Minute)
			for range 50 {
				s.voucher(t)
			}
			if held, err := s.Balance(s.seller); err != nil || held != 2000-5*vouchers {
				t.Fatalf("the seller holds %v, %v; want 2000 less the vouchers", held, err)
			}
			reads = 0
			move(t, s)
			if held, err := s.Balance(s.seller); err != nil || held != 2000 {
				t.Errorf("the seller holds %v, %v; want 2000", held, err)
			}
			if reads < 3 {
				t.Errorf("%d vouchers expired in %d transactions, want three or more", vouchers, reads)
			}
			want := slices.Concat(slices.Repeat([]broker.Action{broker.ActionAdd}, vouchers), slices.Repeat([]broker.Action{broker.ActionExpire}, vouchers))
			s.checkLog(t, want...)
		})
	}
}

// While Advance settles deadlines in several transactions, other steps run between them, at the deadline that it has reached.
// They do not wait for all deadlines, settle none of them, and cannot use expired vouchers and purchases.
func TestAdvance_OtherSteps(t *testing.T) {
	s := newScene(t)
	due := s.now.Add(15 * time.Minute) // the deadline of all vouchers and purchases
	voucher := func() broker.Voucher {
		t.Helper()
		v, err := s.CreateVoucher(s.seller, broker.NewVoucher{Amount: 5, Until: &due})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for range 100 {
		voucher()
	}
	// These are left after the first transaction.
	bought, err := s.Verify(s.seller, s.object, s.pay(t).Token)
	if err != nil {
		t.Fatal(err)
	}
	paid, last := s.pay(t), voucher()
	if err := s.BeginAdvance(24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	for n, more := 0, true; more; n++ {
		if more, err = s.SettleSome(); err != nil || more != (n < 4) {
			t.Fatalf("after %d transactions: %v, %v", n+1, more, err)
		}
		want := s.now.Add(24 * time.Hour)
		if more {
			want = due
		}
		if got := s.Now(); !got.Equal(want) {
			t.Errorf("after %d transactions it is %v, want %v", n+1, got, want)
		}
		if _, err := s.Redeem(s.buyer, last.Code); !errors.Is(err, broker.ErrGone) {
			t.Errorf("after %d transactions: got %v, want ErrGone", n+1, err)
		}
		if _, err := s.Verify(s.seller, s.object, paid.Token); !errors.Is(err, broker.ErrForbidden) {
			t.Errorf("after %d transactions: got %v, want ErrForbidden", n+1, err)
		}
		if err := s.Commit(s.seller, bought.ID, bought.Transfer); !errors.Is(err, broker.ErrConflict) {
			t.Errorf("after %d transactions: got %v, want ErrConflict", n+1, err)
		}
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	}
}

func TestAdvance_Invalid(t *testing.T) {
	s := newScene(t)
	for _, d := range []time.Duration{-1, math.MinInt64} {
		if err := s.Advance(d); !errors.Is(err, broker.ErrInvalid) {
			t.Errorf("advance by %v: got %v, want ErrInvalid", d, err)
		}
	}
	s.advance(t, math.MaxInt64)
	if err := s.Advance(1); !errors.Is(err, broker.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	late := &scene{now: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}
	var err error
	if late.Broker, err = broker.New(func() time.Time { return late.now }, ""); err != nil {
		t.Fatal(err)
	}
	defer late.Close() //nolint:errcheck // it is in memory
	if err := late.Advance(24 * time.Hour); !errors.Is(err, broker.ErrInvalid) {
		t.Errorf("beyond the year 9999: got %v, want ErrInvalid", err)
	}
	late.advance(t, 23*time.Hour)
}
