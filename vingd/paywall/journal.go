package paywall

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A Journal keeps what became of each token that buyers came back with. It is what makes a purchase verified once, and
// committed if and only if it was served, whenever the process ends. [OpenJournal] keeps one in a file, [NewMemory] in
// memory; one in a database of the seller's lets several processes share it.
//
// What a call has changed must be durable when it returns without an error.
type Journal interface {
	// Find returns the entry of a token; its state is [Absent] where there is none.
	Find(ctx context.Context, key Key) (Entry, error)
	// Swap puts an entry in the place of the one with its key, if that one is in state from, and reports whether it was:
	// of several callers with the same from, one succeeds. From Absent inserts; an entry that is Absent removes.
	Swap(ctx context.Context, from State, to Entry) (bool, error)
	// Unfinished returns the entries whose state is not final.
	Unfinished(ctx context.Context) ([]Entry, error)
	// Purge removes the entries whose state is final and whose Until is before a time.
	Purge(ctx context.Context, before time.Time) error
}

// A Key stands for a token in a [Journal]: a hash of the token and its object, from which neither can be had.
type Key [sha256.Size]byte

// String returns the key in hexadecimal digits.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// keyOf returns the key of a token. The broker does not tell upper-case digits from lower-case ones.
func keyOf(callback vingd.Callback) Key {
	return sha256.Sum256([]byte(strconv.FormatInt(int64(callback.Object), 10) + " " + strings.ToLower(string(callback.Token))))
}

// A State says how far a token has come.
type State string

// The states of a token, in their order. The last three are final.
const (
	// Absent: nobody has come with it.
	Absent State = ""
	// Claimed: it is being verified. When its entry stays so, nobody knows whether it was, and it never is again.
	Claimed State = "claimed"
	// Verified: it stands for a purchase, whose price is reserved.
	Verified State = "verified"
	// Due: the purchase must be committed. It is written before the first byte of the content goes out or, by
	// [CommitThenServe], before the commit does.
	Due State = "due"
	// Committed: the seller has been paid.
	Committed State = "committed"
	// Refused: the broker does not know the token or has seen it before, or it was bought on other terms.
	Refused State = "refused"
	// Lapsed: the reservation ended before the purchase was committed. The buyer has her money back.
	Lapsed State = "lapsed"
)

// Final reports whether a state is the last one of its token.
func (s State) Final() bool { return s == Committed || s == Refused || s == Lapsed }

// An Entry of a [Journal] is what became of a token.
type Entry struct {
	Key   Key   `json:"-"`
	State State `json:"state"`

	Object vingd.ObjectID `json:"object"`
	// These are known from Verified on. Price is that of the order, which is known once Checked is set.
	Order    vingd.OrderID    `json:"order,omitempty"`
	Purchase vingd.PurchaseID `json:"purchase,omitempty"`
	Transfer vingd.TransferID `json:"transfer,omitempty"`
	Buyer    vingd.HUID       `json:"buyer,omitempty"` // empty when she bought anonymously
	Context  string           `json:"context,omitempty"`
	Price    vingd.Cents      `json:"price,omitempty"`
	// Checked says that the order was found to be on the terms of the offer.
	Checked bool `json:"checked,omitempty"`
	// Delivered says that what was bought is known to have been served to its end, so that the token buys no more.
	Delivered bool `json:"delivered,omitempty"`
	// Until is when the reservation is over at the latest and, in a final state, from when on the entry may be forgotten.
	Until time.Time `json:"until"`
}
