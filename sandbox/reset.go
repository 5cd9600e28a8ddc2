package sandbox

import "github.com/vingd/vingd-api-go/vingd"

// Reset deletes everything, and begins again with the first seller, the first deposit and the fixtures. It removes all faults
// and logged calls. Ids begin again, and the clock is no longer ahead. The sandbox refuses calls that began before the reset.
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

// Seller returns the account of the first seller.
func (s *Sandbox) Seller() vingd.UID { return vingd.UID(s.seller.Load()) }
