package vingd

import (
	"context"
	"time"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// Reconcile finds out what became of a reward whose outcome is unknown, also one of a process that was killed. It takes
// what [RewardService.Create] took, with when that was, and returns what that would have returned.
//
// The reward is known by its description, which must be unlike that of anything else that the caller's account paid
// for since a day before. [ErrNotDone] says that it was certainly not done, and is safe to make again. Any other error
// says that it is not settled, and its outcome is unknown still: because ctx ended, because the broker refused to tell, or
// because there are two such transfers, or one of another amount. How long it takes stands at the head of this package.
//
// It moves no money.
//
// API: GET /id/users, GET /fort/transfers
func (s *RewardService) Reconcile(ctx context.Context, user HUID, params RewardParams, sent time.Time) (TransferID, error) {
	ch := s.c.checks(opRewardReconcile)
	ch.add("user", user.check())
	ch.amount("amount", params.Amount)
	ch.reference("description", params.Description)
	since := ch.since(sent, reconcileMargin)
	if ch.err != nil {
		return 0, ch.err
	}
	var own UID
	t, err := reconcile(ctx, s.c, opRewardReconcile, func(ctx context.Context, c *Client) (t Transfer, ok bool, err error) {
		if err := c.Users.own(ctx, &own); err != nil {
			return t, false, err
		}
		t, ok, err = sole(c.Transfers.All(ctx, TransferFilter{From: own, Since: since}), func(t *Transfer) bool {
			return t.tells(params.Description)
		})
		if ok && t.Amount != params.Amount {
			err = &doubtError{"the transfer with this description is of another amount"}
		}
		return t, ok, err
	})
	return t.ID, err
}

// tells reports whether a transfer's description has this text, whole, whatever it calls it there.
func (t *Transfer) tells(text string) (found bool) {
	var r jsonread.Reader
	r.Reset([]byte(t.Description))
	for r.Enter('{'); r.Next('}'); {
		r.Key()
		if r.Peek() == '"' {
			found = string(r.Text()) == text || found
		} else {
			r.Skip()
		}
	}
	if r.End(); r.Err() != nil {
		return t.Description == text
	}
	return found
}
