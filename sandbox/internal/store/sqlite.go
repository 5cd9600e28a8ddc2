package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// Parts of a database's address. SQLite runs the pragmas on each new connection.
const (
	foreignKeys = "_pragma=foreign_keys(1)"
	// A transaction takes the write lock when it begins. Otherwise one of two that have read the same rows could not write.
	immediate = "_txlock=immediate"
	// A reader waits while another process recovers or closes the database.
	patient = "_pragma=busy_timeout(5000)"
	// A reader sees the database as of the beginning of its transaction. It blocks no writer.
	journaled = "_pragma=journal_mode(WAL)"
	// A commit returns after the disk has stored it.
	durable = "_pragma=synchronous(FULL)"
	// The cache holds 32 MiB of pages.
	cached = "_pragma=cache_size(-32768)"
	// SQLite keeps no journal beside the file, which never changes.
	unjournaled = "_pragma=journal_mode(MEMORY)"
	// SQLite opens the file, and does not create one.
	existing = "mode=rw"
	// The connection may only read.
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

// mostLinks is how many symbolic links in a row may lead to a file that does not exist.
const mostLinks = 40

// resolve returns the absolute path of a file, without symbolic links, whether the file exists or not.
func resolve(path string) (string, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for range mostLinks {
		if real, err := filepath.EvalSymlinks(whole); err == nil {
			return real, nil
		}
		if dir, err := filepath.EvalSymlinks(filepath.Dir(whole)); err == nil {
			whole = filepath.Join(dir, filepath.Base(whole))
		}
		target, err := os.Readlink(whole)
		if err != nil {
			return whole, nil //nolint:nilerr // it is no link
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(whole), target)
		}
		whole = target
	}
	return "", fmt.Errorf("%s: must not be a symbolic link to itself", path)
}

// create creates a data file, unless there is one that is not empty. Only the user may read the file: it will hold hashed
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
	// A killed process leaves such files, and so does one whose data file was deleted. SQLite would apply an old log to the
	// new file.
	for _, left := range []string{fresh, fresh + "-journal", path + "-journal", path + "-wal", path + "-shm"} {
		if err := ignore(os.Remove(left), os.ErrNotExist); err != nil {
			return err
		}
	}
	if err := touch(fresh); err != nil {
		return err
	}
	c, err := connect(ctx, address(fresh, immediate, durable))
	if err == nil {
		err = errors.Join(build(ctx, c.Conn), c.close())
	}
	if err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return os.Rename(fresh, path)
}
