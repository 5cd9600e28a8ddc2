// Package ledger keeps money in double entry: every transfer takes an amount from one account and gives it to another.
//
// It knows amounts and accounts, and neither why money moves nor who may move it. It is not safe for concurrent use.
package ledger

import (
	"errors"
	"fmt"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// MaxAmount is the most that one transfer may move, and the most money there may be:
// the largest whole number that every JSON reader reads exactly. Below it no sum overflows.
const MaxAmount vingd.Cents = 1<<53 - 1

// Errors of [Ledger.Move]. Nothing has moved when one is returned.
var (
	// ErrAmount is returned for an amount below zero or above MaxAmount.
	ErrAmount = errors.New("the amount is out of range")
	// ErrTooLittle is returned when the source holds less than the amount.
	ErrTooLittle = errors.New("the balance is too low")
	// ErrAccount is returned when an account does not exist, or is both source and destination.
	ErrAccount = errors.New("the accounts are not two that exist")
)

// A Transfer is one movement of money. It never changes once it is made.
type Transfer struct {
	ID     vingd.TransferID
	Amount vingd.Cents
	From   vingd.UID
	To     vingd.UID
	At     time.Time
	Note   Note
}

// A Ledger is a set of accounts and every transfer between them.
type Ledger struct {
	mint      vingd.UID
	balances  map[vingd.UID]vingd.Cents
	transfers []Transfer
	// touching holds, for each account, the positions of its transfers.
	touching map[vingd.UID][]int
}

// New returns a ledger whose only account is mint, the one that may hold less than zero: money comes from there.
func New(mint vingd.UID) *Ledger {
	return &Ledger{
		mint:     mint,
		balances: map[vingd.UID]vingd.Cents{mint: 0},
		touching: make(map[vingd.UID][]int),
	}
}

// Open adds an empty account.
func (l *Ledger) Open(account vingd.UID) { l.balances[account] = 0 }

// Has reports whether there is such an account.
func (l *Ledger) Has(account vingd.UID) bool {
	_, ok := l.balances[account]
	return ok
}

// Balance returns what an account holds.
func (l *Ledger) Balance(account vingd.UID) vingd.Cents { return l.balances[account] }

// Move makes the transfer t, whose ID it gives out.
func (l *Ledger) Move(t Transfer) (vingd.TransferID, error) {
	if t.Amount < 0 || t.Amount > MaxAmount {
		return 0, ErrAmount
	}
	if t.From == t.To || !l.Has(t.From) || !l.Has(t.To) {
		return 0, ErrAccount
	}
	left := l.balances[t.From] - t.Amount
	if t.From == l.mint && left < -MaxAmount {
		return 0, ErrAmount
	}
	if t.From != l.mint && left < 0 {
		return 0, ErrTooLittle
	}
	l.balances[t.From] = left
	l.balances[t.To] += t.Amount
	l.touching[t.From] = append(l.touching[t.From], len(l.transfers))
	l.touching[t.To] = append(l.touching[t.To], len(l.transfers))
	t.ID = vingd.TransferID(len(l.transfers) + 1)
	l.transfers = append(l.transfers, t)
	return t.ID, nil
}

// Of returns the transfers from or to an account that keep keeps, oldest first.
func (l *Ledger) Of(account vingd.UID, keep func(*Transfer) bool) []Transfer {
	var kept []Transfer
	for _, at := range l.touching[account] {
		if t := &l.transfers[at]; keep(t) {
			kept = append(kept, *t)
		}
	}
	return kept
}

// Transfer returns a transfer by its id.
func (l *Ledger) Transfer(id vingd.TransferID) (Transfer, bool) {
	if id < 1 || int64(id) > int64(len(l.transfers)) {
		return Transfer{}, false
	}
	return l.transfers[id-1], true
}

// Check returns an error unless the books balance: all accounts add up to nothing, none but the mint is below zero,
// and the transfers, replayed, give the balances.
func (l *Ledger) Check() error {
	replayed := make(map[vingd.UID]vingd.Cents, len(l.balances))
	for _, t := range l.transfers {
		replayed[t.From] -= t.Amount
		replayed[t.To] += t.Amount
		if t.From != l.mint && replayed[t.From] < 0 {
			return fmt.Errorf("ledger: transfer %d takes account %d below zero", t.ID, t.From)
		}
	}
	var sum vingd.Cents
	for account, balance := range l.balances {
		if balance != replayed[account] {
			return fmt.Errorf("ledger: account %d holds %v, its transfers give %v", account, balance, replayed[account])
		}
		sum += balance
	}
	if sum != 0 {
		return fmt.Errorf("ledger: the balances add up to %v, must be 0.00", sum)
	}
	return nil
}
