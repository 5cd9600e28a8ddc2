// Package broker is the core of the sandbox: sellers and buyers, objects, orders, purchases and vouchers, and the ledger
// under them. It knows nothing of HTTP. Each exported method is one step that happens entirely or not at all.
package broker

import (
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

// Accounts of the broker's own.
const (
	// Proxy is the account of the broker itself, in whose name it moves money.
	Proxy vingd.UID = 1
	// Mint is where money comes from.
	Mint vingd.UID = 2
	// Reserve holds what is neither the payer's nor the payee's for now.
	Reserve vingd.UID = 3
	// firstUID is the account of the first person.
	firstUID vingd.UID = 4711
)

// How long things live.
const (
	orderLife    = 15 * time.Minute
	purchaseLife = 15 * time.Minute
	voucherLife  = 7 * 24 * time.Hour
)

// Never returns when something expires that does not: the last moment that answers can say.
func Never() time.Time { return time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC) }

// A Broker keeps everything in memory, behind one lock.
type Broker struct {
	clock func() time.Time

	mu     sync.Mutex
	ledger *ledger.Ledger
	due    deadlines
	lastID int64

	users  map[vingd.UID]*user
	logins map[string]*user
	// huids and known are each other's inverse.
	huids map[acquaintance]vingd.HUID
	known map[vingd.HUID]acquaintance

	objects   map[vingd.ObjectID]*Object
	orders    map[vingd.OrderID]*Order
	purchases map[vingd.PurchaseID]*Purchase
	tokens    map[vingd.TokenID]*Purchase

	vouchers map[vingd.VoucherCode]*Voucher
	redeemed map[redemption]bool
}

// New returns a broker without any seller or buyer. The clock is read once a step, under the lock.
func New(clock func() time.Time) *Broker {
	b := &Broker{
		clock:     clock,
		ledger:    ledger.New(Mint),
		users:     make(map[vingd.UID]*user),
		logins:    make(map[string]*user),
		huids:     make(map[acquaintance]vingd.HUID),
		known:     make(map[vingd.HUID]acquaintance),
		objects:   make(map[vingd.ObjectID]*Object),
		orders:    make(map[vingd.OrderID]*Order),
		purchases: make(map[vingd.PurchaseID]*Purchase),
		tokens:    make(map[vingd.TokenID]*Purchase),
		vouchers:  make(map[vingd.VoucherCode]*Voucher),
		redeemed:  make(map[redemption]bool),
	}
	b.ledger.Open(Proxy)
	b.ledger.Open(Reserve)
	return b
}

// begin starts a step: it takes the lock, reads the clock, and does what has become due. The caller unlocks b.mu.
func (b *Broker) begin() (now time.Time) {
	b.mu.Lock()
	now = b.clock().UTC().Truncate(time.Microsecond) // what answers can say
	b.settle(now)
	return now
}

// nextID numbers everything but accounts and transfers in one sequence,
// so that an id of one kind that is taken for one of another names nothing.
func (b *Broker) nextID() int64 {
	b.lastID++
	return b.lastID
}
