package broker

import (
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A user is a person or a company with an account. A seller is one with a login.
type user struct {
	uid     vingd.UID
	name    string
	created time.Time

	login  string
	digest string // lower-case hex SHA-1 of the password
	flags  []string

	// delegate may do in her name what permissions say; zero is nobody.
	delegate    vingd.UID
	permissions []string
	identities  map[string]string
	primary     string

	objects  []*Object
	orders   []*Order
	vouchers []*Voucher
	log      []LogEntry
}

// A Profile is what an account is told about itself.
type Profile struct {
	UID      vingd.UID
	Username string
	Name     string
	Created  time.Time
}

// AddBuyer adds an account with money from the mint.
func (b *Broker) AddBuyer(name string, balance vingd.Cents) (vingd.UID, error) {
	now := b.begin()
	defer b.mu.Unlock()
	u, err := b.addUser(name, balance, now)
	if err != nil {
		return 0, err
	}
	return u.uid, nil
}

func (b *Broker) addUser(name string, balance vingd.Cents, now time.Time) (*user, error) {
	u := &user{uid: firstUID + vingd.UID(len(b.users)), name: name, created: now}
	b.ledger.Open(u.uid)
	if balance != 0 {
		if err := b.deposit(u.uid, balance, now); err != nil {
			return nil, err
		}
	}
	b.users[u.uid] = u
	return u, nil
}

// Profile returns the profile of an account.
func (b *Broker) Profile(caller vingd.UID) (Profile, error) {
	b.begin()
	defer b.mu.Unlock()
	u, ok := b.users[caller]
	if !ok {
		return Profile{}, refuse(ErrNotFound, "there is no account %d", caller)
	}
	return Profile{UID: u.uid, Username: u.login, Name: u.name, Created: u.created}, nil
}
