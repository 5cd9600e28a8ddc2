// Package endure is for the long tests, which make endure runs in full.
package endure

import "os"

// Whole reports whether make endure runs the tests. They then search all that make test searches a part of.
func Whole() bool { return os.Getenv("VINGD_WHOLE") != "" }
