// Package boltfile keeps a database in one file, which only one process at a time has open. A damaged file is an error,
// and not a panic.
package boltfile

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// A File is an open database. A change is on the disk when Update returns.
type File struct {
	db      *bolt.DB
	file    *os.File // of db
	damaged error    // wrapped by the error of a panic

	size     atomic.Int64 // of the file, in bytes, when it was longest; noSize after it was cut off
	changing sync.Mutex   // held while db changes
	damage   error        // by which a change has panicked; guarded by changing
}

const noSize = math.MaxInt64

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
	if err := f.whole(); err != nil {
		return nil, errors.Join(err, f.Close())
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
	return f.guard(func() error {
		if err := f.whole(); err != nil {
			return err
		}
		begun := false
		defer func() {
			if !begun {
				f.unlockBegin()
			}
		}()
		err := f.db.View(func(tx *bolt.Tx) error {
			begun = true
			return read(tx)
		})
		begun = true // or refused, without a panic
		return err
	})
}

// unlockBegin releases the locks that the database leaves held if the begin of a read panics. One is on the heads of the file,
// one on its part in memory. Every later call would wait for them. So would a change that is being written, and Close.
func (f *File) unlockBegin() {
	db := reflect.ValueOf(f.db).Elem()
	(*sync.RWMutex)(db.FieldByName("mmaplock").Addr().UnsafePointer()).RUnlock()
	(*sync.Mutex)(db.FieldByName("metalock").Addr().UnsafePointer()).Unlock()
}

// whole returns an error if the file has been shorter than before. The database never makes it shorter.
func (f *File) whole() error {
	longest := f.size.Load()
	info, err := f.file.Stat()
	if err == nil && info.Size() < longest {
		f.size.Store(noSize) // a change could make it as long as before
		return fmt.Errorf("%w (it was cut off while it was open)", f.damaged)
	}
	if err == nil {
		f.size.CompareAndSwap(longest, info.Size())
	}
	return nil
}

// Update changes the database. A panic may leave the database locked, so that no later change is begun.
func (f *File) Update(change func(*bolt.Tx) error) error {
	f.changing.Lock()
	defer f.changing.Unlock()
	if f.damage != nil {
		return f.damage
	}
	if err := f.whole(); err != nil {
		return err
	}
	panics := true
	err := f.guard(func() error {
		err := f.db.Update(change)
		panics = false
		return err
	})
	switch {
	case panics:
		f.damage = err
	case err == nil:
		err = f.whole() // it may be longer
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
