package store

import (
	"os"
	"time"
)

// hasOtherLog reports whether a sandbox has a data file open with another log than that beside path now. A sandbox locks the byte of
// its log before loggedByte. While it begins or ends, the log changes and the lock follows. So hasOtherLog looks for a while.
func hasOtherLog(file *os.File, path string) bool {
	for range 40 {
		if !isLocked(file, loggedByte) || isLocked(file, logByteOf(path)) || !isLocked(file, loggedByte) {
			return false
		}
		<-time.After(5 * time.Millisecond)
	}
	return true
}
