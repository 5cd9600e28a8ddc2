package broker

import "time"

// A nil field of a filter matches everything. Zero is a value like any other.

// is reports whether a value matches a filter.
func is[T comparable](filter *T, value T) bool { return filter == nil || *filter == value }

// within reports whether a time lies between the bounds. The bounds themselves do not.
func within(at time.Time, after, before *time.Time) bool {
	return (after == nil || at.After(*after)) && (before == nil || at.Before(*before))
}

// bounds returns the bounds of [within] in microseconds, as the store has them.
func bounds(after, before *time.Time) (above, below *int64) {
	if after != nil {
		above = new(after.UnixMicro())
	}
	if before != nil {
		below = new(before.Add(time.Microsecond - 1).UnixMicro())
	}
	return above, below
}

// checkCounts refuses a number of rows below 1.
func checkCounts(first, last *int64) error {
	for name, n := range map[string]*int64{"first": first, "last": last} {
		if n != nil && *n < 1 {
			return refuse(ErrInvalid, "%s %d: must be a number of 1 or more", name, *n)
		}
	}
	return nil
}
