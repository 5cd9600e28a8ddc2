//go:build !unix || solaris || aix

package paywall

import "os"

// unlock does nothing: closing a file unlocks it.
func unlock(*os.File) error { return nil }
