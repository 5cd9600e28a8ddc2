package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrMoved is returned while the open file is not at the path of its database. SQLite keeps the newest rows in a log beside the
// path: a connection that was opened now would put them into the wrong file.
var ErrMoved = errors.New("was replaced or renamed while the sandbox runs")

// A place is a path and the data file that was there when a database was opened.
type place struct {
	path string
	file os.FileInfo
}

func placeOf(path string) (*place, error) {
	file, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &place{path, file}, nil
}

// check returns ErrMoved unless the file is at its place. A database in memory has no place.
func (p *place) check() error {
	if p == nil {
		return nil
	}
	now, err := os.Stat(p.path)
	if err == nil && os.SameFile(p.file, now) {
		return nil
	}
	moved := fmt.Errorf("data file %s %w: move it back to go on, or start the sandbox again to use the file that is there now",
		filepath.Base(p.path), ErrMoved)
	return errors.Join(moved, ignore(err, fs.ErrNotExist))
}

// checkpoint puts all rows of the log into the open file, wherever the file is, and empties the log. The log could otherwise be
// taken for that of another file at the path.
func (c *connection) checkpoint() error {
	var busy, pages, done int
	err := c.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &done)
	if err == nil && busy != 0 {
		err = errors.New("the log is in use: the newest rows are not in the file")
	}
	return err
}
