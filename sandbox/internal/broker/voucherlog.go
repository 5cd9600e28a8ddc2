package broker

import (
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
	loggedColumns = "voucher, code, state, amount, seller, redeemer, gid, until, message, description, transfer, ended"
	logColumns    = "id, action, at, " + loggedColumns
	insertLog     = "INSERT INTO voucher_log (" + logColumns + ") SELECT $1, $2, $3, " + voucherColumns + " FROM vouchers WHERE id = $4"
)

// VoucherLog returns the entries of the caller's voucher log that the filter leaves, oldest first.
func (b *Broker) VoucherLog(caller vingd.UID, f LogFilter) ([]LogEntry, error) {
	return inStep(b, func(s *step) ([]LogEntry, error) {
		if err := s.require(caller, FlagVoucherHistory); err != nil {
			return nil, err
		}
		if err := checkCounts(f.First, f.Last); err != nil {
			return nil, err
		}
		l := store.List{Order: []string{"at", "id"}, First: f.First, Last: f.Last}
		if f.Code != nil {
			v, err := s.voucher(caller, *f.Code)
			if err != nil {
				return nil, err
			}
			l.Where("voucher", "=", v.ID)
		}
		whereIs(&l, "voucher", f.ID)
		whereIs(&l, "action", f.Action)
		whereWithin(&l, "at", f.CreateAfter, f.CreateBefore)
		f.narrow(&l, caller)
		return store.Listed(s.Tx, scanLogEntry, l.From("voucher_log", logColumns))
	})
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
