package broker

import "time"

// A filter's field is nil when the filter is not given. Every other value is a value, zero included.

// is reports whether a value passes a filter.
func is[T comparable](filter *T, value T) bool { return filter == nil || *filter == value }

// within reports whether a time lies after and before the bounds.
func within(at time.Time, after, before *time.Time) bool {
	return (after == nil || at.After(*after)) && (before == nil || at.Before(*before))
}

// bounds returns the bounds of [within] in microseconds, as times are stored.
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
