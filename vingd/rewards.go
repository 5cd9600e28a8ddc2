package vingd

import (
	"context"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
)

// RewardService gives users money.
type RewardService struct{ c *Client }

// RewardParams are a reward.
type RewardParams struct {
	// Amount is what the user gets.
	Amount Cents
	// Description is kept with the transfer. Optional. A unique description is the reference of the reward: the package
	// documentation has the rules for references.
	Description string
}

// Create gives a user money from the caller's account, and returns the transfer that moved it.
//
// The money moves at once, nothing takes it back, and nothing makes it safe to repeat: it is not repeated when its
// outcome is unknown. Give it a description that is a reference, by which [RewardService.Reconcile] finds out.
//
// It needs the ACL flag transfer.outbound, else it returns [ErrForbidden]; for a user the caller does not know,
// [ErrNotFound].
//
// API: POST /rewards
func (s *RewardService) Create(ctx context.Context, user HUID, params RewardParams) (TransferID, error) {
	args := s.c.args(opRewardCreate)
	args.fail("user", user.check())
	args.amount("amount", params.Amount)
	args.text("description", params.Description)
	body := wire.NewReward{HUIDTo: string(user), Amount: int64(params.Amount), Description: ptrOrNil(params.Description)}
	req, err := args.request(wire.RewardUser(body))
	if err != nil {
		return 0, err
	}
	return valueOf(getOne(ctx, s.c, opRewardCreate, req, rewardedOf))
}

func rewardedOf(w *wire.Rewarded) TransferID { return TransferID(w.TransferID) }

// Reconcile finds out whether a reward whose outcome is unknown was paid, and returns its transfer. User and params are
// those of [RewardService.Create]; sent is the time before that call. It moves no money.
//
// Reconcile knows the reward by its description, which must be a reference as the package documentation has them. It
// returns [ErrNotDone] if the reward was certainly not paid; then it is safe to call Create again. After any other error
// the outcome is still unknown:
//   - ctx ended, or the broker refused the request.
//   - The description is not a reference. The error is an [*ArgumentError] then.
//   - Two transfers have the description, or one has it with another amount or in a changed form.
//   - A transfer may be the reward, and nothing shows that the broker keeps descriptions.
//   - The broker may have cut off the list of transfers, or its clock differs by half a day.
//
// API: GET /id/users, GET /fort/transfers
func (s *RewardService) Reconcile(ctx context.Context, user HUID, params RewardParams, sent time.Time) (TransferID, error) {
	args := s.c.args(opRewardReconcile)
	args.fail("user", user.check())
	args.amount("amount", params.Amount)
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

// judgeReward looks for the description of a reward in a transfer.
func (t *Transfer) judgeReward(description reference, amount Cents) verdict {
	best := field{given: description}
	how := absent
	parseDetails(t.Description, func(text string) {
		if l := description.in(text); l > how {
			best.text, how = text, l
		}
	})
	possible := t.Class.mayBe(TransferDirect, TransferAdReward)
	if how < near && !possible {
		return verdict{}
	}
	v := judge("transfer %d may be this reward: nothing shows that the broker keeps descriptions", t.Amount.isNearly(amount), best)
	return v.unless(!possible, "transfer %d with this description is no reward, by its class")
}
