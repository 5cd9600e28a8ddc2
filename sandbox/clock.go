package sandbox

import "time"

// StandAt returns a clock for [Options] that stands at t. [Sandbox.Advance] moves it.
func StandAt(t time.Time) func() time.Time {
	return func() time.Time { return t }
}

// Now returns the sandbox's time. Give it to vingd.WithClock, so that client and sandbox mean the same by a relative time.
func (s *Sandbox) Now() time.Time { return s.broker.Now() }

// Advance moves the sandbox's clock ahead: orders expire, purchases that were not committed are refunded, vouchers expire.
// When it returns, all of it is done, each as of the time when it was due. Meanwhile other calls are served, at the time
// that the clock has reached. A data file keeps how far ahead the clock is.
//
// The error is [ErrInvalid] for a duration below zero: time does not run back.
func (s *Sandbox) Advance(d time.Duration) error { return named(s.broker.Advance(d)) }
