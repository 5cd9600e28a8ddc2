package store

import "os"

// hasOtherLog reports whether a sandbox has a data file open with another log than that beside path now. A sandbox locks the byte of
// its log before loggedByte.
func hasOtherLog(file *os.File, path string) bool {
	for range 2 { // one sandbox may end, and another begin, during the first look
		if !isLocked(file, loggedByte) || isLocked(file, logByteOf(path)) || !isLocked(file, loggedByte) {
			return false
		}
	}
	return true
}
