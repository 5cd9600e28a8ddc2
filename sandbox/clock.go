package sandbox

import "time"

// FixedClock returns a clock for [Options] that always shows t. Only [Sandbox.Advance] moves the sandbox's time then.
func FixedClock(t time.Time) func() time.Time {
	return func() time.Time { return t }
}

// Now returns the sandbox's time. Pass it to vingd.WithClock, so that relative times of the client count from it.
func (s *Sandbox) Now() time.Time { return s.broker.Now() }

// Advance moves the sandbox's clock ahead by d: orders and vouchers expire, and uncommitted purchases are refunded. All of
// it is done when Advance returns, timestamped with the expiry. While Advance works, concurrent calls see the time of the
// next expiry. A data file keeps how far ahead the clock is.
//
// It returns [ErrInvalid] if d is below zero or leads beyond the year 9999.
func (s *Sandbox) Advance(d time.Duration) error { return named(s.broker.Advance(d)) }
