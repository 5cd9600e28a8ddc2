package vingd

import (
	"context"
	"iter"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// LogEntry is an entry in the voucher log.
type LogEntry struct {
	ID      LogID
	Action  VoucherAction
	Time    time.Time
	Voucher Voucher // as of that time
}

// A VoucherAction is the event of a log entry.
type VoucherAction string

// The actions of the voucher log.
const (
	VoucherActionAdd    VoucherAction = "add"
	VoucherActionUse    VoucherAction = "use"
	VoucherActionRevoke VoucherAction = "revoke"
	VoucherActionExpire VoucherAction = "expire"
)

// HistoryFilter selects entries of the voucher log. The zero value matches every entry.
type HistoryFilter struct {
	Code          VoucherCode   // of the voucher with this code
	Voucher       VoucherID     // of the voucher with this id
	Action        VoucherAction // with this action
	From          UID           // of vouchers with this source account
	To            UID           // of vouchers with this destination account
	Group         GroupID       // of vouchers of this group
	ValidAfter    Time          // of vouchers expiring after this time
	ValidBefore   Time          // of vouchers expiring before this time
	CreatedAfter  Time          // created after this time
	CreatedBefore Time          // created before this time
	First         int           // at most this many of the oldest; mutually exclusive with Last
	Last          int           // at most this many of the newest; mutually exclusive with First
}

// History returns the entries of the voucher log that the filter selects. They are sorted by time of creation if First or Last
// is set, and by id otherwise.
//
// It returns [ErrForbidden] if the caller lacks the voucher.history ACL flag.
//
// API: GET /vouchers/history, GET /vouchers/history/{vid_encoded}
func (s *VoucherService) History(ctx context.Context, filter HistoryFilter) ([]LogEntry, error) {
	return list(ctx, s.c, opVoucherHistory, s.historyRequest, filter, logEntryOf)
}

// AllHistory streams the entries of the voucher log that the filter selects, in constant memory. Each use of the sequence makes
// a call.
//
// API: GET /vouchers/history, GET /vouchers/history/{vid_encoded}
func (s *VoucherService) AllHistory(ctx context.Context, filter HistoryFilter) iter.Seq2[LogEntry, error] {
	return stream(ctx, s.c, opVoucherHistory, s.historyRequest, filter, logEntryOf)
}

func (s *VoucherService) historyRequest(f HistoryFilter) (rest.Request, error) {
	args := s.c.args(opVoucherHistory)
	code := filterText(args, "code", f.Code)
	filter := wire.ListVoucherHistoryFilter{
		VID:          filterID(args, "voucher", f.Voucher),
		Action:       filterText(args, "action", f.Action),
		From:         filterID(args, "from", f.From),
		To:           filterID(args, "to", f.To),
		GID:          filterText(args, "group", f.Group),
		ValidAfter:   args.filterTime("valid after", f.ValidAfter),
		ValidBefore:  args.filterTime("valid before", f.ValidBefore),
		CreateAfter:  args.filterTime("created after", f.CreatedAfter),
		CreateBefore: args.filterTime("created before", f.CreatedBefore),
	}
	filter.First, filter.Last = args.pageLimits(f.First, f.Last)
	if code == "" {
		return args.request(wire.ListVoucherHistory(filter))
	}
	return args.request(wire.GetVoucherHistory(code, wire.GetVoucherHistoryFilter(filter)))
}

func (a VoucherAction) check() (problem string) {
	switch a {
	case VoucherActionAdd, VoucherActionUse, VoucherActionRevoke, VoucherActionExpire:
		return ""
	}
	return "is " + quote(string(a)) + ", must be add, use, revoke or expire"
}

func logEntryOf(e *wire.VoucherLogEntry) LogEntry {
	return LogEntry{
		ID:      LogID(e.ID),
		Action:  VoucherAction(e.Action),
		Time:    e.TSCreated,
		Voucher: voucherOf(&e.Voucher),
	}
}

// Reconcile finds out whether a call of [VoucherService.Create] with an unknown outcome was done, and returns the voucher as of
// its creation. Params are those of the call. Sent is the time before it.
//
// Reconcile finds the voucher by its message and description. No other voucher of the last day may have both. One of the two
// may be empty. The description, or else the message, must be a reference: see the package documentation. A message alone is
// best, because Vingd does not document that the broker keeps descriptions. Reconcile returns [ErrNotDone] if no voucher has
// both. The outcome stays unknown if a voucher has only one of the two, possibly changed by the broker, or another amount or
// group. Other errors are those of [RewardService.Reconcile].
//
// It returns [ErrForbidden] if the caller lacks the voucher.history ACL flag.
//
// API: GET /vouchers/history, GET /id/users, GET /fort/accounts, GET /fort/transfers
func (s *VoucherService) Reconcile(ctx context.Context, params VoucherParams, sent time.Time) (*Voucher, error) {
	args := s.c.args(opVoucherReconcile)
	args.amount("amount", params.Amount, params.AllowZero)
	if params.Description == "" {
		args.reference("message", params.Message, maxReference)
	} else {
		args.text("message", params.Message)
		args.reference("description", params.Description, maxReference)
	}
	if params.Group != "" {
		args.fail("group", params.Group.check())
	}
	sent = args.sent(sent)
	if args.err != nil {
		return nil, args.err
	}
	message, description := newReference(params.Message), newReference(params.Description)
	logged := map[TransferID]bool{}
	entry, err := reconcile(ctx, s.c, opVoucherReconcile, sent, query[LogEntry]{
		rows: func(ctx context.Context, p page) iter.Seq2[LogEntry, error] {
			return s.AllHistory(ctx, HistoryFilter{Action: VoucherActionAdd, CreatedAfter: p.since, CreatedBefore: p.until, First: p.first, Last: p.last})
		},
		id: func(e *LogEntry) int64 { return int64(e.ID) },
		at: func(e *LogEntry) time.Time { return e.Time },
		judge: func(e *LogEntry) verdict {
			logged[e.Voucher.Transfer] = true
			var fields []field
			if params.Message != "" {
				fields = append(fields, field{message, e.Voucher.Message, true})
			}
			if params.Description != "" {
				fields = append(fields, field{description, e.Voucher.Description, false})
			}
			v := judge("log entry %d may be this voucher: its message or description differs, or is missing", e.Voucher.Amount.isNearly(params.Amount), fields...)
			return v.unless(e.Voucher.Amount != params.Amount || e.Voucher.Group != params.Group,
				"log entry %d with this message and description has another amount or group")
		},
		oldest: s.oldestEntries,
		addUp: func(ctx context.Context, before time.Time) (bool, error) {
			return s.addUp(ctx, before, params.Amount, logged)
		},
	}.look)
	if err != nil {
		return nil, err
	}
	return &entry.Voucher, nil
}
