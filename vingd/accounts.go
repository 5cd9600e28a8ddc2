package vingd

import (
	"context"
	"net/http"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// AccountService tells what is in accounts.
type AccountService struct{ c *Client }

// Balance returns the balance of the authenticated user.
//
// API: GET /fort/accounts
func (s *AccountService) Balance(ctx context.Context) (Cents, error) {
	return s.balance(ctx, opAccountBalance, func() (*http.Request, error) {
		return wire.NewGetBalanceRequest("")
	})
}

// BalanceOf returns the balance of a user who granted the caller [PermissionBalance].
//
// Without the permission it returns [ErrForbidden].
//
// API: GET /fort/accounts/{huid}
func (s *AccountService) BalanceOf(ctx context.Context, user HUID) (Cents, error) {
	ch := s.c.checks(opAccountBalanceOf)
	ch.add("user", user.check())
	if ch.err != nil {
		return 0, ch.err
	}
	return s.balance(ctx, opAccountBalanceOf, func() (*http.Request, error) {
		return wire.NewGetUserBalanceRequest("", string(user))
	})
}

func (s *AccountService) balance(ctx context.Context, op operation, request newRequest) (balance Cents, err error) {
	err = s.c.call(ctx, op, request, func(r *jsonread.Reader) error {
		found := false
		for r.Enter('{'); r.Next('}'); {
			if string(r.Key()) == "balance" {
				balance, found = Cents(r.Int()), true
			} else {
				r.Skip()
			}
		}
		if !found {
			r.Fail("a balance")
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return balance, nil
}
