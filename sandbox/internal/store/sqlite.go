package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// Parts of a database's address. Each connection begins with its pragmas.
const (
	foreignKeys = "_pragma=foreign_keys(1)"
	// A transaction that will write takes the right to at once: two that had read the same could not both.
	immediate = "_txlock=immediate"
	// A reader waits for a database that another process recovers or closes.
	patient = "_pragma=busy_timeout(5000)"
	// Readers see the database as it was when they began, and keep no writer waiting.
	journaled = "_pragma=journal_mode(WAL)"
	// A commit is on the disk before it is acknowledged.
	durable = "_pragma=synchronous(FULL)"
	// 32 MiB of pages are kept in memory.
	cached = "_pragma=cache_size(-32768)"
	// A connection changes nothing.
	queryOnly = "_pragma=query_only(1)"
)

// memory is the address of a new database in memory. Each connection to it has a database of its own.
const memory = "file::memory:?" + foreignKeys + "&" + immediate

// address returns the address of the database in a file.
func address(path string, parts ...string) string {
	slashed := "/" + strings.TrimPrefix(filepath.ToSlash(path), "/")
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: strings.Join(parts, "&")}
	return u.String()
}

// resolve returns the one path that a file goes by, whether it exists or not.
func resolve(path string) (string, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(whole); err == nil {
		return real, nil
	}
	return whole, nil
}

// create creates a data file, unless there is one with something in it. Only the user may read it: it will hold hashed
// passwords. The file appears with all its tables or not at all.
func create(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if err == nil && (info.Size() > 0 || !info.Mode().IsRegular()) {
		return nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	fresh := path + "-new"
	// What a process left that was killed, or whose data file was deleted: SQLite would take a log for that of the new file.
	for _, left := range []string{fresh, fresh + "-journal", path + "-journal", path + "-wal", path + "-shm"} {
		if err := ignore(os.Remove(left), os.ErrNotExist); err != nil {
			return err
		}
	}
	if err := touch(fresh); err != nil {
		return err
	}
	pool, err := sql.Open("sqlite", address(fresh, immediate, durable))
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err == nil {
		err = errors.Join(build(ctx, conn), conn.Close())
	}
	if err := errors.Join(err, pool.Close()); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return os.Rename(fresh, path)
}
