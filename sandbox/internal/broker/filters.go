package broker

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// within reports whether at lies after and before the bounds; a zero bound is none.
func within(at, after, before time.Time) bool {
	return (after.IsZero() || at.After(after)) && (before.IsZero() || at.Before(before))
}

// whereWithin narrows a list down to the rows that are [within] the bounds by a column.
func whereWithin(l *store.List, column string, after, before time.Time) {
	if !after.IsZero() {
		l.Where(column, ">", after.UnixMicro())
	}
	if !before.IsZero() {
		l.Where(column, "<", before.UnixMicro())
	}
}
