// Package broker is the core of the sandbox: sellers and buyers, objects, orders, purchases and vouchers, and the ledger
// under them. It has nothing to do with HTTP. Each exported method is one step, which happens entirely or not at all. Lists
// are read in several steps.
package broker

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// The broker's own accounts.
const (
	// Proxy is the account of the broker itself.
	Proxy vingd.UID = 1
	// Mint is the source of all money.
	Mint = ledger.Mint
	// Reserve holds the money of open purchases and vouchers.
	Reserve vingd.UID = 3
)

// Default lifetimes.
const (
	orderLife    = 15 * time.Minute
	purchaseLife = 15 * time.Minute
	voucherLife  = 7 * 24 * time.Hour
)

// Never returns the expiry time of an order that does not expire: the latest time that a response can hold.
func Never() time.Time { return time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC) }

// A Broker keeps all its state in a database. It is safe for concurrent use.
type Broker struct {
	*core

	// until is the number of resets after which every step is refused, or nil.
	until *int64
}

// A core is the state that a broker and the copies of [Broker.UntilReset] share.
type core struct {
	db     *store.DB
	clock  clock
	resets atomic.Int64
	// advance is held while the clock is moved.
	advance sync.Mutex
}

// New returns a broker with its state in the file data, which it creates if there is none. If data is empty, the state is in
// memory. A new state has no sellers and no buyers. Each step reads the clock once, and no two steps read it at the same
// time. Close the broker when done.
func New(clock func() time.Time, data string) (*Broker, error) {
	db, err := store.Open(data)
	if err != nil {
		return nil, err
	}
	b := &Broker{core: &core{db: db}}
	b.clock.base = clock
	err = db.Transact(func(tx *store.Tx) error {
		moment, err := tx.State("moment")
		if err != nil {
			return err
		}
		ahead, err := tx.State("ahead")
		b.clock.latest, b.clock.ahead = time.UnixMicro(moment).UTC(), time.Duration(ahead)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return b, nil
}

// Close closes the database. Every later step fails.
func (b *Broker) Close() error { return b.db.Close() }

// Ping returns an error if the broker cannot make a step.
func (b *Broker) Ping() error { return b.do(func(*step) error { return nil }) }

// UntilReset returns a copy of the broker for a caller who has authenticated. Once the broker is reset, every step of the
// copy returns [ErrGone]: the caller's account number may then be another user's.
func (b *Broker) UntilReset() *Broker { return &Broker{core: b.core, until: new(b.resets.Load())} }

// Resets returns how often the broker was reset before now, or before a copy of [Broker.UntilReset] was made.
func (b *Broker) Resets() int64 {
	if b.until != nil {
		return *b.until
	}
	return b.resets.Load()
}
