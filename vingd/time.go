package vingd

import (
	"strconv"
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
func Ago(d time.Duration) Time { return In(-d) }

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
		return (-t.from).String() + " ago"
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

// checkTime says what is wrong with a time that nobody can mean, or that ISO 8601 has no four digits for, or nothing.
func checkTime(t time.Time) (problem string) {
	if t.IsZero() {
		return "is the zero time, must be a point in time"
	}
	if y := t.Year(); y < 1 || y > 9999 {
		return "is in the year " + strconv.Itoa(y) + ", must be between 1 and 9999"
	}
	return ""
}

// bodyTime writes t as bodies have it: 2026-01-02T03:19:05.678901+00:00.
func bodyTime(t time.Time) string {
	layout := "2006-01-02T15:04:05"
	if t.Nanosecond()/1000 != 0 {
		layout = "2006-01-02T15:04:05.000000"
	}
	b := make([]byte, 0, len("2006-01-02T15:04:05.000000+00:00:00"))
	return string(appendOffset(t.AppendFormat(b, layout), t, ":"))
}

// pathTime writes t as filters have it: 20260102T031905+0000.
// A year below 1000 goes without leading zeros, as the official client sends it.
func pathTime(t time.Time) string {
	b := make([]byte, 0, len("20060102T150405+000000"))
	b = strconv.AppendInt(b, int64(t.Year()), 10)
	return string(appendOffset(t.AppendFormat(b, "0102T150405"), t, ""))
}

// appendOffset appends the zone of t: always a number, never Z, with seconds only where it has some.
func appendOffset(b []byte, t time.Time, colon string) []byte {
	_, offset := t.Zone()
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	b = append(b, sign)
	b = appendTwo(b, offset/3600)
	b = append(b, colon...)
	b = appendTwo(b, offset/60%60)
	if s := offset % 60; s != 0 {
		b = append(b, colon...)
		b = appendTwo(b, s)
	}
	return b
}

func appendTwo(b []byte, n int) []byte {
	return append(b, byte('0'+n/10), byte('0'+n%10))
}
