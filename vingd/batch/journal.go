package batch

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/vingd/vingd-api-go/internal/boltfile"
	"github.com/vingd/vingd-api-go/vingd"
)

// A journal is a file that keeps the state of each row that was sent. A write is on the disk when it returns. Only one
// process at a time has the file open; the system closes it for a process that is killed. There is no second file.
type journal struct {
	db      *boltfile.File
	file    *os.File // of db
	account string   // the owner; empty before the first run
}

// The buckets of the file: the head under its key, and the rows by their numbers. A format that differs gets other names.
var (
	bucketHead = []byte("vingd batch 3")
	bucketRows = []byte("vingd batch 3 rows")
	keyHead    = []byte("head")
)

var (
	errNoJournal = errors.New("the file is not a journal of package batch")
	errOlder     = errors.New("the file is not a journal, or is one of an earlier version: finish the plan with the version that wrote it")
	errDamaged   = errors.New("the file is damaged")
	errUnchanged = errors.New("unchanged") // rolls back a transaction
)

// firstChange is the first transaction of a new file.
const firstChange = 2

// openJournal opens the journal of a plan in a file, which it creates if it is missing.
func openJournal(ctx context.Context, path string, p *plan) (*journal, error) {
	found, err := createPrivate(path)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	j := &journal{}
	if j.db, err = boltfile.Open(path, time.Nanosecond, errDamaged, j.open); err != nil { // it does not wait
		if found.Size() == 0 && !errors.Is(err, boltfile.ErrInUse) {
			err = errors.Join(err, boltfile.Reset(path))
		}
		return nil, plain(err)
	}
	err = j.begin(p)
	if now, statErr := os.Stat(path); statErr != nil || !os.SameFile(found, now) {
		err = ErrJournalInUse // until now: its run has removed it
	}
	if err != nil {
		return nil, errors.Join(plain(err), j.close())
	}
	return j, nil
}

// createPrivate creates a missing file, so that its owner alone may read it. It refuses a file that others may read: the
// codes in it are money.
func createPrivate(path string) (os.FileInfo, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the caller's own choice of a file
	if err == nil {
		if err := errors.Join(file.Close(), boltfile.SyncDirectory(path)); err != nil {
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

// open opens the file for the database. It creates none.
func (j *journal) open(path string, flag int, mode os.FileMode) (*os.File, error) {
	file, err := os.OpenFile(path, flag&^os.O_CREATE, mode) //nolint:gosec // the caller's own choice of a file
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			err = ErrJournalInUse // until now: its run has removed it
		}
		return nil, err
	}
	start := make([]byte, 16)
	if _, err := file.ReadAt(start, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, file.Close())
	}
	if string(start) == "SQLite format 3\x00" {
		return nil, errors.Join(errOlder, file.Close())
	}
	j.file = file
	return file, nil
}

// begin reads the head of the journal, or writes that of a new one.
func (j *journal) begin(p *plan) error {
	if err := j.db.Check(); err != nil {
		return err
	}
	fresh := head{Kind: p.kind, Digest: p.digest, Rows: len(p.rows)}
	return changed(j.db.Update(func(tx *bolt.Tx) error {
		if tx.ID() == firstChange {
			return errors.Join(create(tx, bucketHead), create(tx, bucketRows), fresh.write(tx))
		}
		h, err := readHead(tx)
		if err != nil {
			return err
		}
		own := fresh
		own.Account, own.Sum = h.Account, h.Sum
		switch sent, _ := tx.Bucket(bucketRows).Cursor().First(); {
		case sent == nil && h.Sum != 0:
			return fmt.Errorf("%w (it has no row)", errDamaged)
		case sent == nil && *h != fresh: // the plan may change, and so may the account
			return fresh.write(tx)
		case *h != own:
			return fmt.Errorf("%w: it has %d %s", ErrOtherPlan, h.Rows, h.Kind)
		}
		j.account = h.Account
		return errUnchanged
	}))
}

func create(tx *bolt.Tx, bucket []byte) error {
	_, err := tx.CreateBucket(bucket)
	return err
}

// save writes rows.
func (j *journal) save(rows ...Row) error {
	if len(rows) == 0 {
		return nil
	}
	return plain(j.db.Update(func(tx *bolt.Tx) error {
		h, err := readHead(tx)
		if err != nil {
			return err
		}
		bucket := tx.Bucket(bucketRows)
		for _, r := range rows {
			key := binary.BigEndian.AppendUint64(nil, uint64(r.Number))
			value, err := seal(key, record{State: r.State, Sent: r.Sent.UnixMicro(), Code: r.Code, Transfer: r.Transfer, Problem: r.Problem, Taken: r.taken})
			if err != nil {
				return err
			}
			h.Sum += sealOf(value) - sealOf(bucket.Get(key))
			if err := bucket.Put(key, value); err != nil {
				return err
			}
		}
		return h.write(tx)
	}))
}

// bind writes whose account the journal is of.
func (j *journal) bind(account string) error {
	err := plain(j.db.Update(func(tx *bolt.Tx) error {
		h, err := readHead(tx)
		if err != nil {
			return err
		}
		h.Account = account
		return h.write(tx)
	}))
	if err == nil {
		j.account = account
	}
	return err
}

func (j *journal) close() error { return j.db.Close() }

// changed returns the error of a transaction, unless it is that nothing changed.
func changed(err error) error {
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// plain names what the database's error means here.
func plain(err error) error {
	switch {
	case errors.Is(err, boltfile.ErrInUse):
		return ErrJournalInUse
	case errors.Is(err, berrors.ErrInvalid):
		return errNoJournal
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return os.ErrClosed
	}
	return err
}

// identity is what tells an account from all others, on any broker.
func identity(p *vingd.Profile) string {
	return fmt.Sprintf("%d %q %s", p.UID, p.Username, p.Created.UTC().Format(time.RFC3339Nano))
}
