// Package ledger keeps money in double entry: every transfer takes an amount from one account and gives it to another.
//
// It knows amounts and accounts, and neither why money moves nor who may move it.
package ledger

import (
	"database/sql"
	"errors"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// Mint is the one account that may hold less than zero: money comes from there.
const Mint vingd.UID = 2

// MaxAmount is the most that one transfer may move, and the most money there may be. It is the largest whole number that
// every JSON reader reads exactly. Below it no sum overflows.
const MaxAmount vingd.Cents = 1<<53 - 1

// Errors of [Books.Move]. Nothing has moved when one is returned.
var (
	// ErrAmount is returned for an amount below zero or above MaxAmount.
	ErrAmount = errors.New("the amount is out of range")
	// ErrLowBalance is returned when the source holds less than the amount.
	ErrLowBalance = errors.New("the balance is too low")
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

// Books are the accounts, and every transfer between them, as a transaction sees them.
type Books struct {
	Tx *store.Tx
}

const (
	insertAccount = "INSERT INTO accounts (uid, balance) VALUES ($1, 0)"
	selectBalance = "SELECT balance FROM accounts WHERE uid = $1"
	addToBalance  = "UPDATE accounts SET balance = balance + $2 WHERE uid = $1"

	// TransferColumns are what [ScanTransfer] scans.
	TransferColumns = "id, amount, payer, payee, at, class, object, name, purchase, voucher, message"
	insertTransfer  = "INSERT INTO transfers (" + TransferColumns + ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
	selectTransfer  = "SELECT " + TransferColumns + " FROM transfers WHERE id = $1"
)

// Open adds an empty account.
func (b Books) Open(account vingd.UID) error {
	_, err := b.Tx.Exec(insertAccount, account)
	return err
}

// Balance returns what an account holds. It is not ok when there is no such account.
func (b Books) Balance(account vingd.UID) (balance vingd.Cents, ok bool, err error) {
	err = b.Tx.Get(selectBalance, []any{account}, &balance)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return balance, err == nil, err
}

// Move makes the transfer t, whose ID it gives out.
func (b Books) Move(t Transfer) (vingd.TransferID, error) {
	if err := b.check(t); err != nil {
		return 0, err
	}
	id, err := b.Tx.Next("transfer")
	if err != nil {
		return 0, err
	}
	n := t.Note
	if _, err := b.Tx.Exec(insertTransfer, id, t.Amount, t.From, t.To, t.At.UnixMicro(),
		n.Class, n.Object, n.Name, n.Purchase, n.Voucher, n.Message); err != nil {
		return 0, err
	}
	if _, err := b.Tx.Exec(addToBalance, t.From, -t.Amount); err != nil {
		return 0, err
	}
	_, err = b.Tx.Exec(addToBalance, t.To, t.Amount)
	return vingd.TransferID(id), err
}

// check returns an error unless t can be made.
func (b Books) check(t Transfer) error {
	if t.Amount < 0 || t.Amount > MaxAmount {
		return ErrAmount
	}
	held, payer, err := b.Balance(t.From)
	if err != nil {
		return err
	}
	_, payee, err := b.Balance(t.To)
	if err != nil {
		return err
	}
	switch {
	case t.From == t.To || !payer || !payee:
		return ErrAccount
	case t.From == Mint && held-t.Amount < -MaxAmount:
		return ErrAmount
	case t.From != Mint && held < t.Amount:
		return ErrLowBalance
	default:
		return nil
	}
}

// Transfer returns a transfer by its id. It is not ok when there is none.
func (b Books) Transfer(id vingd.TransferID) (t Transfer, ok bool, err error) {
	return store.Find(b.Tx, ScanTransfer, selectTransfer, id)
}

// ScanTransfer scans a row of TransferColumns.
func ScanTransfer(row store.Row) (t Transfer, err error) {
	n := &t.Note
	err = row.Scan(&t.ID, &t.Amount, &t.From, &t.To, store.Time(&t.At),
		&n.Class, &n.Object, &n.Name, &n.Purchase, &n.Voucher, &n.Message)
	return t, err
}
