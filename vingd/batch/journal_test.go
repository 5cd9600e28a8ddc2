package batch_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// newJournal makes the journal of a list, which no job has open.
func newJournal(t *testing.T, l *list) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "journal")
	job, err := l.open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// newBoundJournal makes the journal of a scene's list, after a run that the broker refused.
func (s *scene) newBoundJournal() (path string) {
	s.t.Helper()
	path = filepath.Join(s.t.TempDir(), "journal")
	s.fail("createVoucher", sandbox.Fault{Status: 403})
	job, err := s.list.open(s.t.Context(), path)
	if err != nil {
		s.t.Fatal(err)
	}
	if got, err := job.Run(s.t.Context(), s.client, batch.Options{}); err == nil || got.Done+got.Unknown > 0 {
		s.t.Fatalf("got %+v, %v, want a run that is refused", got, err)
	}
	if err := job.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.ClearFaults()
	return path
}

// lost reports whether an error is that of a journal that lost its disk.
func lost(err error) bool { return errors.Is(err, os.ErrClosed) }

// A row that the journal cannot keep is not sent.
func TestRun_JournalFailsBeforeRow(t *testing.T) {
	s := newScene(t, "vouchers", 5)
	job := open(t, s.list, s.newBoundJournal())
	if err := job.LoseDisk(); err != nil {
		t.Fatal(err)
	}
	got, err := job.Run(t.Context(), s.client, batch.Options{})
	var incomplete *batch.IncompleteError
	if !errors.As(err, &incomplete) || !lost(err) || got.Done+got.Unknown > 0 {
		t.Errorf("got %+v, %v, want that the journal fails", got, err)
	}
	if made, err := s.client.Vouchers.List(t.Context(), vingd.VoucherFilter{}); err != nil || len(made) > 0 {
		t.Errorf("there are %d vouchers, %v, want none", len(made), err)
	}
}

// A row whose result the journal cannot keep stays unknown. The next run settles it.
func TestRun_JournalFailsAfterRow(t *testing.T) {
	s, path := newScene(t, "rewards", 9), filepath.Join(t.TempDir(), "journal")
	job := open(t, s.list, path)
	s.atRow(func() {
		if err := job.LoseDisk(); err != nil {
			t.Error(err)
		}
	})
	got, err := job.Run(t.Context(), s.client, batch.Options{})
	if !errors.Is(err, vingd.ErrOutcomeUnknown) || !lost(err) || got.Done > 0 || got.Unknown == 0 || got.Unknown > 5 {
		t.Errorf("got %+v, %v, want rows in flight that are unknown", got, err)
	}
	_ = job.Close() // it fails, as the disk
	if got, err := open(t, s.list, path).Run(t.Context(), s.client, batch.Options{}); err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	s.assertOnce(s.list, s.before)
}

// A journal that cannot keep the account that it belongs to sends nothing.
func TestRun_JournalFailsToBind(t *testing.T) {
	s := newScene(t, "vouchers", 5)
	path := newJournal(t, s.list)
	job := open(t, s.list, path)
	if err := job.LoseDisk(); err != nil {
		t.Fatal(err)
	}
	got, err := job.Run(t.Context(), s.client, batch.Options{})
	var incomplete *batch.IncompleteError
	if !lost(err) || !errors.As(err, &incomplete) || !strings.HasPrefix(err.Error(), "batch: 0 of 5 rows done: journal "+path+": ") || got.Done > 0 {
		t.Errorf("got %+v, %v, want that the journal fails", got, err)
	}
	if made, err := s.client.Vouchers.List(t.Context(), vingd.VoucherFilter{}); err != nil || len(made) > 0 {
		t.Errorf("there are %d vouchers, %v, want none", len(made), err)
	}
}

// A row that the broker has, and that the journal cannot keep, is not taken as done.
func TestRun_JournalFailsToAdopt(t *testing.T) {
	s := newScene(t, "vouchers", 5)
	path := s.newBoundJournal()
	if _, err := open(t, s.list, filepath.Join(t.TempDir(), "first")).Run(t.Context(), s.client, batch.Options{}); err != nil {
		t.Fatal(err)
	}
	job := open(t, s.list, path)
	if err := job.LoseDisk(); err != nil {
		t.Fatal(err)
	}
	got, err := job.Run(t.Context(), s.client, batch.Options{Adopt: true})
	if !lost(err) || !strings.Contains(err.Error(), "journal "+path+": ") || got.Done > 0 {
		t.Errorf("got %+v, %v, want that the journal fails", got, err)
	}
	s.assertOnce(s.list, s.before)
}

// A journal that is closed while a run writes to it ends the run. The next run settles the rows in flight.
func TestRun_JournalClosed(t *testing.T) {
	s, path := newScene(t, "vouchers", 30), filepath.Join(t.TempDir(), "journal")
	job := open(t, s.list, path)
	var once sync.Once
	got, err := job.Run(t.Context(), s.client, batch.Options{OnProgress: func(batch.Progress) {
		once.Do(func() {
			if err := job.Close(); err != nil {
				t.Error(err)
			}
		})
	}})
	if err == nil || !strings.Contains(err.Error(), "closed") || got.Done < 1 || got.Done > 4 {
		t.Errorf("got %+v, %v, want only the rows in flight done, and an error", got, err)
	}
	if got, err := open(t, s.list, path).Run(t.Context(), s.client, batch.Options{}); err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	s.assertOnce(s.list, s.before)
}

// A permission that look-ups lack ends the run. Its rows in flight stay unknown.
func TestRun_LookupsForbidden(t *testing.T) {
	for kind, operations := range map[string][2]string{"rewards": {"rewardUser", "listTransfers"}, "vouchers": {"createVoucher", "listVoucherHistory"}} {
		s, path := newScene(t, kind, 60), filepath.Join(t.TempDir(), "journal")
		s.fail(operations[0], sandbox.Fault{HangUp: true, Done: true})
		s.atRow(func() { s.fail(operations[1], sandbox.Fault{Status: 403}) })
		job := open(t, s.list, path)
		got, err := job.Run(t.Context(), s.client, batch.Options{})
		if !errors.Is(err, vingd.ErrForbidden) || !errors.Is(err, vingd.ErrOutcomeUnknown) || got.Done > 0 || got.Unknown == 0 || got.Unknown > 8 {
			t.Errorf("%s: got %+v, %v, want only the rows in flight, unknown", kind, got, err)
		}
		s.ClearFaults()
		if _, err := job.Run(t.Context(), s.client, batch.Options{}); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		s.assertOnce(s.list, s.before)
	}
}

// Rows that the broker drops again and again end the run.
func TestRun_NeverDone(t *testing.T) {
	s, path := newScene(t, "vouchers", 60), filepath.Join(t.TempDir(), "journal")
	s.fail("createVoucher", sandbox.Fault{HangUp: true})
	job := open(t, s.list, path)
	got, err := job.Run(t.Context(), s.client, batch.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "batch: 0 of 60 rows done: row ") || got.Unknown > 0 {
		t.Errorf("got %+v, %v, want that a row ends the run", got, err)
	}
	sent := 0
	for _, row := range job.Rows() {
		if !row.Sent.IsZero() {
			sent++
		}
	}
	if sent == 0 || sent > 8 {
		t.Errorf("%d rows were sent, want those in flight", sent)
	}
	s.ClearFaults()
	if _, err := job.Run(t.Context(), s.client, batch.Options{}); err != nil {
		t.Error(err)
	}
	s.assertOnce(s.list, s.before)
}
