package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// errLogReplaced is returned to a reader that may have missed the newest rows.
var errLogReplaced = errors.New("its log was deleted or replaced while the file was read: try again")

// reading runs f, which reads the data file at path. If the file's log goes while f runs, f may see a part of the newest rows, and
// take them for damage. Then reading returns an error that says so, and not what f has found.
func reading(path string, f func(context.Context) error) error {
	ctx := context.Background()
	// While the log is open here, no other file has its inode.
	log, err := os.Open(logsOf(path)[0])
	if ignore(err, fs.ErrNotExist) != nil {
		return err
	}
	if err == nil {
		defer log.Close() //nolint:errcheck // it was not written
	}
	if err := identify(ctx, path); err != nil {
		return err
	}
	found := f(ctx)
	if err := checkPath(path); err != nil {
		return err
	}
	if found != nil && isReplaced(log, path) {
		return errLogReplaced
	}
	return found
}

// isReplaced reports whether a data file has no longer the log that is open.
func isReplaced(log *os.File, path string) bool {
	now, err := os.Stat(logsOf(path)[0])
	if log == nil || err != nil {
		return (log == nil) != (err != nil)
	}
	before, err := log.Stat()
	return err != nil || !os.SameFile(before, now)
}
