//go:build !unix || solaris || aix

package boltfile

import "os"

// unlock does nothing: closing a file unlocks it.
func unlock(*os.File) error { return nil }

// Reset does nothing: without a lock, it cannot tell that no other process has the file open.
func Reset(string) error { return nil }
