package endure

import "testing"

// Rounds returns how often a test does something: the usual number, or the small one in a run with -short.
func Rounds(usual, small int) int {
	if testing.Short() {
		return small
	}
	return usual
}

// Part returns the cases that a test tries: all, or n of them in a run with -short. Those are spread evenly, from the first to
// the last.
func Part[Case any](cases []Case, n int) []Case {
	if !testing.Short() || len(cases) <= n {
		return cases
	}
	part := make([]Case, n)
	for i := range part {
		part[i] = cases[i*(len(cases)-1)/max(1, n-1)]
	}
	return part
}
