package broker

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// Reset deletes everything, and begins again with the first seller and the fixtures. Ids begin again too, and the clock is
// no longer ahead. If Reset fails, nothing has changed.
func (b *Broker) Reset(first NewSeller, f Fixtures) (uid vingd.UID, err error) {
	err = b.db.Transact(func(tx *store.Tx) error {
		if err := tx.Reset(); err != nil {
			return err
		}
		s := &step{Tx: tx, books: ledger.Books{Tx: tx}, now: b.clock.base().UTC().Truncate(time.Microsecond)}
		if uid, err = s.beginWith(first, f); err != nil {
			return err
		}
		tx.Committed(func() {
			b.resets.Add(1)
			b.clock.reset(s.now)
		})
		return s.finish()
	})
	return uid, err
}
