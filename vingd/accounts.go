package vingd

import (
	"context"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// AccountService returns the balances of accounts.
type AccountService struct{ c *Client }

// Balance returns the balance of the authenticated user's account.
//
// API: GET /fort/accounts
func (s *AccountService) Balance(ctx context.Context) (Cents, error) {
	req, err := s.c.args(opAccountBalance).request(wire.GetBalance())
	return s.balance(ctx, opAccountBalance, req, err)
}

// BalanceOf returns the balance of a user who granted the caller [PermissionBalance].
//
// It returns [ErrForbidden] without that permission.
//
// API: GET /fort/accounts/{huid}
func (s *AccountService) BalanceOf(ctx context.Context, user HUID) (Cents, error) {
	args := s.c.args(opAccountBalanceOf)
	args.fail("user", user.check())
	req, err := args.request(wire.GetUserBalance(string(user)))
	return s.balance(ctx, opAccountBalanceOf, req, err)
}

func (s *AccountService) balance(ctx context.Context, op operation, req rest.Request, err error) (Cents, error) {
	if err != nil {
		return 0, err
	}
	return valueOf(getOne(ctx, s.c, op, req, balanceOf))
}

func balanceOf(a *wire.Account) Cents { return Cents(a.Balance) }
