package paywall

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A Journal keeps one entry for each token that a buyer returned with. It also keeps notes of what browsers have bought and of
// registered objects ([StateNoted]). [OpenJournal] keeps it in a file, for one process.
// Package postgres keeps it in a database, for several. [NewMemory] keeps it in memory, for tests.
//
// A journal belongs to one account at one broker. Another account or another broker, such as that of a test environment, needs a
// journal of its own. Otherwise a paywall commits the purchases of the other one. The broker does not know them, and the paywall
// writes that they have expired.
//
// Package journaltest tests an implementation. A Journal is safe for concurrent use. Each call returns soon after its context has
// ended, as [Paywall.Close] waits for it.
type Journal interface {
	// Find returns the entry of a key. If there is none, it returns an entry with the key and version 0.
	Find(ctx context.Context, key Key) (Entry, error)
	// Swap stores to with its version plus one, if the stored entry has to's version. It reports whether it did.
	// Version 0 inserts. StateAbsent removes the entry.
	//
	// A stored entry is durable when Swap returns. After an error the caller does not know whether it is stored.
	Swap(ctx context.Context, to Entry) (swapped bool, err error)
	// Unfinished returns the entries in StateClaimed, StateVerified or StateDue. If an entry cannot be read, it yields an error
	// with an entry that has only the key, and goes on.
	Unfinished(ctx context.Context) iter.Seq2[Entry, error]
	// Purge removes the entries whose Until is before a time, except those in StateDue.
	Purge(ctx context.Context, before time.Time) error
}

// A Key names an entry in a [Journal]. It is a hash: neither a token nor a cookie can be computed from it.
type Key [sha256.Size]byte

// String returns the key in hexadecimal digits.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// MarshalText returns the key in hexadecimal digits.
func (k Key) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, k[:]), nil }

// UnmarshalText reads a key in hexadecimal digits.
func (k *Key) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(k)) {
		return hex.ErrLength
	}
	_, err := hex.Decode(k[:], text)
	return err
}

// keyOf returns the key of a token. The broker does not distinguish upper-case digits from lower-case ones.
func keyOf(callback vingd.Callback) Key {
	return sha256.Sum256([]byte(strconv.FormatInt(int64(callback.Object), 10) + " " + strings.ToLower(string(callback.Token))))
}

// A State is the state of a token. A token goes through the states in one direction:
// StateAbsent, StateClaimed, StateVerified, StateDue, and then StateCommitted or StateExpired. It also goes from StateClaimed to
// StateRefused, or from StateVerified to StateExpired.
type State string

// The states of an entry.
const (
	// StateAbsent: the journal has no entry.
	StateAbsent State = ""
	// StateClaimed: a process is verifying the token.
	StateClaimed State = "claimed"
	// StateVerified: the broker reserves the price of a purchase.
	StateVerified State = "verified"
	// StateDue: the content is ready, and the purchase must be committed.
	StateDue State = "due"
	// StateCommitted: the broker has paid the seller.
	StateCommitted State = "committed"
	// StateExpired: the broker refused the commit because the reservation is over, or the buyer has paid for the same object again.
	// The buyer is not charged.
	StateExpired State = "expired"
	// StateRefused: the broker refused the token.
	StateRefused State = "refused"
	// StateNoted: the entry belongs to no token. It notes what a browser has bought, or which object the broker has registered.
	StateNoted State = "noted"
)

// Final reports whether an entry in this state is finished.
func (s State) Final() bool {
	return s == StateCommitted || s == StateExpired || s == StateRefused || s == StateNoted
}

// An Entry of a [Journal] is the state of a token, and what is known of its purchase.
type Entry struct {
	Key     Key   `json:"-"`
	Version int64 `json:"-"` // counts the changes; 0 means that there is no entry
	State   State `json:"state"`

	Object vingd.ObjectID `json:"object"`
	// These are known from StateVerified on.
	Order    vingd.OrderID    `json:"order,omitempty"`
	Purchase vingd.PurchaseID `json:"purchase,omitempty"`
	Transfer vingd.TransferID `json:"transfer,omitempty"`
	Buyer    vingd.HUID       `json:"buyer,omitempty"` // empty if the purchase is anonymous
	Context  string           `json:"context,omitempty"`
	// Price is the order's price. It is known once Checked is set.
	Price   vingd.Cents `json:"price,omitempty"`
	Checked bool        `json:"checked,omitempty"`
	// Browser is a hash of the cookie of the browser for which the purchase became due.
	Browser Key `json:"browser,omitzero"`
	// DueAt is the time at which the purchase became due or, later, committed.
	DueAt time.Time `json:"due_at,omitzero"`
	// Of is the key of the purchase's entry. It is set if the entry notes what a browser has bought.
	Of Key `json:"of,omitzero"`
	// Nonce distinguishes one claim from another, and tells which process has made a purchase due. In a StateClaimed entry, an
	// empty Nonce marks a released claim.
	Nonce string `json:"nonce,omitempty"`
	// Until is the time after which the entry may be purged. For a purchase that is due or committed, access ends then.
	Until time.Time `json:"until"`
}
