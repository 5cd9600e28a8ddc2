//go:build unix && !solaris && !aix

package boltfile

import (
	"errors"
	"os"
	"syscall"
)

// unlock lets another process open a file of which the database has a part in memory. Closing the file does not.
func unlock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_UN) }

// Reset empties a file that was empty when Open failed, such as on a full disk. It leaves a whole database alone, and a file
// that another process has open.
func Reset(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the caller's own choice of a file
	if err != nil {
		return err
	}
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		if info, statErr := file.Stat(); statErr == nil && info.Size() < int64(newPages*os.Getpagesize()) {
			err = file.Truncate(0)
		}
	}
	return errors.Join(err, file.Close())
}
