package vingd

import (
	"math"
	"strings"
	"time"
)

// Time is a point in time for a call: a fixed one from [At], or a relative one from [In] or [Ago]. A relative time counts from
// the moment of the call. The zero Time is the default of its field.
//
// Its text and JSON forms are those of [Time.MarshalText]. A relative time stays relative in them.
type Time struct {
	at       time.Time
	from     time.Duration
	relative bool
	set      bool
}

// At returns the point in time t, in t's time zone. The API keeps microseconds in bodies and seconds in filters.
// A time whose zone is a day or more from UTC is sent in UTC.
//
// Calls reject the zero time.Time, because a filter with an unset time would match everything.
func At(t time.Time) Time { return Time{at: t, set: true} }

// In returns the point in time d after the moment of the call.
func In(d time.Duration) Time { return Time{from: d, relative: true, set: true} }

// Ago returns the point in time d before the moment of the call.
func Ago(d time.Duration) Time { return In(-max(d, -math.MaxInt64)) }

// IsZero reports whether t is the zero Time, the default of its field.
func (t Time) IsZero() bool { return !t.set }

// String returns a fixed time in RFC 3339, a relative time such as "in 15m0s" or "24h0m0s ago", or "default".
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

// MarshalText returns the text of [Time.String], or an empty text for the zero Time. It returns an error for a fixed time that
// RFC 3339 cannot represent.
func (t Time) MarshalText() ([]byte, error) {
	switch {
	case !t.set:
		return nil, nil
	case !t.relative:
		return t.at.MarshalText()
	}
	return []byte(t.String()), nil
}

// UnmarshalText sets t to the time of a text that [Time.MarshalText] returns. It returns [ErrInvalidArgument] for other texts.
func (t *Time) UnmarshalText(text []byte) error {
	parsed, err := parseTime(string(text))
	if err != nil {
		return &ArgumentError{Op: "time", Argument: "time", Problem: "is " + quote(string(text)) + `, must be in RFC 3339, or such as "in 15m0s" or "24h0m0s ago"`}
	}
	*t = parsed
	return nil
}

func parseTime(text string) (Time, error) {
	if text == "" {
		return Time{}, nil
	}
	if after, found := strings.CutPrefix(text, "in "); found {
		d, err := time.ParseDuration(after)
		return In(d), err
	}
	if before, found := strings.CutSuffix(text, " ago"); found {
		d, err := time.ParseDuration("-" + before) // with its sign, because the longest span is a negative one
		return In(d), err
	}
	var at time.Time
	err := at.UnmarshalText([]byte(text))
	return At(at), err
}

// resolve returns the point in time. For the zero Time it is standard after now.
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

// asOf returns t as it was for a call at a moment.
func (t Time) asOf(moment time.Time) Time {
	if t.relative {
		return At(moment.Add(t.from))
	}
	return t
}
