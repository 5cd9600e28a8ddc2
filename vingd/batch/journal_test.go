package batch_test

import (
	"database/sql"
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

// execute runs statements on a journal that no job has open.
func execute(t *testing.T, path, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), statements)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

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

// A row that the journal cannot keep is not sent.
func TestRun_JournalFailsBeforeRow(t *testing.T) {
	s := newScene(t, "vouchers", 5)
	path := newJournal(t, s.list)
	execute(t, path, "CREATE TRIGGER full BEFORE INSERT ON rows BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
	got, err := open(t, s.list, path).Run(t.Context(), s.client, batch.Options{})
	var incomplete *batch.IncompleteError
	if !errors.As(err, &incomplete) || !strings.Contains(err.Error(), "the disk is full") || got.Done+got.Unknown > 0 {
		t.Errorf("got %+v, %v, want that the journal fails", got, err)
	}
	if made, err := s.client.Vouchers.List(t.Context(), vingd.VoucherFilter{}); err != nil || len(made) > 0 {
		t.Errorf("there are %d vouchers, %v, want none", len(made), err)
	}
}

// A row whose result the journal cannot keep stays unknown. The next run settles it.
func TestRun_JournalFailsAfterRow(t *testing.T) {
	s := newScene(t, "rewards", 9)
	path := newJournal(t, s.list)
	execute(t, path, "CREATE TRIGGER full BEFORE UPDATE ON rows BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
	job := open(t, s.list, path)
	got, err := job.Run(t.Context(), s.client, batch.Options{})
	if !errors.Is(err, vingd.ErrOutcomeUnknown) || !strings.Contains(err.Error(), "the disk is full") || got.Done > 0 || got.Unknown == 0 || got.Unknown > 5 {
		t.Errorf("got %+v, %v, want rows in flight that are unknown", got, err)
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	execute(t, path, "DROP TRIGGER full")
	if got, err := open(t, s.list, path).Run(t.Context(), s.client, batch.Options{}); err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	s.assertOnce(s.list, s.before)
}

// A journal that cannot keep the account that it belongs to sends nothing.
func TestRun_JournalFailsToBind(t *testing.T) {
	s := newScene(t, "vouchers", 5)
	path := newJournal(t, s.list)
	execute(t, path, "CREATE TRIGGER full BEFORE UPDATE ON head BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
	got, err := open(t, s.list, path).Run(t.Context(), s.client, batch.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "batch: journal "+path+": ") || !strings.Contains(err.Error(), "the disk is full") || got.Done > 0 {
		t.Errorf("got %+v, %v, want that the journal fails", got, err)
	}
	if made, err := s.client.Vouchers.List(t.Context(), vingd.VoucherFilter{}); err != nil || len(made) > 0 {
		t.Errorf("there are %d vouchers, %v, want none", len(made), err)
	}
}

// A row that the broker has, and that the journal cannot keep, is not taken as done.
func TestRun_JournalFailsToAdopt(t *testing.T) {
	s := newScene(t, "vouchers", 5)
	if _, err := open(t, s.list, filepath.Join(t.TempDir(), "first")).Run(t.Context(), s.client, batch.Options{}); err != nil {
		t.Fatal(err)
	}
	path := newJournal(t, s.list)
	execute(t, path, "CREATE TRIGGER full BEFORE INSERT ON rows BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
	got, err := open(t, s.list, path).Run(t.Context(), s.client, batch.Options{Adopt: true})
	if err == nil || !strings.Contains(err.Error(), "journal "+path+": ") || !strings.Contains(err.Error(), "the disk is full") || got.Done > 0 {
		t.Errorf("got %+v, %v, want that the journal fails", got, err)
	}
	s.assertOnce(s.list, s.before)
}

// A journal that is closed while a run writes to it ends the run. The next run settles the rows in flight.
func TestRun_JournalClosed(t *testing.T) {
	s, path := newScene(t, "vouchers", 30), filepath.Join(t.TempDir(), "journal")
	job := open(t, s.list, path)
	var once sync.Once
	got, err := job.Run(t.Context(), s.client, batch.Options{Progress: func(batch.Progress) {
		once.Do(func() {
			if err := job.Close(); err != nil {
				t.Error(err)
			}
		})
	}})
	if err == nil || !strings.Contains(err.Error(), "closed") || got.Done != 1 {
		t.Errorf("got %+v, %v, want one row done, and an error", got, err)
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

// A journal that lost a part of it is refused, and so is a row that no run can have written.
func TestOpen_DamagedJournal(t *testing.T) {
	for name, statements := range map[string]string{
		"no rows":    "DROP TABLE rows",
		"no head":    "DROP TABLE head",
		"empty head": "DELETE FROM head; INSERT INTO rows VALUES (1, 3, 0, '', 1, '')",
		"row 0":      "INSERT INTO rows VALUES (0, 3, 0, '', 1, '')",
		"row 3":      "INSERT INTO rows VALUES (3, 3, 0, '', 1, '')",
		"low state":  "INSERT INTO rows VALUES (1, -1, 0, '', 1, '')",
		"high state": "INSERT INTO rows VALUES (1, 4, 0, '', 1, '')",
		"text":       "INSERT INTO rows VALUES (1, 'done', 0, '', 1, '')",
		"other mark": "PRAGMA application_id = 7",
	} {
		l := newVouchers(2)
		path := newJournal(t, l)
		execute(t, path, statements)
		job, err := l.open(t.Context(), path)
		if err == nil || !strings.HasPrefix(err.Error(), "batch: journal "+path+": ") || errors.Is(err, batch.ErrOtherPlan) || errors.Is(err, batch.ErrInUse) {
			t.Errorf("%s: got %v, want that the journal %s is damaged", name, err, path)
		}
		if err == nil {
			_ = job.Close()
		}
		if _, err := l.open(t.Context(), path); errors.Is(err, batch.ErrInUse) {
			t.Errorf("%s: a refused journal stays open", name)
		}
	}
	l := newVouchers(2)
	path := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	execute(t, path, "PRAGMA application_id = 7") // another program's file, without a table yet
	if _, err := l.open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "not a journal") {
		t.Errorf("got %v, want that the file is another program's", err)
	}
	path = newJournal(t, l)
	execute(t, path, "INSERT INTO rows VALUES (1, 3, 0, 'LXKG-TBR-HQV', 1, ''), (2, 2, 0, '', 0, 'why')")
	if got, want := open(t, l, path).Progress(), (batch.Progress{Rows: 2, Done: 1, Unknown: 1, Sum: 1_01, Given: 50}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
