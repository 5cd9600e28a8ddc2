package vingd

import (
	"context"
	"net/http"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// RewardService gives users money.
type RewardService struct{ c *Client }

// RewardParams are a reward.
type RewardParams struct {
	// Amount is what the user gets.
	Amount Cents
	// Description is kept with the transfer. Empty is none.
	Description string
}

// Create gives a user money from the caller's account, and returns the transfer that moved it.
//
// The money moves at once, nothing takes it back, and nothing makes it safe to repeat: it is not repeated when its
// outcome is unknown. Give it a description of its own, by which [RewardService.Reconcile] finds out.
//
// It needs the ACL flag transfer.outbound, else it returns [ErrForbidden]; for a user the caller does not know,
// [ErrNotFound].
//
// API: POST /rewards
func (s *RewardService) Create(ctx context.Context, user HUID, params RewardParams) (TransferID, error) {
	ch := s.c.checks(opRewardCreate)
	ch.add("user", user.check())
	ch.amount("amount", params.Amount)
	ch.text("description", params.Description)
	if ch.err != nil {
		return 0, ch.err
	}
	body := wire.NewReward{HUIDTo: string(user), Amount: int64(params.Amount), Description: optional(params.Description)}
	var transfer TransferID
	err := s.c.call(ctx, opRewardCreate, func() (*http.Request, error) {
		return wire.NewRewardUserRequest("", body)
	}, func(r *jsonread.Reader) error { transfer = readRewarded(r); return nil })
	if err != nil {
		return 0, err
	}
	return transfer, nil
}

func readRewarded(r *jsonread.Reader) (transfer TransferID) {
	for r.Enter('{'); r.Next('}'); {
		if string(r.Key()) == "transfer_id" {
			transfer = TransferID(r.Int())
		} else {
			r.Skip()
		}
	}
	if transfer < 1 {
		r.Fail("the transfer_id of the reward")
	}
	return transfer
}
