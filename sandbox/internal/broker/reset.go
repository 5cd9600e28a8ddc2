package broker

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// Reset forgets everything, the ids that were given out included, and adds a first seller. In between it runs rewind,
// with which the clock may go back: only where nothing has happened yet can time do so.
func (b *Broker) Reset(rewind func(), login, password string, balance vingd.Cents, flags []string) (uid vingd.UID, err error) {
	err = b.db.Transact(func(tx *store.Tx) error {
		if err := tx.Reset(); err != nil {
			return err
		}
		rewind()
		s := &step{Tx: tx, books: ledger.Books{Tx: tx}, now: b.clock().UTC().Truncate(time.Microsecond)}
		uid, err = s.addSeller(login, password, balance, flags)
		return err
	})
	return uid, err
}
