package vingd

import (
	"context"
	"iter"
	"time"
)

// Reconcile finds out what became of a voucher whose outcome is unknown. It takes what [VoucherService.Create] took,
// with when that was, and returns what that would have returned: the voucher as it was then.
//
// The voucher is known by its message and description, by both where both are given. They must be unlike those of any
// other voucher since a day before. Errors are those of [RewardService.Reconcile].
//
// It needs the ACL flag voucher.history, else it returns [ErrForbidden], and the outcome is unknown still.
//
// API: GET /vouchers/history
func (s *VoucherService) Reconcile(ctx context.Context, params VoucherParams, sent time.Time) (*Voucher, error) {
	ch := s.c.checks(opVoucherReconcile)
	ch.amount("amount", params.Amount)
	ch.text("message", params.Message)
	if params.Description == "" {
		ch.reference("message", params.Message)
	}
	if params.Group != "" {
		ch.add("group", params.Group.check())
	}
	ch.text("description", params.Description)
	since := ch.since(sent, reconcileMargin)
	if ch.err != nil {
		return nil, ch.err
	}
	entry, err := reconcile(ctx, s.c, opVoucherReconcile, func(ctx context.Context, c *Client) (LogEntry, bool, error) {
		added := HistoryFilter{Action: VoucherAdded, CreateAfter: since}
		e, ok, err := sole(c.Vouchers.AllHistory(ctx, added), func(e *LogEntry) bool { return e.Voucher.tells(&params) })
		if ok && (e.Voucher.Amount != params.Amount || e.Voucher.Group != params.Group) {
			err = &doubtError{"the voucher with this message and description is of another amount or group"}
		}
		return e, ok, err
	})
	if err != nil {
		return nil, err
	}
	return &entry.Voucher, nil
}

// tells reports whether a voucher has the texts that one was made with.
func (v *Voucher) tells(made *VoucherParams) bool {
	return (made.Message == "" || v.Message == made.Message) &&
		(made.Description == "" || v.Description == made.Description)
}

// revokeMargin is how long before a revocation was sent its entries in the log are looked for.
const revokeMargin = time.Minute

// ReconcileRevoke finds out what became of a revocation whose outcome is unknown, by [VoucherService.Revoke] or, with the
// zero filter, by [VoucherService.RevokeAll]. It takes the filter, with when that was, from which the filter's relative
// times count.
//
// It is done when at some time since a minute before, by the log, a voucher was revoked and none that the filter leaves
// was open any more. Then it returns all of those that were revoked since, each with the transfer that gave it back.
// [ErrNotDone] says that it was not, or that there was nothing to revoke. Other errors are those of
// [RewardService.Reconcile]. A filter with First or Last is refused: which vouchers those were nobody can tell any more.
//
// It needs the ACL flag voucher.history, else it returns [ErrForbidden], and the outcome is unknown still.
//
// API: GET /vouchers/history, GET /vouchers/history/{vid_encoded}
func (s *VoucherService) ReconcileRevoke(ctx context.Context, filter VoucherFilter, sent time.Time) (map[VoucherCode]TransferID, error) {
	ch := s.c.checks(opVoucherReconcileRevoke)
	if filter.First != 0 || filter.Last != 0 {
		ch.add("filter", "has first or last, must have neither: nobody can tell any more which those were")
	}
	filter.params(ch)
	from := ch.since(sent, revokeMargin).at.Truncate(time.Second)
	if ch.err != nil {
		return nil, ch.err
	}
	log := HistoryFilter{
		Code: filter.Code, From: filter.From, To: filter.To, Group: filter.Group,
		ValidAfter: filter.ValidAfter.asOf(sent), ValidBefore: filter.ValidBefore.asOf(sent),
	}
	return reconcile(ctx, s.c, opVoucherReconcileRevoke, func(ctx context.Context, c *Client) (map[VoucherCode]TransferID, bool, error) {
		return revokedSince(c.Vouchers.AllHistory(ctx, log), from)
	})
}

// revokedSince reads from the log which vouchers were revoked since a time, and whether that left none open.
func revokedSince(log iter.Seq2[LogEntry, error], from time.Time) (revoked map[VoucherCode]TransferID, all bool, err error) {
	revoked, open := map[VoucherCode]TransferID{}, map[VoucherID]bool{}
	for entry, err := range log {
		if err != nil {
			return nil, false, err
		}
		v := &entry.Voucher
		if entry.Action == VoucherAdded {
			open[v.ID] = true
			continue
		}
		delete(open, v.ID)
		if entry.Action == VoucherRevoked && !entry.Time.Before(from) {
			revoked[v.Code] = v.Transfer
			all = all || len(open) == 0
		}
	}
	return revoked, all, nil
}

// asOf returns the point in time that t was for a call made at a moment.
func (t Time) asOf(moment time.Time) Time {
	if t.relative {
		return At(moment.Add(t.from))
	}
	return t
}
