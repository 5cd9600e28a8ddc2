package broker

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

// Deposit gives an account new money, from the mint.
func (b *Broker) Deposit(to vingd.UID, amount vingd.Cents) error {
	now := b.begin()
	defer b.mu.Unlock()
	if _, ok := b.users[to]; !ok {
		return refuse(ErrNotFound, "there is no account %d", to)
	}
	return b.deposit(to, amount, now)
}

func (b *Broker) deposit(to vingd.UID, amount vingd.Cents, now time.Time) error {
	_, err := b.move(Mint, to, amount, now, ledger.Note{Class: ledger.CurrencyExchange})
	return err
}

// Balance returns what an account can spend; what is reserved is not in it.
func (b *Broker) Balance(of vingd.UID) (vingd.Cents, error) {
	b.begin()
	defer b.mu.Unlock()
	if _, ok := b.users[of]; !ok {
		return 0, refuse(ErrNotFound, "there is no account %d", of)
	}
	return b.ledger.Balance(of), nil
}

// Reward moves money from the caller to a user she knows, at once and for good.
func (b *Broker) Reward(caller vingd.UID, to vingd.HUID, amount vingd.Cents, message string) (vingd.TransferID, error) {
	now := b.begin()
	defer b.mu.Unlock()
	if err := b.require(caller, FlagTransferOutbound); err != nil {
		return 0, err
	}
	u, err := b.user(caller, to)
	if err != nil {
		return 0, err
	}
	return b.move(caller, u.uid, amount, now, ledger.Note{Class: ledger.DirectTransfer, Message: message})
}

// A TransferFilter narrows down transfers. What is zero does not.
type TransferFilter struct {
	From, To     vingd.UID
	Since, Until time.Time
	First, Last  int64
}

// Transfers returns the caller's transfers, oldest first. The caller is one side of them, and the filter says which.
func (b *Broker) Transfers(caller vingd.UID, f TransferFilter) ([]ledger.Transfer, error) {
	b.begin()
	defer b.mu.Unlock()
	switch {
	case f.From == 0 && f.To == 0:
		return nil, refuse(ErrInvalid, "from or to must be given")
	case f.From != caller && f.To != caller:
		return nil, refuse(ErrForbidden, "from or to must be the caller's own account, %d", caller)
	}
	kept := b.ledger.Of(caller, func(t *ledger.Transfer) bool {
		return (f.From == 0 || t.From == f.From) && (f.To == 0 || t.To == f.To) && within(t.At, f.Since, f.Until)
	})
	return ends(kept, f.First, f.Last), nil
}

// move makes a transfer in the name of the broker.
func (b *Broker) move(from, to vingd.UID, amount vingd.Cents, at time.Time, note ledger.Note) (vingd.TransferID, error) {
	id, err := b.ledger.Move(ledger.Transfer{Amount: amount, From: from, To: to, At: at, Note: note})
	if err != nil {
		return 0, fromLedger(err)
	}
	return id, nil
}

// release makes a transfer out of the reserve. It cannot be refused: what is reserved is there, and what is there fits.
func (b *Broker) release(to vingd.UID, amount vingd.Cents, at time.Time, note ledger.Note) vingd.TransferID {
	id, err := b.move(Reserve, to, amount, at, note)
	if err != nil {
		panic("sandbox: the reserve lacks what was reserved: " + err.Error())
	}
	return id
}
