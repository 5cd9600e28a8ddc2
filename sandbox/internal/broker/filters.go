package broker

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// A filter's field is nil when the filter is not given. Every other value is a value, zero included.

// is reports whether a value passes a filter.
func is[T comparable](filter *T, value T) bool { return filter == nil || *filter == value }

// within reports whether a time lies after and before the bounds.
func within(at time.Time, after, before *time.Time) bool {
	return (after == nil || at.After(*after)) && (before == nil || at.Before(*before))
}

// whereIs narrows a list to the rows that have a filter's value in a column.
func whereIs[T any](l *store.List, column string, filter *T) {
	if filter != nil {
		l.Where(column, "=", *filter)
	}
}

// whereWithin narrows a list to the rows that are [within] the bounds by a column.
func whereWithin(l *store.List, column string, after, before *time.Time) {
	if after != nil {
		l.Where(column, ">", after.UnixMicro())
	}
	if before != nil {
		l.Where(column, "<", before.UnixMicro())
	}
}

// checkCounts refuses a number of rows below 1: the statement would take it for any number.
func checkCounts(first, last *int64) error {
	for name, n := range map[string]*int64{"first": first, "last": last} {
		if n != nil && *n < 1 {
			return refuse(ErrInvalid, "%s %d: must be a number of 1 or more", name, *n)
		}
	}
	return nil
}
