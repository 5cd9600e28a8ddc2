// Package endure is for the long tests, which make endure runs in full.
package endure

import (
	"os"
	"strconv"
	"testing"
)

// Whole reports whether make endure runs the tests. They then search all that make test searches a part of.
func Whole() bool { return os.Getenv("VINGD_WHOLE") != "" }

// Number returns the number in an environment variable, which says how long a test runs, or the usual number.
func Number(t testing.TB, variable string, usual int) int {
	t.Helper()
	text, ok := os.LookupEnv(variable)
	if !ok {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s %q: must be a number", variable, text)
	}
	return n
}
