package broker

import (
	"time"

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

// A LogFilter narrows down the voucher log. What is zero does not.
type LogFilter struct {
	VoucherFilter

	Code                      vingd.VoucherCode
	ID                        vingd.VoucherID
	Action                    Action
	CreateAfter, CreateBefore time.Time
}

func (f *LogFilter) keeps(e *LogEntry) bool {
	return (f.Code == "" || e.Voucher.Code == f.Code) &&
		(f.ID == 0 || e.Voucher.ID == f.ID) &&
		(f.Action == "" || e.Action == f.Action) &&
		within(e.At, f.CreateAfter, f.CreateBefore) &&
		f.VoucherFilter.keeps(&e.Voucher)
}

// VoucherLog returns the entries of the caller's voucher log that the filter leaves, oldest first.
func (b *Broker) VoucherLog(caller vingd.UID, f LogFilter) ([]LogEntry, error) {
	b.begin()
	defer b.mu.Unlock()
	if err := b.require(caller, FlagVoucherHistory); err != nil {
		return nil, err
	}
	if f.Code != "" {
		v, err := b.voucher(caller, f.Code)
		if err != nil {
			return nil, err
		}
		f.Code = v.Code
	}
	var kept []LogEntry
	for i := range b.users[caller].log {
		if e := &b.users[caller].log[i]; f.keeps(e) {
			kept = append(kept, *e)
		}
	}
	return ends(kept, f.First, f.Last), nil
}

// record writes to the log what has just happened to a voucher.
func (b *Broker) record(v *Voucher, action Action, at time.Time) {
	seller := b.users[v.Seller]
	seller.log = append(seller.log, LogEntry{ID: vingd.LogID(b.nextID()), Action: action, At: at, Voucher: *v})
}
