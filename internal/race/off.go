//go:build !race

// Package race tells tests whether the race detector is on, which slows down some of them thirty times.
package race

// Enabled reports whether the race detector is on.
const Enabled = false
