package sandbox

import "github.com/vingd/vingd-api-go/vingd"

// Reset makes the sandbox as new: nothing in it but its first seller, with her first deposit, nothing that goes wrong, and
// the clock no longer ahead. Ids are given out again from the first, so that what was made before must not be used:
// a [Buyer] may be somebody else then.
func (s *Sandbox) Reset() error {
	s.faults.Clear()
	first := s.first
	uid, err := s.broker.Reset(s.clock.Rewind, first.Username, first.Password, first.Balance, first.Flags)
	if err != nil {
		return named(err)
	}
	s.seller.Store(int64(uid))
	return nil
}

// Seller returns the account of the seller that the sandbox began with.
func (s *Sandbox) Seller() vingd.UID { return vingd.UID(s.seller.Load()) }
