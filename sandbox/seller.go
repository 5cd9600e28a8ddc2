package sandbox

import (
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// The login of Vingd's documentation, and the first deposit of its account.
const (
	defaultUsername             = "test@vingd.com"
	defaultPassword             = "123"
	defaultBalance  vingd.Cents = 1000_00
)

// A Seller is an account that may call the API.
type Seller struct {
	// Username and Password are the login. If both are empty, the login of Vingd's documentation is used:
	// test@vingd.com and 123.
	Username string
	Password string
	// Balance is the first deposit. If zero, 1000.00 vingds are used.
	Balance vingd.Cents
	// Flags are the ACL flags of the account, such as voucher.add. Nil means every flag.
	Flags []string
}

// AddSeller adds another account that may call the API. Each seller has a different huid for the same buyer. AddSeller
// returns [ErrConflict] if the username is taken, and [ErrInvalid] if the seller is invalid.
func (s *Sandbox) AddSeller(seller Seller) (vingd.UID, error) {
	uid, err := s.broker.AddSeller(broker.NewSeller(seller.orDefault()))
	return uid, named(err)
}

// orDefault returns the seller with defaults for empty fields.
func (s Seller) orDefault() Seller {
	if s.Username == "" && s.Password == "" {
		s.Username, s.Password = defaultUsername, defaultPassword
	}
	if s.Balance == 0 {
		s.Balance = defaultBalance
	}
	return s
}
