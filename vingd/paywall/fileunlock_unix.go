//go:build unix && !solaris && !aix

package paywall

import (
	"os"
	"syscall"
)

// unlock lets another process open a file of which the database has a part in memory. Closing the file does not.
func unlock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_UN) }
