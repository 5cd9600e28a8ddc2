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

// errLogGone is returned while a database has to be opened anew, since its log was deleted or replaced.
var errLogGone = errors.New("was deleted or replaced while the sandbox runs")

// A place is the path of a database. It knows the data file that SQLite opened there, and the files of the log beside it.
type place struct {
	path string
	file os.FileInfo
	logs []os.FileInfo // or nil while SQLite has none open
}

func placeOf(path string) (*place, error) {
	file, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &place{path, file, nil}, nil
}

// logsOf returns the paths of the log of a data file and of the log's index, which SQLite keeps beside the file.
func logsOf(path string) []string { return []string{path + "-wal", path + "-shm"} }

// remember notes the log that SQLite has just opened.
func (p *place) remember() {
	p.logs = nil
	var logs []os.FileInfo
	for _, path := range logsOf(p.path) {
		log, err := os.Stat(path)
		if err != nil {
			return // it is gone already
		}
		logs = append(logs, log)
	}
	p.logs = logs
}

// check returns ErrMoved unless the file is at its place, and errLogGone unless its log is. A database in memory has no place.
func (p *place) check() error {
	if p == nil {
		return nil
	}
	now, err := os.Stat(p.path)
	if err == nil && os.SameFile(p.file, now) {
		return p.checkLogs()
	}
	moved := fmt.Errorf("data file %s %w: move it back to go on, or start the sandbox again to use the file that is there now",
		filepath.Base(p.path), ErrMoved)
	return errors.Join(moved, ignore(err, fs.ErrNotExist))
}

func (p *place) checkLogs() error {
	gone := fmt.Errorf("log of data file %s %w", filepath.Base(p.path), errLogGone)
	if p.logs == nil {
		return gone
	}
	for i, path := range logsOf(p.path) {
		if now, err := os.Stat(path); err != nil || !os.SameFile(p.logs[i], now) {
			return gone
		}
	}
	return nil
}

// removeLogs removes the files at the place of the log, and forgets the log.
func (p *place) removeLogs() (err error) {
	p.logs = nil
	for _, path := range logsOf(p.path) {
		err = errors.Join(err, ignore(os.Remove(path), fs.ErrNotExist))
	}
	return err
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
