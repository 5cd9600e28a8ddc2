package store

import (
	"errors"
	"os"
	"slices"
	"sync"
	"syscall"
)

// A claim is a lock on a data file itself. It keeps sandboxes away that know the file by another path, such as in another
// container or after a rename.
type claim struct{ file *os.File }

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
	// lockedByte is a byte that SQLite never locks, so that other programs can read the file.
	lockedByte = 1 << 62
)

// claimFile locks the data file at path, or returns [ErrInUse]. On a file system without such locks, it locks nothing.
func claimFile(path string) (*claim, error) {
	claims.Lock()
	defer claims.Unlock()
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	for _, other := range claims.open {
		if held, err := other.file.Stat(); err == nil && os.SameFile(held, info) {
			return nil, ErrInUse
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the caller chooses the file
	if err != nil {
		return nil, err
	}
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: lockedByte, Len: 1}
	err = syscall.FcntlFlock(file.Fd(), setLock, &lock)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return nil, errors.Join(ErrInUse, file.Close())
	}
	c := &claim{file}
	claims.open = append(claims.open, c)
	return c, nil
}

// release ends the lock. SQLite must have closed the file before.
func (c *claim) release() error {
	claims.Lock()
	defer claims.Unlock()
	claims.open = slices.DeleteFunc(claims.open, func(other *claim) bool { return other == c })
	return c.file.Close()
}
