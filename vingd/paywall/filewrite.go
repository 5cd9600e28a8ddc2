package paywall

import (
	"context"
	"encoding/json"
	"errors"

	bolt "go.etcd.io/bbolt"
)

// Swap puts an entry in the place of the one with its key, if that one is in state from, and reports whether it was.
//
// Whoever waits for the disk meanwhile shares the next write.
func (f *File) Swap(_ context.Context, from State, to Entry) (bool, error) {
	value, err := json.Marshal(to)
	if err != nil {
		return false, err
	}
	own := &swap{from: from, to: to, value: value}
	f.mu.Lock()
	f.waiting = append(f.waiting, own)
	f.mu.Unlock()

	f.writing.Lock()
	defer f.writing.Unlock()
	if !own.over { // else whoever wrote last took it along
		f.mu.Lock()
		all := f.waiting
		f.waiting = nil
		f.mu.Unlock()
		f.write(all)
	}
	return own.swapped, own.err
}

// A swap is a change that waits to be written. Whoever writes fills in how it went.
type swap struct {
	from  State
	to    Entry
	value []byte

	over, swapped bool
	err           error
}

// write does all swaps at once, in their order.
func (f *File) write(all []*swap) {
	unchanged := errors.New("unchanged") // rolls back, which costs no write
	err := f.db.Update(func(tx *bolt.Tx) error {
		changed := false
		for _, s := range all {
			s.swapped, s.err = s.do(tx)
			changed = changed || s.swapped
		}
		if !changed {
			return unchanged
		}
		return nil
	})
	for _, s := range all {
		s.over = true
		if err != nil && !errors.Is(err, unchanged) {
			s.swapped, s.err = false, err
		}
	}
}

// do does one swap. Where it fails, nothing has changed.
func (s *swap) do(tx *bolt.Tx) (swapped bool, err error) {
	now, err := find(tx, s.to.Key)
	if err != nil || now.State != s.from {
		return false, err
	}
	if s.to.State != Absent {
		if err := bucketOf(tx, s.to.State).Put(s.to.Key[:], s.value); err != nil {
			return false, err
		}
	}
	if s.from != Absent && (s.to.State == Absent || s.from.Final() != s.to.State.Final()) {
		if err := bucketOf(tx, s.from).Delete(s.to.Key[:]); err != nil {
			return true, err
		}
	}
	return true, nil
}
