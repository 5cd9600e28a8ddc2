package ledger_test

import (
	"errors"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

const mint, ann, bob vingd.UID = ledger.Mint, 11, 12

// newBooks opens books of which Ann and Bob have accounts.
func newBooks(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	in(t, db, func(b ledger.Books) error { return errors.Join(b.Open(ann), b.Open(bob)) })
	return db
}

// in makes a transaction, which must not fail.
func in(t *testing.T, db *store.DB, f func(ledger.Books) error) {
	t.Helper()
	if err := db.Transact(func(tx *store.Tx) error { return f(ledger.Books{Tx: tx}) }); err != nil {
		t.Fatal(err)
	}
}

// balances returns what each account holds, and checks the books.
func balances(t *testing.T, b ledger.Books) map[vingd.UID]vingd.Cents {
	t.Helper()
	held := make(map[vingd.UID]vingd.Cents)
	for _, account := range []vingd.UID{mint, ann, bob} {
		balance, ok, err := b.Balance(account)
		if err != nil || !ok {
			t.Errorf("account %d: %v, %v", account, ok, err)
		}
		held[account] = balance
	}
	if err := b.Check(); err != nil {
		t.Error(err)
	}
	return held
}

func TestMove(t *testing.T) {
	tests := []struct {
		name     string
		from, to vingd.UID
		amount   vingd.Cents
		want     error
	}{
		{"from the mint", mint, ann, 5, nil},
		{"all there is", ann, bob, 100, nil},
		{"nothing", ann, bob, 0, nil},
		{"back to the mint", ann, mint, 100, nil},
		{"all there may be", mint, ann, ledger.MaxAmount - 100, nil},
		{"a cent more than there may be", mint, ann, ledger.MaxAmount - 99, ledger.ErrAmount},
		{"a cent too much", ann, bob, 101, ledger.ErrLowBalance},
		{"from nothing", bob, ann, 1, ledger.ErrLowBalance},
		{"less than nothing", ann, bob, -1, ledger.ErrAmount},
		{"the least", ann, bob, -1 << 63, ledger.ErrAmount},
		{"the most", mint, ann, 1<<63 - 1, ledger.ErrAmount},
		{"to herself", ann, ann, 1, ledger.ErrAccount},
		{"from nobody", 9, ann, 0, ledger.ErrAccount},
		{"to nobody", ann, 9, 1, ledger.ErrAccount},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in(t, newBooks(t), func(b ledger.Books) error {
				if _, err := b.Move(ledger.Transfer{From: mint, To: ann, Amount: 100}); err != nil {
					return err
				}
				want := balances(t, b)
				id, err := b.Move(ledger.Transfer{From: test.from, To: test.to, Amount: test.amount, Note: ledger.Note{Message: "Hi"}})
				if !errors.Is(err, test.want) {
					t.Fatalf("got %v, want %v", err, test.want)
				}
				if err == nil {
					want[test.from] -= test.amount
					want[test.to] += test.amount
				}
				moved, exists, err := b.Transfer(id)
				if err != nil {
					return err
				}
				if exists != (test.want == nil) || exists && (moved.From != test.from || moved.To != test.to || moved.Amount != test.amount || moved.Note.Message != "Hi") {
					t.Errorf("got transfer %+v", moved)
				}
				for account, held := range balances(t, b) {
					if held != want[account] {
						t.Errorf("account %d holds %v, want %v", account, held, want[account])
					}
				}
				return nil
			})
		})
	}
}

func TestTransfer(t *testing.T) {
	in(t, newBooks(t), func(b ledger.Books) error {
		id, err := b.Move(ledger.Transfer{From: mint, To: ann, Amount: 1})
		if err != nil {
			return err
		}
		if moved, ok, err := b.Transfer(id); err != nil || !ok || moved.ID != id || moved.To != ann {
			t.Errorf("got %+v, %v, %v", moved, ok, err)
		}
		for _, none := range []vingd.TransferID{0, -1, id + 1} {
			if _, ok, err := b.Transfer(none); ok || err != nil {
				t.Errorf("transfer %d: %v, %v", none, ok, err)
			}
		}
		return nil
	})
}
