package broker

import (
	"iter"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// An Action is what happened to a voucher, in the words of the API.
type Action string

// Every voucher is added, and then at most one of the others happens to it.
const (
	ActionAdd    Action = "add"
	ActionUse    Action = "use"
	ActionRevoke Action = "revoke"
	ActionExpire Action = "expire"
)

// A LogEntry is one thing that happened to a voucher.
type LogEntry struct {
	ID     vingd.LogID
	Action Action
	At     time.Time
	// Voucher is the voucher as it was then.
	Voucher Voucher
}

// A LogFilter selects entries of the voucher log. A nil field selects all.
type LogFilter struct {
	VoucherFilter

	Code                      *vingd.VoucherCode
	ID                        *vingd.VoucherID
	Action                    *Action
	CreateAfter, CreateBefore *time.Time
}

// loggedColumns are those of the voucher in an entry, whose id is not the entry's.
const (
	loggedColumns  = "voucher, code, state, amount, seller, redeemer, gid, until, message, description, transfer, ended"
	logColumns     = "id, action, at, " + loggedColumns
	selectRedeemed = "SELECT id FROM vouchers WHERE seller = $1 AND gid = $2 AND redeemer = $3"
	insertLog      = "INSERT INTO voucher_log (" + logColumns + ") SELECT $1, $2, $3, " + voucherColumns + " FROM vouchers WHERE id = $4"
)

// VoucherLog returns the entries of the caller's voucher log that the filter leaves, oldest first.
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

// log returns the list of the seller's entries that the filter leaves, whenever they were made.
func (s *step) log(seller vingd.UID, f LogFilter) (*store.List, error) {
	of, none, err := s.logged(seller, f)
	if err != nil {
		return nil, err
	}
	l := store.From("voucher_log", len(of) == 0, f.First, f.Last)
	if none {
		l.None()
	}
	f.where(&l.Where, seller)
	for _, voucher := range of {
		l.Is("voucher", voucher)
	}
	switch {
	case f.Action != nil && f.To != nil && *f.Action != ActionUse:
		l.None() // nobody has redeemed it then
	case f.Action != nil && (f.To == nil || len(of) > 0):
		l.Is("action", *f.Action)
	case f.Action == nil && f.To == nil && len(of) == 0:
		l.Among("action", ActionAdd, ActionUse, ActionRevoke, ActionExpire)
	}
	return l, nil
}

// logged returns the vouchers that the filter names: each entry is of all of them. It reports whether none can be.
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
	if f.To != nil && f.Group != nil { // a user redeems one voucher of a group
		id, ok, err := store.Find(s.Tx, scanOne[vingd.VoucherID], selectRedeemed, seller, *f.Group, *f.To)
		if err != nil {
			return nil, false, err
		}
		of, none = append(of, id), none || !ok
	}
	return of, none, nil
}

// record writes to the log what has just happened to a voucher.
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
