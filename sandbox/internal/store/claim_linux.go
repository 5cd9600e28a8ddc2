package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// A claim is a lock on a data file itself. It keeps sandboxes away that know the file by another path, such as in another
// container or after a rename. A second lock tells readers by which path SQLite has the file open.
type claim struct {
	file *os.File
	name int64
}

// claims are the open claims of this process. To close a second descriptor of a file would cancel the locks that SQLite has on
// it in this process.
var claims struct {
	sync.Mutex

	open []*claim
}

const (
	// setLock is F_OFD_SETLK of fcntl. Such a lock belongs to the descriptor: SQLite, which opens and closes the file, does not
	// cancel it.
	setLock = 37
	// getLock is F_OFD_GETLK of fcntl.
	getLock = 36
	// lockedByte is a byte that SQLite never locks, so that other programs can read the file. The bytes after it stand for names.
	lockedByte = 1 << 62
)

// errOtherPath is returned to readers of a file whose log SQLite keeps beside another path.
var errOtherPath = fmt.Errorf("%w under another path, such as before a rename: SQLite keeps its newest content beside that path", ErrInUse)

// claimFile locks the data file at path, or returns [ErrInUse]. On a file system without such locks, it locks nothing.
func claimFile(path string) (*claim, error) {
	claims.Lock()
	defer claims.Unlock()
	name, err := nameOf(path)
	if err != nil {
		return nil, err
	}
	if other, err := claimOf(path); other != nil || err != nil {
		return nil, errors.Join(err, ErrInUse)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the caller chooses the file
	if err != nil {
		return nil, err
	}
	_, err = lockByte(file, setLock, lockedByte)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return nil, errors.Join(ErrInUse, file.Close())
	}
	lockByte(file, setLock, name) //nolint:errcheck // as above
	c := &claim{file, name}
	claims.open = append(claims.open, c)
	return c, nil
}

// checkPath returns an error if a sandbox has the data file at path open by another path. Its log is not beside path then, and
// a reader would miss what is in the log.
func checkPath(path string) error {
	claims.Lock()
	defer claims.Unlock()
	name, err := nameOf(path)
	if err != nil {
		return err
	}
	held, err := claimOf(path)
	if err != nil || held != nil && held.name == name {
		return err
	}
	if held != nil {
		return errOtherPath
	}
	file, err := os.Open(path) //nolint:gosec // the caller chooses the file
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	if used, err := lockByte(file, getLock, lockedByte); err != nil || !used {
		return nil // or the file system has no such locks
	}
	if same, err := lockByte(file, getLock, name); err != nil || same {
		return nil
	}
	if used, err := lockByte(file, getLock, lockedByte); err != nil || !used {
		return nil // the sandbox has closed the file since
	}
	return errOtherPath
}

// claimOf returns the claim of this process on the file at path, or nil. Its caller holds claims.
func claimOf(path string) (*claim, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	for _, c := range claims.open {
		if held, err := c.file.Stat(); err == nil && os.SameFile(held, info) {
			return c, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
}

// lockByte locks a byte of a file, or reports whether another descriptor has locked it.
func lockByte(file *os.File, command int, at int64) (locked bool, err error) {
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: at, Len: 1}
	err = syscall.FcntlFlock(file.Fd(), command, &lock)
	return lock.Type != syscall.F_UNLCK, err
}

// nameOf returns the byte that stands for the name of a file in its directory. Another container may have another path to the
// directory.
func nameOf(path string) (int64, error) {
	info, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, errors.New("the file system has no inodes")
	}
	hash := fnv.New64a()
	binary.Write(hash, binary.NativeEndian, []uint64{uint64(stat.Dev), stat.Ino}) //nolint:errcheck,unconvert // a hash takes everything, and Dev has 32 bits elsewhere
	hash.Write([]byte(filepath.Base(path)))
	return lockedByte + 1 + int64(hash.Sum64()>>3), nil
}

// release ends the locks. SQLite must have closed the file before.
func (c *claim) release() error {
	claims.Lock()
	defer claims.Unlock()
	claims.open = slices.DeleteFunc(claims.open, func(other *claim) bool { return other == c })
	return c.file.Close()
}
