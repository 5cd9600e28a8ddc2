// Package boltfile keeps a database in one file, which only one process at a time has open. A damaged file is an error,
// and not a panic.
package boltfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// A File is an open database. A change is on the disk when Update returns.
type File struct {
	db      *bolt.DB
	file    *os.File // of db
	damaged error    // wrapped by the error of a panic

	changing sync.Mutex // held while db changes
	damage   error      // by which a change has panicked; guarded by changing
}

// newPages is how many pages a new database has.
const newPages = 4

// ErrInUse is returned by [Open] if another process has the file open, or this one.
var ErrInUse = errors.New("the file is in use")

// Open opens the file that a function opens, and waits for a time until nothing else has it open. An empty file becomes an
// empty database. A panic of the database is returned as an error that wraps damaged.
func Open(path string, wait time.Duration, damaged error, open func(path string, flag int, mode os.FileMode) (*os.File, error)) (*File, error) {
	f := &File{damaged: damaged}
	returned := false
	err := f.guard(func() (err error) {
		f.db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout: wait, FreelistType: bolt.FreelistMapType,
			OpenFile: func(path string, flag int, mode os.FileMode) (file *os.File, err error) {
				f.file, err = open(path, flag, mode)
				return f.file, err
			},
		})
		returned = true
		if errors.Is(err, berrors.ErrTimeout) {
			return ErrInUse
		}
		return err
	})
	if err != nil {
		if !returned && f.file != nil {
			err = errors.Join(err, unlock(f.file), f.file.Close())
		}
		return nil, err
	}
	return f, nil
}

// SyncDirectory makes the name of a new file durable. Windows cannot open a folder for that, and does it itself.
func SyncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// Close closes the file. It waits for a change.
func (f *File) Close() error {
	f.changing.Lock()
	defer f.changing.Unlock()
	if f.damage != nil { // the database would wait for its own lock
		return errors.Join(unlock(f.file), f.file.Close())
	}
	return f.guard(f.db.Close)
}

// View reads the database.
func (f *File) View(read func(*bolt.Tx) error) error {
	return f.guard(func() error { return f.db.View(read) })
}

// Update changes the database. A panic may leave the database locked, so that no later change is begun.
func (f *File) Update(change func(*bolt.Tx) error) error {
	f.changing.Lock()
	defer f.changing.Unlock()
	if f.damage != nil {
		return f.damage
	}
	panics := true
	err := f.guard(func() error {
		err := f.db.Update(change)
		panics = false
		return err
	})
	if panics {
		f.damage = err
	}
	return err
}

// guard runs a function of the database, which panics on a damaged file, or faults where the file is cut off.
func (f *File) guard(run func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w (%v)", f.damaged, cause)
		}
	}()
	return run()
}
