package paywall

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// Access remembers who has bought what: by default a signed cookie does, or the seller's own session.
//
// It only has to remember. Whether a grant still counts is up to the paywall, which looks into its journal.
type Access interface {
	// Grant remembers a grant for whoever sent the request, until it expires. It may set cookies.
	Grant(w http.ResponseWriter, r *http.Request, grant Grant) error
	// Granted returns what was granted of an object to whoever sent the request, and whether anything was.
	Granted(r *http.Request, object vingd.ObjectID) (Grant, bool, error)
}

// A Grant says that somebody has bought an object. It must be kept as it is, where the buyer cannot change it.
type Grant struct {
	// Key names the purchase in the journal.
	Key      Key
	Object   vingd.ObjectID
	Purchase vingd.PurchaseID
	Buyer    vingd.HUID // empty when she bought anonymously
	Expires  time.Time
}

// grant remembers that whoever sent the request has what a purchase bought.
func (p *Paywall) grant(w http.ResponseWriter, r *http.Request, entry Entry) error {
	return p.options.Access.Grant(w, r, Grant{
		Key: entry.Key, Object: entry.Object, Purchase: entry.Purchase, Buyer: entry.Buyer,
		Expires: p.now().Add(p.options.AccessFor).Truncate(time.Second),
	})
}

// granted returns the purchase by which whoever sent the request has the object. The entry is [Absent] for who has not.
func (p *Paywall) granted(ctx context.Context, r *http.Request, object vingd.ObjectID) (Entry, error) {
	grant, ok, err := p.options.Access.Granted(r, object)
	if err != nil || !ok || grant.Object != object || !p.now().Before(grant.Expires) {
		return Entry{}, err
	}
	if entry, ok := p.settled.find(grant.Key); ok && entry.Object == object && entry.Purchase == grant.Purchase {
		return entry, nil
	}
	entry, err := p.options.Journal.Find(ctx, grant.Key)
	if err == nil && entry.State == Committed && entry.Delivered {
		p.settled.remember(entry)
	}
	if err != nil || entry.Object != object || entry.Purchase != grant.Purchase || !p.serves(entry) {
		return Entry{}, err
	}
	return entry, nil
}

// settled are entries that do not change any more, so that who has access costs no look into the journal.
type settled struct {
	mu sync.RWMutex
	of map[Key]Entry
}

// maxSettled bounds how many are remembered.
const maxSettled = 10_000

func newSettled() *settled { return &settled{of: make(map[Key]Entry)} }

func (s *settled) find(key Key) (Entry, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	entry, ok := s.of[key]
	return entry, ok
}

func (s *settled) remember(entry Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	makeRoom(s.of, maxSettled, func(Entry) bool { return false })
	s.of[entry.Key] = entry
}

// serves reports whether an entry is one to be served: paid, or reserved and to be paid once it is served.
func (p *Paywall) serves(entry Entry) bool {
	switch entry.State {
	case Due, Committed:
		return true
	case Verified:
		return entry.Checked && p.now().Before(entry.Until)
	default:
		return false
	}
}
