package paywall

import (
	"context"
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Swap stores an entry if the stored one has its version. Concurrent calls share a write to the disk.
func (f *File) Swap(_ context.Context, to Entry) (bool, error) {
	own := &swap{to: to}
	own.to.Version++
	var err error
	if own.value, err = encode(own.to); err != nil {
		return false, err
	}
	f.mu.Lock()
	f.waiting = append(f.waiting, own)
	f.mu.Unlock()

	f.writing.Lock()
	defer f.writing.Unlock()
	if !own.over { // else the previous writer has written it
		f.mu.Lock()
		all := f.waiting
		f.waiting = nil
		f.mu.Unlock()
		f.write(all)
	}
	return own.swapped, own.err
}

// A swap is a change that waits to be written. The goroutine that writes fills in the result.
type swap struct {
	to    Entry // with the version that it gets
	value []byte

	over, swapped bool
	err           error
}

// errUnchanged rolls back a transaction, which costs no write.
var errUnchanged = errors.New("unchanged")

// write does all swaps in one transaction, in their order.
func (f *File) write(all []*swap) {
	err := f.db.Update(func(tx *bolt.Tx) error {
		changed := false
		for _, s := range all {
			s.swapped, s.err = s.do(tx)
			changed = changed || s.swapped
		}
		if !changed {
			return errUnchanged
		}
		return nil
	})
	for _, s := range all {
		s.over = true
		if err != nil && !errors.Is(err, errUnchanged) {
			s.swapped, s.err = false, err
		}
	}
}

// do does one swap. If it fails before it reports a change, nothing has changed.
func (s *swap) do(tx *bolt.Tx) (swapped bool, err error) {
	now, err := find(tx, s.to.Key)
	if err != nil || now.Version != s.to.Version-1 {
		return false, err
	}
	if now.Version != 0 && (s.to.State == StateAbsent || now.State.Final() != s.to.State.Final()) {
		if err := bucketOf(tx, now.State).Delete(s.to.Key[:]); err != nil {
			return true, err
		}
	}
	if s.to.State == StateAbsent {
		return true, nil
	}
	return true, bucketOf(tx, s.to.State).Put(s.to.Key[:], s.value)
}

// remove removes those of a batch's entries that Purge removes.
func (f *File) remove(bucket []byte, from *batch, before time.Time) error {
	purged := func(entry Entry) bool { return entry.State != StateDue && entry.Until.Before(before) }
	var old []Key
	for i, entry := range from.entries {
		if from.errs[i] == nil && purged(entry) {
			old = append(old, entry.Key)
		}
	}
	if old == nil {
		return nil
	}
	return f.db.Update(func(tx *bolt.Tx) error {
		for _, key := range old {
			if now, err := decode(key[:], tx.Bucket(bucket).Get(key[:])); err != nil || !purged(now) {
				continue // it has changed, or is gone
			}
			if err := tx.Bucket(bucket).Delete(key[:]); err != nil {
				return err
			}
		}
		return nil
	})
}

// errDamaged says what to do with a file that is damaged.
var errDamaged = errors.New("the file is damaged: restore a backup, or start with an empty file; " +
	"an empty file has no purchases")
