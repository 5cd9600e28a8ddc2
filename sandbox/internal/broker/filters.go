package broker

import "time"

// within reports whether at lies after and before the bounds; a zero bound is none.
func within(at, after, before time.Time) bool {
	return (after.IsZero() || at.After(after)) && (before.IsZero() || at.Before(before))
}

// ends returns those rows, given oldest first, that are among the first and among the last so many; zero is no bound.
func ends[T any](rows []T, first, last int64) []T {
	low, high := 0, len(rows)
	if first > 0 && first < int64(high) {
		high = int(first)
	}
	if last > 0 && last < int64(len(rows)) {
		low = len(rows) - int(last)
	}
	if low >= high {
		return nil
	}
	return rows[low:high]
}
