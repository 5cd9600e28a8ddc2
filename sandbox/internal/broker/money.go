package broker

import (
	"fmt"
	"iter"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// Deposit moves new money from the mint to an account.
func (b *Broker) Deposit(to vingd.UID, amount vingd.Cents) error {
	return b.do(func(s *step) error {
		if _, err := s.profile(to); err != nil {
			return err
		}
		return s.deposit(to, amount)
	})
}

func (s *step) deposit(to vingd.UID, amount vingd.Cents) error {
	_, err := s.move(Mint, to, amount, s.now, ledger.Note{Class: vingd.TransferCurrencyExchange})
	return err
}

// Balance returns the money that an account can spend. Reserved money does not count.
func (b *Broker) Balance(of vingd.UID) (vingd.Cents, error) {
	return inStep(b, func(s *step) (vingd.Cents, error) {
		balance, ok, err := s.books.Balance(of)
		if err != nil {
			return 0, err
		}
		if !ok || of <= Reserve {
			return 0, noAccount(of)
		}
		return balance, nil
	})
}

// Reward moves money from the caller to a user, at once and for good. The caller must have met the user.
func (b *Broker) Reward(caller vingd.UID, to vingd.HUID, amount vingd.Cents, message string) (vingd.TransferID, error) {
	return inStep(b, func(s *step) (vingd.TransferID, error) {
		if err := s.require(caller, FlagTransferOutbound); err != nil {
			return 0, err
		}
		uid, err := s.user(caller, to)
		if err != nil {
			return 0, err
		}
		return s.move(caller, uid, amount, s.now, ledger.Note{Class: vingd.TransferDirect, Message: message})
	})
}

// A TransferFilter selects transfers. A nil field matches all.
type TransferFilter struct {
	From, To     *vingd.UID
	Since, Until *time.Time
	First, Last  *int64
}

// Transfers returns the caller's transfers, oldest first. From or To of the filter must be the caller.
func (b *Broker) Transfers(caller vingd.UID, f TransferFilter) iter.Seq2[ledger.Transfer, error] {
	return stream(b, func(s *step) (chunks[ledger.Transfer], error) {
		switch {
		case f.From == nil && f.To == nil:
			return nil, refuse(ErrInvalid, "from or to must be given")
		case (f.From == nil || *f.From != caller) && (f.To == nil || *f.To != caller):
			return nil, refuse(ErrForbidden, "from or to must be the caller's own account, %d", caller)
		}
		if err := checkCounts(f.First, f.Last); err != nil {
			return nil, err
		}
		l := store.From("transfers", false, f.First, f.Last)
		if f.From != nil {
			l.Is("payer", *f.From)
		}
		if f.To != nil {
			l.Is("payee", *f.To)
		}
		above, below := bounds(f.Since, f.Until)
		return inOrder(l, "transfers", ledger.TransferColumns, ledger.ScanTransfer), l.Made(s.Tx, "at", above, below)
	})
}

// move makes a transfer.
func (s *step) move(from, to vingd.UID, amount vingd.Cents, at time.Time, note ledger.Note) (vingd.TransferID, error) {
	id, err := s.books.Move(ledger.Transfer{Amount: amount, From: from, To: to, At: at, Note: note})
	if err != nil {
		return 0, fromLedger(err)
	}
	return id, nil
}

// release makes a transfer out of the reserve. The broker never refuses it: the reserve has the amount, and no balance grows
// too large by it.
func (s *step) release(to vingd.UID, amount vingd.Cents, at time.Time, note ledger.Note) (vingd.TransferID, error) {
	id, err := s.books.Move(ledger.Transfer{Amount: amount, From: Reserve, To: to, At: at, Note: note})
	if err != nil {
		return 0, fmt.Errorf("the reserve lacks what was reserved: %w", err)
	}
	return id, nil
}

func noAccount(uid vingd.UID) error { return refuse(ErrNotFound, "there is no account %d", uid) }
