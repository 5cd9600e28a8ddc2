package sandbox

import "github.com/vingd/vingd-api-go/vingd"

// Reset makes the sandbox as new: nothing in it but its first seller, with the first deposit, and its fixtures, nothing that
// goes wrong, no calls, and the clock no longer ahead. Ids are given out again from the first. A call that has begun before is refused.
func (s *Sandbox) Reset() error {
	uid, err := s.broker.Reset(s.first, s.begun)
	if err != nil {
		return named(err)
	}
	s.faults.Clear()
	s.calls.Clear()
	s.seller.Store(int64(uid))
	return nil
}

// Seller returns the account of the seller that the sandbox began with.
func (s *Sandbox) Seller() vingd.UID { return vingd.UID(s.seller.Load()) }
