package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	_ "modernc.org/sqlite" // the driver
)

// connect returns a pool of connections to the database in a file, or for an empty path to one in memory.
func connect(path string) (*sql.DB, error) {
	if path == "" {
		return sql.Open("sqlite", address(&url.URL{Scheme: "file", Opaque: ":memory:"}, "foreign_keys(1)"))
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := create(whole); err != nil {
		return nil, err
	}
	slashed := "/" + strings.TrimPrefix(filepath.ToSlash(whole), "/")
	return sql.Open("sqlite", address(&url.URL{Scheme: "file", Path: slashed},
		"foreign_keys(1)",
		"busy_timeout(5000)", // while another process checks the same file
		"journal_mode(WAL)",
		"synchronous(FULL)", // a commit is on the disk before it is acknowledged
	))
}

// creating is held while a file is created, so that no connection of this process has it open before it is closed.
var creating sync.Mutex

// create creates an empty file that only the user may read: it will hold hashed passwords. A file that exists is not opened:
// closing it would cancel every lock that SQLite, in this process, has on it.
func create(path string) error {
	creating.Lock()
	defer creating.Unlock()
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the caller's own choice of a file
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// address adds to u what each connection begins with. A transaction takes the right to write at once, and not when it
// first writes: two that had read the same could not both.
func address(u *url.URL, pragmas ...string) string {
	u.RawQuery = url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}.Encode()
	return u.String()
}

// tables returns the number of tables that the database has.
func tables(ctx context.Context, tx *sql.Tx) (n int, err error) {
	err = tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'").Scan(&n)
	return n, err
}

// selectTablesYoungestFirst names the tables so that each comes before those that it refers to.
const selectTablesYoungestFirst = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid DESC"
