package batch_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// The machine's clock may be wrong while rows are sent, by days, and right at the next run. A row that the broker has is not
// sent again.
func TestRun_ClockWrongWhileSent(t *testing.T) {
	for _, kind := range []string{"rewards", "vouchers"} {
		for _, done := range []bool{false, true} {
			for _, ahead := range []time.Duration{2 * time.Hour, 72 * time.Hour} {
				t.Run(fmt.Sprintf("%s, done %v, %v ahead", kind, done, ahead), func(t *testing.T) {
					offset := -ahead
					s := newSceneAt(t, kind, 3, func() time.Time { return time.Now().Add(offset) })
					path := newJournal(t, s.list)
					s.fail("rewardUser", sandbox.Fault{HangUp: true, Done: done})
					s.fail("createVoucher", sandbox.Fault{HangUp: true, Done: done})
					s.atRow(func() {
						s.fail("listTransfers", sandbox.Fault{Status: 403})
						s.fail("listVoucherHistory", sandbox.Fault{Status: 403})
					})
					job := open(t, s.list, path)
					if got, err := job.Run(t.Context(), s.client, batch.Options{}); !errors.Is(err, vingd.ErrOutcomeUnknown) {
						t.Fatalf("got %+v, %v, want rows in doubt", got, err)
					}
					s.ClearFaults()
					offset = 0
					got, err := job.Run(t.Context(), s.client, batch.Options{})
					if err != nil {
						t.Errorf("got %+v, %v", got, err)
					}
					s.assertOnce(s.list, s.before)
				})
			}
		}
	}
}

// A run that cannot begin says that the outcome of an earlier row is unknown.
func TestRun_FailsToBeginInDoubt(t *testing.T) {
	s := newScene(t, "vouchers", 1)
	s.fail("createVoucher", sandbox.Fault{HangUp: true})
	s.atRow(func() { s.fail("listVoucherHistory", sandbox.Fault{Status: 403}) })
	job := open(t, s.list, newJournal(t, s.list))
	for _, operation := range []string{"listVoucherHistory", "getProfile"} {
		got, err := job.Run(t.Context(), s.client, batch.Options{})
		var incomplete *batch.IncompleteError
		if !errors.As(err, &incomplete) || !errors.Is(err, vingd.ErrOutcomeUnknown) || !errors.Is(err, vingd.ErrForbidden) || got.Unknown != 1 {
			t.Errorf("got %+v, %v, want an unknown row", got, err)
		}
		s.fail(operation, sandbox.Fault{Status: 403})
	}
	if _, err := job.Run(t.Context(), s.client, batch.Options{}); !errors.Is(err, vingd.ErrOutcomeUnknown) {
		t.Errorf("got %v, want an unknown row", err)
	}
}
