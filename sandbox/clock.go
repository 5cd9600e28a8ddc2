package sandbox

import "time"

// StandAt returns a clock for [Options] that stands at t. [Sandbox.Advance] moves it.
func StandAt(t time.Time) func() time.Time {
	return func() time.Time { return t }
}

// Now returns the sandbox's time. Give it to vingd.WithClock, so that client and sandbox mean the same by a relative time.
func (s *Sandbox) Now() time.Time { return s.clock.Now() }

// Advance moves the sandbox's clock ahead: orders lapse, purchases that were not committed are refunded, vouchers expire.
// Whoever looks next finds it done, each as of the time when it was due.
//
// The error is [ErrInvalid] for a duration below zero: time does not run back. A data file does not keep how far ahead
// its sandbox was.
func (s *Sandbox) Advance(d time.Duration) error { return named(s.clock.Advance(d)) }
