package store

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrInUse is returned for a data file that another sandbox has open.
var ErrInUse = errors.New("is in use by another sandbox")

// An owner keeps other sandboxes, of this process or of another, from opening a data file. It holds a lock of SQLite's on an
// empty file beside the data file. The lock ends with the process.
type owner struct {
	path string      // of the lock file
	file os.FileInfo // the lock file
	conn *connection
}

// own returns the owner of the data file at path, or ErrInUse.
func own(ctx context.Context, path string) (*owner, error) {
	for {
		o, err := lock(ctx, path+"-lock")
		if o != nil || err != nil {
			return o, err
		}
	}
}

// lock returns the owner of a lock file, which it creates if there is none. It returns nil if another owner has removed the
// file since lock found it: a lock on a removed file keeps no other process away.
func lock(ctx context.Context, path string) (*owner, error) {
	if err := touch(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	before, err := os.Stat(path)
	if err != nil {
		return nil, ignore(err, fs.ErrNotExist)
	}
	conn, err := connect(ctx, address(path, unjournaled))
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		if busy := (*sqlite.Error)(nil); errors.As(err, &busy) && busy.Code()&0xff == sqlite3.SQLITE_BUSY {
			err = ErrInUse
		}
		return nil, errors.Join(err, conn.close())
	}
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) {
		return nil, errors.Join(ignore(err, fs.ErrNotExist), conn.close())
	}
	return &owner{path, before, conn}, nil
}

// release removes the lock file and ends the lock. The data file can then be copied or opened. If the directory was renamed, the
// lock file stays there: another owner's may be at the path.
func (o *owner) release() error {
	now, err := os.Stat(o.path)
	if err == nil && os.SameFile(o.file, now) {
		err = os.Remove(o.path) // before the lock ends, so that it is not the file of another owner
	}
	return errors.Join(ignore(err, fs.ErrNotExist), o.conn.close())
}

// touch creates an empty file that only the user may read. It does not open a file that exists: closing a file cancels every
// lock that SQLite has on it in the same process.
func touch(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the caller chooses the file
	if err != nil {
		return err
	}
	return file.Close()
}

func ignore(err, kind error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return err
}
