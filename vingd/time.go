package vingd

import (
	"math"
	"strings"
	"time"
)

// Time is a point in time as a call takes it: one that stands, by [At], or one counted from the moment of the call,
// by [In] and [Ago]. The zero Time is the default of the field it is given for.
type Time struct {
	at       time.Time
	from     time.Duration
	relative bool
	set      bool
}

// At returns the point in time t, in t's own zone. The API keeps microseconds in bodies and seconds in filters. The zero
// time is refused: where it is forgotten to be set, a filter would leave everything.
func At(t time.Time) Time { return Time{at: t, set: true} }

// In returns the point in time d after the moment of the call.
func In(d time.Duration) Time { return Time{from: d, relative: true, set: true} }

// Ago returns the point in time d before the moment of the call.
func Ago(d time.Duration) Time { return In(-max(d, -math.MaxInt64)) }

// IsZero reports whether t is the zero Time, the default of the field it is given for.
func (t Time) IsZero() bool { return !t.set }

// String returns the time in RFC 3339, or the span from now, like "in 15m0s".
func (t Time) String() string {
	switch {
	case !t.set:
		return "default"
	case !t.relative:
		return t.at.Format(time.RFC3339Nano)
	case t.from < 0:
		return strings.TrimPrefix(t.from.String(), "-") + " ago"
	default:
		return "in " + t.from.String()
	}
}

// resolve returns the point in time, or, for the zero Time, the one standard after now.
func (t Time) resolve(now func() time.Time, standard time.Duration) time.Time {
	switch {
	case !t.set:
		return now().UTC().Add(standard)
	case t.relative:
		return now().UTC().Add(t.from)
	default:
		return t.at
	}
}
