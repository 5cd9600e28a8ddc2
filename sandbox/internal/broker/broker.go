// Package broker is the core of the sandbox: sellers and buyers, objects, orders, purchases and vouchers, and the ledger
// under them. It knows nothing of HTTP. Each exported method is one step that happens entirely or not at all.
package broker

import (
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
	clock func() time.Time
	db    *store.DB
}

// New returns a broker whose state is in the file data, where it finds what was there before, or for an empty data in memory,
// without any seller or buyer. The clock is read once a step, when no other step is under way. Close the broker when done.
func New(clock func() time.Time, data string) (*Broker, error) {
	db, err := store.Open(data)
	if err != nil {
		return nil, err
	}
	return &Broker{clock: clock, db: db}, nil
}

// Close closes the database. Every step after it fails.
func (b *Broker) Close() error { return b.db.Close() }
