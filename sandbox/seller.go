package sandbox

import (
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// The documented login of the sandbox, and what its account holds at first.
const (
	defaultUsername             = "test@vingd.com"
	defaultPassword             = "123"
	defaultBalance  vingd.Cents = 1000_00
)

// A Seller is an account that may call the API.
type Seller struct {
	// Username and Password are the login; the default is the documented one, test@vingd.com and 123.
	Username string
	Password string
	// Balance is the first deposit; the default is 1000.00 vingds.
	Balance vingd.Cents
	// Flags are the ACL flags that the account has, such as voucher.add; nil means all that there are.
	Flags []string
}

// AddSeller adds another account that may call the API. The same buyer is another huid to each.
func (s *Sandbox) AddSeller(seller Seller) (vingd.UID, error) {
	uid, err := s.broker.AddSeller(broker.NewSeller(seller.orDefault()))
	return uid, named(err)
}

// orDefault returns the seller with the defaults where there is nothing.
func (s Seller) orDefault() Seller {
	if s.Username == "" && s.Password == "" {
		s.Username, s.Password = defaultUsername, defaultPassword
	}
	if s.Balance == 0 {
		s.Balance = defaultBalance
	}
	return s
}
