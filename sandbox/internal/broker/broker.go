// Package broker is the core of the sandbox: sellers and buyers, objects, orders, purchases and vouchers, and the ledger
// under them. It knows nothing of HTTP. Each exported method is one step that happens entirely or not at all, but for lists,
// which are read in several.
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

// Accounts of the broker's own.
const (
	// Proxy is the account of the broker itself, in whose name it moves money.
	Proxy vingd.UID = 1
	// Mint is where money comes from.
	Mint = ledger.Mint
	// Reserve holds what is neither the payer's nor the payee's for now.
	Reserve vingd.UID = 3
)

// How long things live.
const (
	orderLife    = 15 * time.Minute
	purchaseLife = 15 * time.Minute
	voucherLife  = 7 * 24 * time.Hour
)

// Never returns when something expires that does not: the last moment that answers can say.
func Never() time.Time { return time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC) }

// A Broker keeps everything in a database, and nothing beside it. It is safe for concurrent use.
type Broker struct {
	*core

	// until is the number of resets after which every step is refused, or nil.
	until *int64
}

// A core is what a broker and its bound copies share.
type core struct {
	db     *store.DB
	clock  clock
	resets atomic.Int64
	// advance is held while the clock is moved.
	advance sync.Mutex
}

// New returns a broker whose state is in the file data, where it finds what was there before, or for an empty data in memory,
// without any seller or buyer. The clock is read once a step, when no other step is under way. Close the broker when done.
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

// Close closes the database. Every step after it fails.
func (b *Broker) Close() error { return b.db.Close() }

// Ping returns an error unless the broker makes steps.
func (b *Broker) Ping() error { return b.do(func(*step) error { return nil }) }

// UntilReset returns the broker as it is for a caller of now: every step of it is refused once the broker is reset, when
// the caller's account number may be somebody else's.
func (b *Broker) UntilReset() *Broker { return &Broker{core: b.core, until: new(b.resets.Load())} }
