package broker

import (
	"iter"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// An Action is an action on a voucher, as the API names it.
type Action string

// Every voucher has an add first, and then at most one other action.
const (
	ActionAdd    Action = "add"
	ActionUse    Action = "use"
	ActionRevoke Action = "revoke"
	ActionExpire Action = "expire"
)

// A LogEntry is one action on a voucher.
type LogEntry struct {
	ID     vingd.LogID
	Action Action
	At     time.Time
	// Voucher is the voucher as of the action.
	Voucher Voucher
}

// A LogFilter selects entries of the voucher log. A nil field matches all.
type LogFilter struct {
	VoucherFilter

	Code                      *vingd.VoucherCode
	ID                        *vingd.VoucherID
	Action                    *Action
	CreateAfter, CreateBefore *time.Time
}

// loggedColumns are the columns of the voucher in an entry. The column id is that of the entry.
const (
	loggedColumns  = "voucher, code, state, amount, seller, redeemer, gid, until, message, description, transfer, ended"
	logColumns     = "id, action, at, " + loggedColumns
	selectRedeemed = "SELECT id FROM vouchers WHERE seller = $1 AND gid = $2 AND redeemer = $3"
	insertLog      = "INSERT INTO voucher_log (" + logColumns + ") SELECT $1, $2, $3, " + voucherColumns + " FROM vouchers WHERE id = $4"
)

// VoucherLog returns the entries of the caller's voucher log that match the filter, oldest first.
func (b *Broker) VoucherLog(caller vingd.UID, f LogFilter) iter.Seq2[LogEntry, error] {
	return stream(b, func(s *step) (chunks[LogEntry], error) {
		if err := s.require(caller, FlagVoucherHistory); err != nil {
			return nil, err
		}
		if err := checkCounts(f.First, f.Last); err != nil {
			return nil, err
		}
		l, err := s.log(caller, f)
		if err != nil {
			return nil, err
		}
		above, below := bounds(f.CreateAfter, f.CreateBefore)
		return inOrder(l, "voucher_log", logColumns, scanLogEntry), l.Made(s.Tx, "at", above, below)
	})
}

// log returns the list of the seller's entries that match the filter. It ignores CreateAfter and CreateBefore.
func (s *step) log(seller vingd.UID, f LogFilter) (*store.List, error) {
	of, none, err := s.logged(seller, f)
	if err != nil {
		return nil, err
	}
	l := store.From("voucher_log", len(of) == 0, f.First, f.Last)
	if none {
		l.None()
	}
	for _, voucher := range of {
		l.Is("voucher", voucher)
		l.Unindexed() // a voucher has two entries at most
	}
	f.where(&l.Where, seller)
	switch {
	case f.Action != nil && f.To != nil && *f.Action != ActionUse:
		l.None() // the voucher of any other action has no redeemer
	case f.Action != nil && (f.To == nil || len(of) > 0):
		l.Is("action", *f.Action)
	case f.Action == nil && f.To == nil && len(of) == 0:
		l.Among("action", ActionAdd, ActionUse, ActionRevoke, ActionExpire)
	}
	return l, nil
}

// logged returns the vouchers that the filter names. An entry must be of each of them, so that two different ones match
// nothing. none reports whether no entry can match.
func (s *step) logged(seller vingd.UID, f LogFilter) (of []vingd.VoucherID, none bool, err error) {
	none = f.From != nil && *f.From != seller
	if f.ID != nil {
		of = append(of, *f.ID)
	}
	if f.Code != nil {
		v, err := s.voucher(seller, *f.Code)
		if err != nil {
			return nil, false, err
		}
		of = append(of, v.ID)
	}
	if f.To != nil && f.Group != nil { // a user redeems at most one voucher of a group
		id, ok, err := store.Find(s.Tx, scanOne[vingd.VoucherID], selectRedeemed, seller, *f.Group, *f.To)
		if err != nil {
			return nil, false, err
		}
		of, none = append(of, id), none || !ok
	}
	return of, none, nil
}

// record adds an action on a voucher to the log.
func (s *step) record(voucher vingd.VoucherID, action Action, at time.Time) error {
	id, err := s.nextID()
	if err != nil {
		return err
	}
	_, err = s.Exec(insertLog, id, action, at.UnixMicro(), voucher)
	return err
}

func scanLogEntry(row store.Row) (e LogEntry, err error) {
	err = row.Scan(append([]any{&e.ID, &e.Action, store.Time(&e.At)}, e.Voucher.columns()...)...)
	return e, err
}
