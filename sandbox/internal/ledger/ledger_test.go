package ledger_test

import (
	"errors"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

const mint, ann, bob vingd.UID = 1, 2, 3

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
		{"a cent too much", ann, bob, 101, ledger.ErrTooLittle},
		{"from nothing", bob, ann, 1, ledger.ErrTooLittle},
		{"less than nothing", ann, bob, -1, ledger.ErrAmount},
		{"the least", ann, bob, -1 << 63, ledger.ErrAmount},
		{"the most", mint, ann, 1<<63 - 1, ledger.ErrAmount},
		{"to herself", ann, ann, 1, ledger.ErrAccount},
		{"from nobody", 9, ann, 0, ledger.ErrAccount},
		{"to nobody", ann, 9, 1, ledger.ErrAccount},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := ledger.New(mint)
			l.Open(ann)
			l.Open(bob)
			if _, err := l.Move(ledger.Transfer{From: mint, To: ann, Amount: 100}); err != nil {
				t.Fatal(err)
			}
			before := map[vingd.UID]vingd.Cents{mint: l.Balance(mint), ann: l.Balance(ann), bob: l.Balance(bob)}
			id, err := l.Move(ledger.Transfer{From: test.from, To: test.to, Amount: test.amount})
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			moved, exists := l.Transfer(id)
			if err != nil {
				test.amount, test.from, test.to = 0, mint, mint
			} else if !exists || moved.From != test.from || moved.To != test.to || moved.Amount != test.amount {
				t.Errorf("got transfer %+v", moved)
			}
			before[test.from] -= test.amount
			before[test.to] += test.amount
			for account, want := range before {
				if got := l.Balance(account); got != want {
					t.Errorf("account %d holds %v, want %v", account, got, want)
				}
			}
			if err := l.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOf(t *testing.T) {
	l := ledger.New(mint)
	l.Open(ann)
	l.Open(bob)
	for _, to := range []vingd.UID{ann, bob, ann} {
		if _, err := l.Move(ledger.Transfer{From: mint, To: to, Amount: 1}); err != nil {
			t.Fatal(err)
		}
	}
	got := l.Of(ann, func(*ledger.Transfer) bool { return true })
	if len(got) != 2 || got[0].ID != 1 || got[1].ID != 3 {
		t.Errorf("got %+v", got)
	}
	if got := l.Of(mint, func(t *ledger.Transfer) bool { return t.To == bob }); len(got) != 1 || got[0].ID != 2 {
		t.Errorf("got %+v", got)
	}
	for _, id := range []vingd.TransferID{0, -1, 4} {
		if _, ok := l.Transfer(id); ok {
			t.Errorf("there is a transfer %d", id)
		}
	}
}
