package broker

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// A Profile describes an account to its owner.
type Profile struct {
	UID      vingd.UID
	Username string
	Name     string
	Created  time.Time
}

const (
	insertUser    = "INSERT INTO users (uid, name, created) VALUES ($1, $2, $3)"
	selectProfile = "SELECT uid, login, name, created FROM users WHERE uid = $1"
)

// AddBuyer adds an account with money from the mint.
func (b *Broker) AddBuyer(name string, balance vingd.Cents) (vingd.UID, error) {
	return inStep(b, func(s *step) (vingd.UID, error) { return s.addUser(name, balance) })
}

// addUser adds an account of a person or a company.
func (s *step) addUser(name string, balance vingd.Cents) (vingd.UID, error) {
	n, err := s.Next("account")
	if err != nil {
		return 0, err
	}
	uid := vingd.UID(n)
	if err := s.books.Open(uid); err != nil {
		return 0, err
	}
	if _, err := s.Exec(insertUser, uid, name, s.now.UnixMicro()); err != nil {
		return 0, err
	}
	if balance != 0 {
		if err := s.deposit(uid, balance); err != nil {
			return 0, err
		}
	}
	return uid, nil
}

// Profile returns the profile of an account.
func (b *Broker) Profile(caller vingd.UID) (Profile, error) {
	return inStep(b, func(s *step) (Profile, error) { return s.profile(caller) })
}

func (s *step) profile(uid vingd.UID) (Profile, error) {
	p, ok, err := store.Find(s.Tx, scanProfile, selectProfile, uid)
	if err == nil && !ok {
		err = noAccount(uid)
	}
	return p, err
}

func scanProfile(row store.Row) (p Profile, err error) {
	err = row.Scan(&p.UID, store.Zero(&p.Username), &p.Name, store.Time(&p.Created))
	return p, err
}
