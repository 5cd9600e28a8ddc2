package vingd

import (
	"context"
	"iter"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// Revoke revokes the caller's unused vouchers that the filter selects, and returns the transfer that refunded each to the caller.
// A revoked voucher cannot be redeemed, and revocation cannot be undone.
//
// It returns [ErrInvalidArgument] for the zero filter. Call [VoucherService.RevokeAll] to revoke every voucher.
//
// The client does not retry it if the outcome is unknown, because a second response lacks the refunds of the first call. Call
// [VoucherService.ReconcileRevoke] then. A request that arrives late also revokes the vouchers that were made since: make none
// that the filter selects before ReconcileRevoke returns.
//
// It returns [ErrForbidden] if the caller lacks the voucher.revoke ACL flag.
//
// API: DELETE /vouchers, DELETE /vouchers/{vid_encoded}
func (s *VoucherService) Revoke(ctx context.Context, filter VoucherFilter) (map[VoucherCode]TransferID, error) {
	args := s.c.args(opVoucherRevoke)
	if filter == (VoucherFilter{}) {
		args.fail("filter", "is empty, which would revoke every voucher: use RevokeAll for that")
	}
	listed := filter.params(args)
	if filter.Code != "" {
		return s.revoke(ctx, args, func(body wire.Revocation) (rest.Request, error) {
			return wire.RevokeVoucher(string(filter.Code), wire.RevokeVoucherFilter(listed), body)
		})
	}
	return s.revoke(ctx, args, func(body wire.Revocation) (rest.Request, error) {
		return wire.RevokeVouchers(wire.RevokeVouchersFilter(listed), body)
	})
}

// RevokeAll revokes every unused voucher of the caller, valid or expired. If the broker has refunded a voucher when it expired,
// as the sandbox does, the result lacks it. See [VoucherService.Revoke].
//
// API: DELETE /vouchers
func (s *VoucherService) RevokeAll(ctx context.Context) (map[VoucherCode]TransferID, error) {
	return s.revoke(ctx, s.c.args(opVoucherRevoke), func(body wire.Revocation) (rest.Request, error) {
		return wire.RevokeVouchers(wire.RevokeVouchersFilter{}, body)
	})
}

func (s *VoucherService) revoke(ctx context.Context, args *argErrors,
	build func(wire.Revocation) (rest.Request, error)) (map[VoucherCode]TransferID, error) {
	req, err := args.request(build(wire.Revocation{Revoke: true}))
	if err != nil {
		return nil, err
	}
	var revoked wire.RevokedVouchers
	err = s.c.call(ctx, opVoucherRevoke, req, func(r *jsonread.Reader) *dataFailure {
		if r.Peek() != '[' {
			revoked.Decode(r)
		} else if r.Enter('['); r.Next(']') { // an empty list is an empty map, as PHP writes it
			r.Fail("an object")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return revokedOf(&revoked), nil
}

func revokedOf(w *wire.RevokedVouchers) map[VoucherCode]TransferID {
	revoked := make(map[VoucherCode]TransferID, len(*w))
	for code, transfer := range *w {
		revoked[VoucherCode(code)] = TransferID(transfer)
	}
	return revoked
}

// revokeMargin is how far the broker's clock may differ for its log to tell what was before a revocation and after it.
const revokeMargin = time.Minute

// ReconcileRevoke finds out whether a revocation whose outcome is unknown was done, by [VoucherService.Revoke] or, with
// the zero filter, by [VoucherService.RevokeAll]. Sent is the time before that call. Relative times of the filter count
// from it. A filter with First or Last is refused, because it selects other vouchers now.
//
// The revocation was done if both hold:
//   - The log has a voucher that was revoked since a minute before the call.
//   - Every voucher that was made up to a minute after the call has ended.
//
// If no Date header shows that the broker's clock is right, ReconcileRevoke looks a day back, and no voucher may be open. It
// returns all vouchers revoked since then, each with its refund. A refund is zero unless the log shows both the transfer that
// reserved the amount and another one that refunded it.
//
// It returns [ErrNotDone] if no voucher was revoked since a day before the call: the revocation was not done, or there was
// nothing to revoke. Otherwise the outcome stays unknown. Calling Revoke again is safe, but also revokes the vouchers that were
// made since the call. Other errors are those of [RewardService.Reconcile].
//
// It returns [ErrForbidden] if the caller lacks the voucher.history ACL flag.
//
// API: GET /vouchers/history, GET /vouchers/history/{vid_encoded}
func (s *VoucherService) ReconcileRevoke(ctx context.Context, filter VoucherFilter, sent time.Time) (map[VoucherCode]TransferID, error) {
	args := s.c.args(opVoucherReconcileRevoke)
	if filter.First != 0 || filter.Last != 0 {
		args.fail("filter", "has first or last, must have neither: it selects other vouchers now")
	}
	filter.params(args)
	began := args.sent(sent)
	if args.err != nil {
		return nil, args.err
	}
	log := HistoryFilter{
		Code: filter.Code, From: filter.From, To: filter.To, Group: filter.Group,
		ValidAfter: filter.ValidAfter.asOf(sent), ValidBefore: filter.ValidBefore.asOf(sent),
	}
	revocations := log
	revocations.Action = VoucherActionRevoke
	anyRevocation := s.entries(revocations, func(*LogEntry) verdict {
		return verdict{doubt: "log entry %d revokes a voucher, perhaps by another call"}
	})
	return reconcile(ctx, s.c, opVoucherReconcileRevoke, began,
		func(ctx context.Context, w window) (found sighting[map[VoucherCode]TransferID], err error) {
			some, err := anyRevocation.look(ctx, w)
			if err != nil || some.doubt == "" {
				return found, err
			}
			since, until := began.Add(-farMargin), time.Time{}
			if w.clock.within(revokeMargin) {
				since, until = began.Add(-revokeMargin), began.Add(revokeMargin)
			}
			lives := voucherLives{since: since, byID: map[VoucherID]*voucherLife{}}
			if !until.IsZero() {
				lives.latest = s.c.now().Add(2 * revokeMargin)
			}
			whole, err := s.entries(log, lives.add).look(ctx, window{last: true})
			if err != nil {
				return found, err
			}
			found.doubt = some.doubt
			if whole.doubt == "" {
				found.row, found.found = lives.revoked(until)
			}
			return found, nil
		})
}

// entries returns the look-up of entries of the log.
func (s *VoucherService) entries(filter HistoryFilter, judge func(*LogEntry) verdict) query[LogEntry] {
	return query[LogEntry]{
		rows: func(ctx context.Context, p page) iter.Seq2[LogEntry, error] {
			filter.CreatedAfter, filter.CreatedBefore, filter.First, filter.Last = p.since, p.until, p.first, p.last
			return s.AllHistory(ctx, filter)
		},
		id:     func(e *LogEntry) int64 { return int64(e.ID) },
		at:     func(e *LogEntry) time.Time { return e.Time },
		judge:  judge,
		oldest: s.oldestEntries,
	}
}

// A voucherLife is what the log says of a voucher.
type voucherLife struct {
	code                 VoucherCode
	added, ended         time.Time
	isEnded, isRevoked   bool
	reservation, revoked TransferID
}

// voucherLives are the vouchers of a log that did not end before a time. The order of its entries proves nothing: numbers
// need not be given out in the order in which things happen.
type voucherLives struct {
	since  time.Time
	latest time.Time // of an entry, if its clock is that of the Date header; zero if that is not needed
	byID   map[VoucherID]*voucherLife
}

// add takes an entry of the log.
func (l *voucherLives) add(e *LogEntry) verdict {
	v := l.byID[e.Voucher.ID]
	if v == nil {
		v = &voucherLife{code: e.Voucher.Code}
		l.byID[e.Voucher.ID] = v
	}
	switch e.Action {
	case VoucherActionAdd:
		v.added, v.reservation = e.Time, e.Voucher.Transfer
	case VoucherActionRevoke:
		v.isRevoked, v.revoked = true, e.Voucher.Transfer
		v.ended, v.isEnded = e.Time, true
	case VoucherActionUse, VoucherActionExpire:
		v.ended, v.isEnded = e.Time, true
	default:
		return verdict{doubt: "log entry %d has an action that this client does not know"}
	}
	if !l.latest.IsZero() && e.Time.After(l.latest) { // it may be in local time
		return verdict{doubt: "log entry %d is of the future: its clock is not that of the Date header"}
	}
	if v.isEnded && v.ended.Before(l.since) && !v.added.IsZero() {
		delete(l.byID, e.Voucher.ID) // nothing more is said of it
	}
	return verdict{}
}

// revoked returns the vouchers that were revoked, each with its refund. It reports whether there is one, and all vouchers
// that were made until a time, or all if that is zero, have ended.
func (l *voucherLives) revoked(until time.Time) (revoked map[VoucherCode]TransferID, all bool) {
	revoked, all = map[VoucherCode]TransferID{}, true
	for _, v := range l.byID {
		switch {
		case !v.isEnded:
			all = all && !until.IsZero() && v.added.After(until)
		case v.isRevoked && !v.ended.Before(l.since):
			revoked[v.code] = 0
			if v.reservation != 0 && v.revoked != v.reservation {
				revoked[v.code] = v.revoked
			}
		}
	}
	return revoked, all && len(revoked) > 0
}
