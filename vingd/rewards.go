package vingd

import (
	"context"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
)

// RewardService rewards users with money.
type RewardService struct{ c *Client }

// RewardParams are the parameters of [RewardService.Create].
type RewardParams struct {
	// Amount is credited to the user.
	Amount Cents
	// AllowZero permits an Amount of zero.
	AllowZero bool
	// Description is kept with the transfer. Optional. A unique description is the reference for Reconcile. The package
	// documentation has the rules for references.
	Description string
}

// Create moves money from the caller's account to a user, and returns the transfer.
//
// The money moves at once and cannot be taken back. The client does not retry it if the outcome is unknown: call
// [RewardService.Reconcile] then, which requires a description that is a reference.
//
// It returns [ErrForbidden] if the caller lacks the transfer.outbound ACL flag, and [ErrNotFound] for an unknown user. It returns
// [ErrGeneral] with status 402 if the balance is too low.
//
// API: POST /rewards
func (s *RewardService) Create(ctx context.Context, user HUID, params RewardParams) (TransferID, error) {
	args := s.c.args(opRewardCreate)
	args.fail("user", user.check())
	args.amount("amount", params.Amount, params.AllowZero)
	args.text("description", params.Description)
	body := wire.NewReward{HUIDTo: string(user), Amount: int64(params.Amount), Description: ptrOrNil(params.Description)}
	req, err := args.request(wire.RewardUser(body))
	if err != nil {
		return 0, err
	}
	return valueOf(getOne(ctx, s.c, opRewardCreate, req, rewardedOf))
}

func rewardedOf(w *wire.Rewarded) TransferID { return TransferID(w.TransferID) }

// Reconcile finds out whether a call of [RewardService.Create] with an unknown outcome was done, and returns the transfer. It
// moves no money. User and params are those of the call. Sent is the time before it.
//
// Reconcile finds the reward by its description, which must be a reference: see the package documentation. It returns
// [ErrNotDone] if the reward was certainly not paid; then it is safe to retry Create. After any other error the outcome is
// still unknown:
//   - ctx ended, or the broker refused the request.
//   - The description is not a reference. The error is an [*ArgumentError] then.
//   - Two transfers have the description, or one has it with another amount or in a changed form.
//   - A transfer may be the reward, and nothing shows that the broker keeps descriptions.
//   - The broker may have cut off the list of transfers, or its clock differs by half a day.
//   - The broker shows nothing from before the call, and its transfers do not make up the balance.
//
// API: GET /id/users, GET /fort/accounts, GET /fort/transfers
func (s *RewardService) Reconcile(ctx context.Context, user HUID, params RewardParams, sent time.Time) (TransferID, error) {
	args := s.c.args(opRewardReconcile)
	args.fail("user", user.check())
	args.amount("amount", params.Amount, params.AllowZero)
	args.reference("description", params.Description, maxReference)
	sent = args.sent(sent)
	if args.err != nil {
		return 0, args.err
	}
	description := newReference(params.Description)
	t, err := reconcile(ctx, s.c, opRewardReconcile, sent, s.c.Transfers.query(func(own UID, f *TransferFilter) { f.From = own },
		func(t *Transfer) verdict {
			v := t.judgeReward(description, params.Amount)
			return v.unless(t.Amount != params.Amount, "transfer %d with this description has another amount")
		}))
	return t.ID, err
}
