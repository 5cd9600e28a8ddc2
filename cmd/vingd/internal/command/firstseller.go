package command

import (
	"encoding/json"
	"errors"

	"github.com/vingd/vingd-api-go/generated/sandboxserver"
	"github.com/vingd/vingd-api-go/sandbox"
)

// The login of Vingd's documentation.
const (
	firstUsername = "test@vingd.com"
	firstPassword = "123"
)

// open opens the sandbox, and finds the password of its first seller: that of the fixtures, or else the documented one. Earlier
// fixtures may have given a data file another password, which only the file has then, as a hash.
func (s *settings) open(options sandbox.Options) (*sandbox.Sandbox, error) {
	for _, password := range []string{s.fixedPassword(), firstPassword} {
		options.Seller = sandbox.Seller{Username: firstUsername, Password: password}
		if opened, err := sandbox.New(options); !errors.Is(err, sandbox.ErrConflict) {
			s.password = &password
			return opened, err
		}
	}
	options.Seller = sandbox.Seller{}
	return sandbox.New(options)
}

// fixedPassword returns the password that the fixtures give the first seller, or the documented one.
func (s *settings) fixedPassword() string {
	password := firstPassword
	var fixtures sandboxserver.Fixtures
	if json.Unmarshal(s.begun, &fixtures) != nil {
		return password // sandbox.New says what is wrong
	}
	for _, seller := range fixtures.Sellers {
		if seller.Username == firstUsername {
			if password = firstPassword; seller.Password != nil {
				password = *seller.Password
			}
		}
	}
	return password
}
