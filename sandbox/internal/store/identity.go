package store

import (
	"context"
	"errors"
	"fmt"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// identify returns an error unless the file at path is a data file that this program can use. It changes nothing.
func identify(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular() || info.Size() == 0:
		return errors.New("is not a file with content, must be a data file of a sandbox")
	case links(info) > 1:
		return fmt.Errorf("has %d names (hard links), must have one: SQLite keeps a log of its own for each", links(info))
	}
	if err := checkPath(path); err != nil {
		return err
	}
	c, err := connect(ctx, address(path, "mode=ro", patient))
	if err != nil {
		return unreadable(err)
	}
	var id, found, old int
	err = c.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
		(SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name IN ('schema_version', 'voucher_log'))`).Scan(&id, &found, &old)
	if err := errors.Join(err, c.close()); err != nil {
		return unreadable(err)
	}
	switch {
	case id == 0 && old == 2:
		return errors.New("is a data file of an older sandbox, which this one cannot read: start the sandbox with another file")
	case id != applicationID:
		return errors.New("is not a data file of a sandbox: a copy of one is made by vingd sandbox save, not by cp")
	case found != version:
		return fmt.Errorf("is a data file of version %d, and this sandbox reads version %d: start the sandbox with another file", found, version)
	}
	return nil
}

// unreadable says why SQLite cannot read a file.
func unreadable(err error) error {
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return err
	}
	switch failed.Code() & 0xff {
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("cannot be opened, must be where SQLite can write beside it, such as in a copy: %w", err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR:
		return fmt.Errorf("cannot be read: %w", err)
	default:
		return fmt.Errorf("is not a data file of a sandbox: %w", err)
	}
}
