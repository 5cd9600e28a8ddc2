// Package sample has a mutant of each outcome.
package sample

// Clamp has a mutant that survives: nothing tells it from the original.
func Clamp(n, limit int) int {
	if n > limit {
		return limit
	}
	return n
}

// Join has a mutant that does not compile.
func Join(a, b string) string { return a + b }

// Spin has a mutant that hangs.
func Spin(n int) int {
	var i int
	for i != n {
		i++
	}
	return i
}

// Fail has a mutant that only the tests of package user notice.
func Fail(err error) error { return err }
