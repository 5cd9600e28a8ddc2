package batch_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// A row whose reference was used for another amount is never sent or adopted. The other rows are sent, and it fits into another
// plan.
func TestRun_ReferenceOfAnotherAmount(t *testing.T) {
	s := newScene(t, "rewards", 4)
	pay := func(n int, amount vingd.Cents) {
		t.Helper()
		r := s.list.Rewards[n]
		if _, err := s.client.Rewards.Create(t.Context(), r.User, vingd.RewardParams{Amount: amount, Description: r.Reference}); err != nil {
			t.Fatal(err)
		}
	}
	pay(1, 1)                        // another payment
	pay(2, s.list.Rewards[2].Amount) // of a lost journal
	pay(3, 1)                        // another payment, but then that of a lost journal
	pay(3, s.list.Rewards[3].Amount)
	path := filepath.Join(t.TempDir(), "journal")
	job := open(t, s.list, path)
	var earlier *batch.EarlierError
	if got, err := job.Run(t.Context(), s.client, batch.Options{}); !errors.As(err, &earlier) || earlier.Rows != 2 || got.Done+got.Refused != 0 || job.IsTaken(2) {
		t.Errorf("without adoption: got %+v, %v, want two earlier rows, and none changed", got, err)
	}
	const problem = "the broker already has it, of 0.01 and not of 0.51"
	for range 2 {
		got, err := job.Run(t.Context(), s.client, batch.Options{Adopt: true})
		var incomplete *batch.IncompleteError
		if !errors.As(err, &incomplete) || !strings.Contains(err.Error(), "row 2: reference ") || !strings.Contains(err.Error(), problem) ||
			got.Done != 3 || got.Refused != 1 {
			t.Errorf("got %+v, %v, want three rows done and one refused", got, err)
		}
		if row := job.Rows()[1]; row.State != batch.Refused || !strings.Contains(row.Problem, problem) || !job.IsTaken(2) || job.IsTaken(1) {
			t.Errorf("got %+v, want that its reference is taken", row)
		}
		if err := job.Close(); err != nil {
			t.Fatal(err)
		}
		job = open(t, s.list, path)
		if row := job.Rows()[1]; row.State != batch.Refused || !strings.Contains(row.Problem, problem) || !job.IsTaken(2) || job.IsTaken(1) {
			t.Errorf("opened anew: got %+v, want that its reference is taken", row)
		}
	}
	profile, err := s.client.Users.Profile(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	paid := map[string]int{}
	for transfer, err := range s.client.Transfers.All(t.Context(), vingd.TransferFilter{From: profile.UID}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range s.list.Rewards {
			if transfer.Amount > 1 && strings.Contains(transfer.Description, `"`+r.Reference+`"`) {
				paid[r.Reference]++
			}
		}
	}
	for n, r := range s.list.Rewards {
		if want := map[bool]int{true: 0, false: 1}[n == 1]; paid[r.Reference] != want {
			t.Errorf("row %d: paid %d times, want %d", n+1, paid[r.Reference], want)
		}
	}
}

// A row that is unknown, and whose reference another payment has, is not sent again.
func TestRun_UnknownReferenceOfAnotherAmount(t *testing.T) {
	s := newScene(t, "rewards", 1)
	r := s.list.Rewards[0]
	path := filepath.Join(t.TempDir(), "journal")
	job := open(t, s.list, path)
	row := job.Rows()[0]
	row.State = batch.Unknown
	if err := job.Save(row); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.Rewards.Create(t.Context(), r.User, vingd.RewardParams{Amount: 1, Description: r.Reference}); err != nil {
		t.Fatal(err)
	}
	if got, err := job.Run(t.Context(), s.client, batch.Options{}); err == nil || got.Done != 0 {
		t.Errorf("got %+v, %v, want that the row is not sent", got, err)
	}
}
