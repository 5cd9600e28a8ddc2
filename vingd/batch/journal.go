package batch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/vingd/vingd-api-go/vingd"
)

// A journal is a file that keeps the state of each row that was sent. A write is on the disk when it returns. Only one
// process at a time has the file open; the system closes it for a process that is killed.
type journal struct {
	db   *sql.DB
	head head
}

// A head says what a journal belongs to.
type head struct {
	kind    kind
	digest  string
	rows    int
	account string // empty before the first run
}

// application marks the file as a journal of this package, with the tables and the references of today: "vba2".
const application = 0x76626132

const (
	createTables = `
		CREATE TABLE head (kind TEXT NOT NULL, digest TEXT NOT NULL, rows INTEGER NOT NULL, account TEXT NOT NULL);
		CREATE TABLE rows (number INTEGER PRIMARY KEY, state INTEGER NOT NULL, sent INTEGER NOT NULL,
			code TEXT NOT NULL, transfer INTEGER NOT NULL, problem TEXT NOT NULL)`
	selectHead = "SELECT kind, digest, rows, account FROM head"
	insertHead = "INSERT INTO head (kind, digest, rows, account) VALUES ($1, $2, $3, '')"
	deleteHead = "DELETE FROM head"
	countRows  = "SELECT COUNT(*) FROM rows"
	updateHead = "UPDATE head SET account = $1"
	selectRows = "SELECT number, state, sent, code, transfer, problem FROM rows"
	upsertRow  = `INSERT INTO rows (number, state, sent, code, transfer, problem) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO UPDATE SET state = $2, sent = $3, code = $4, transfer = $5, problem = $6`
)

// openJournal opens the journal of a plan in a file, which it creates if it is missing.
func openJournal(ctx context.Context, path string, p *plan) (*journal, error) {
	created, err := createPrivate(path)
	if err != nil {
		return nil, err
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	slashed := "/" + strings.TrimPrefix(filepath.ToSlash(whole), "/")
	// A write-ahead log would be a second file with rows in it, which is left behind when the journal of a killed run is moved.
	pragmas := url.Values{"_pragma": {"locking_mode(EXCLUSIVE)", "journal_mode(DELETE)", "synchronous(FULL)"}, "_txlock": {"exclusive"}, "mode": {"rw"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: slashed, RawQuery: pragmas.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // one connection holds the lock
	j := &journal{db: db}
	err = j.begin(ctx, p)
	if locked, statErr := os.Stat(path); statErr != nil || !os.SameFile(created, locked) {
		err = ErrInUse // until now: its run has removed it
	}
	if err != nil {
		return nil, errors.Join(plain(err), db.Close())
	}
	return j, nil
}

// createPrivate creates a missing file, so that its owner alone may read it. It refuses a file that others may read: the
// codes in it are money.
func createPrivate(path string) (os.FileInfo, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the caller's own choice of a file
	if err == nil {
		if err := errors.Join(file.Close(), syncDirectory(path)); err != nil {
			return nil, err
		}
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("must be a regular file")
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("its mode is %v, must be 0600: others must not read it", info.Mode().Perm())
	}
	return info, nil
}

// syncDirectory makes the name of a new file as durable as its content.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// begin reads the head of the journal, or writes that of a new one.
func (j *journal) begin(ctx context.Context, p *plan) error {
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var mark, tables int
	if err := tx.QueryRowContext(ctx, "PRAGMA application_id").Scan(&mark); err != nil {
		return err
	}
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_master").Scan(&tables); err != nil {
		return err
	}
	switch {
	case mark != application && (mark != 0 || tables > 0):
		return errNoJournal
	case mark == 0:
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d;", application)+createTables); err != nil {
			return err
		}
	}
	var sent int
	if err := tx.QueryRowContext(ctx, countRows).Scan(&sent); err != nil {
		return err
	}
	if sent == 0 { // then the plan may change, and so may the account
		if _, err := tx.ExecContext(ctx, deleteHead); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, insertHead, p.kind, p.digest, len(p.rows)); err != nil {
			return err
		}
	}
	h := &j.head
	if err := tx.QueryRowContext(ctx, selectHead).Scan(&h.kind, &h.digest, &h.rows, &h.account); err != nil {
		return err
	}
	if h.kind != p.kind || h.digest != p.digest || h.rows != len(p.rows) {
		return fmt.Errorf("%w: it has %d %s", ErrOtherPlan, h.rows, h.kind)
	}
	return tx.Commit()
}

// load reads the rows into a plan's.
func (j *journal) load(ctx context.Context, rows []Row) error {
	found, err := j.db.QueryContext(ctx, selectRows)
	if err != nil {
		return err
	}
	defer found.Close() //nolint:errcheck // Err has it
	for found.Next() {
		var r Row
		var sent int64
		if err := found.Scan(&r.Number, &r.State, &sent, &r.Code, &r.Transfer, &r.Problem); err != nil {
			return err
		}
		if r.Number < 1 || r.Number > len(rows) || r.State < Pending || r.State > Done {
			return errNoJournal
		}
		at := &rows[r.Number-1]
		at.State, at.Sent, at.Code, at.Transfer, at.Problem = r.State, time.UnixMicro(sent), r.Code, r.Transfer, r.Problem
	}
	return found.Err()
}

// save writes rows. The context does not end it: what is known must not be lost.
func (j *journal) save(ctx context.Context, rows ...Row) error {
	ctx = context.WithoutCancel(ctx)
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, r := range rows {
		if _, err := tx.ExecContext(ctx, upsertRow, r.Number, r.State, r.Sent.UnixMicro(), r.Code, int64(r.Transfer), r.Problem); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// bind writes whose account the journal is of.
func (j *journal) bind(ctx context.Context, account string) error {
	if _, err := j.db.ExecContext(ctx, updateHead, account); err != nil {
		return err
	}
	j.head.account = account
	return nil
}

// plain names what the database's error means here.
func plain(err error) error {
	var failed *sqlite.Error
	if errors.As(err, &failed) {
		switch failed.Code() & 0xff { // the rest is detail
		case sqlite3.SQLITE_BUSY:
			return ErrInUse
		case sqlite3.SQLITE_NOTADB:
			return errNoJournal
		}
	}
	return err
}

var errNoJournal = errors.New("the file is not a journal of package batch")

// identity is what tells an account from all others, on any broker.
func identity(p *vingd.Profile) string {
	return fmt.Sprintf("%d %q %s", p.UID, p.Username, p.Created.UTC().Format(time.RFC3339Nano))
}
