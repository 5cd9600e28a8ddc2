package sandbox_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
)

func TestAdvance(t *testing.T) {
	w := newWorld(t)
	start := w.clock.Now()
	ann := w.buyer("Ann", 500)
	order := w.order(w.object(), 200)
	w.pay(ann, order)
	w.voucher(100, nil)
	holds(t, ann, 300)
	w.holds(999_00)

	advance(t, w.Server, 15*time.Minute)
	if got, want := w.Now(), start.Add(15*time.Minute); !got.Equal(want) {
		t.Errorf("it is %v, want %v", got, want)
	}
	holds(t, ann, 500) // the uncommitted purchase is refunded
	if _, err := ann.Pay(order); !errors.Is(err, sandbox.ErrGone) {
		t.Errorf("an expired order: got %v, want ErrGone", err)
	}
	w.holds(999_00)
	advance(t, w.Server, 45*time.Minute)
	w.holds(1000_00) // the voucher expired

	// The clock that it follows moves it, too.
	w.clock.Advance(time.Hour)
	if got, want := w.Now(), start.Add(2*time.Hour); !got.Equal(want) {
		t.Errorf("it is %v, want %v", got, want)
	}
}

func TestAdvance_Invalid(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s, err := sandbox.Start(sandbox.Options{Clock: sandbox.FixedClock(start)})
	if err != nil {
		t.Fatal(err)
	}
	defer closeServer(t, s)
	refuses := func(d time.Duration, want string) {
		t.Helper()
		if err := s.Advance(d); !errors.Is(err, sandbox.ErrInvalid) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	refuses(-1, "sandbox: advance by -1ns: must not be below zero, time does not run back")
	advance(t, s, time.Hour)
	refuses(math.MaxInt64, "sandbox: advance by 2562047h47m16.854775807s: must be at most 2562046h47m16.854775807s")
	if got, want := s.Now(), start.Add(time.Hour); !got.Equal(want) {
		t.Errorf("it is %v, want %v", got, want)
	}
}

func advance(t *testing.T, s *sandbox.Server, d time.Duration) {
	t.Helper()
	if err := s.Advance(d); err != nil {
		t.Fatal(err)
	}
}
