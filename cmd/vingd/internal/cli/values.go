package cli

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// Amount reads an amount above zero.
func Amount(what, text string) (vingd.Cents, error) {
	cents, err := vingd.ParseCents(text)
	if err != nil || cents < 1 {
		return 0, Misuse("%s %q: must be an amount above zero, like 2.50", what, text)
	}
	return cents, nil
}

// ID reads the number of something.
func ID[T ~int64](what, text string) (T, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, Misuse("%s %q: must be a number of 1 or more", what, text)
	}
	return T(n), nil
}

// A Count is the value of a flag: a decimal number. A flag of package pflag reads 010 as 8.
type Count int

// String returns the number.
func (n *Count) String() string { return strconv.Itoa(int(*n)) }

// Type returns the name of the type in a usage.
func (n *Count) Type() string { return "int" }

// Set reads a decimal number.
func (n *Count) Set(text string) error {
	number, err := strconv.Atoi(text)
	if err != nil {
		return errors.New("must be a decimal number")
	}
	*n = Count(number)
	return nil
}

// ParseSpan reads a span like 90s, 15m, 24h, 7d or 2w.
func ParseSpan(text string) (time.Duration, bool) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.Atoi(number)
			return time.Duration(n) * length, err == nil && n > 0 && int64(n) <= math.MaxInt64/int64(length)
		}
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0
}

const timeMust = "must be a time like 2026-12-31, 2026-12-31T18:00:00+01:00 or "

// ParseTime reads a time, or a span before it or after it.
func ParseTime(text string, span func(time.Duration) vingd.Time) (vingd.Time, bool) {
	if d, ok := ParseSpan(text); ok {
		return span(d), true
	}
	if t, ok := ParseInstant(text); ok {
		return vingd.At(t), true
	}
	return vingd.Time{}, false
}

// ParseInstant reads a time that is not a span.
func ParseInstant(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, !t.IsZero()
		}
	}
	return time.Time{}, false
}

// IsZoneless reports whether a text is a time without a zone, which is read in that of the machine.
func IsZoneless(text string) bool {
	_, isTime := ParseInstant(text)
	_, err := time.Parse(time.RFC3339, text)
	return isTime && err != nil
}

// Zone returns the name of the machine's time zone, or its offset from UTC now if it has no name.
func Zone() string {
	if name := time.Local.String(); name != "Local" {
		return name
	}
	return time.Now().Format("MST, UTC-07:00")
}

// Expiry reads the time when something new expires.
func Expiry(what, text string) (vingd.Time, error) {
	t, err := Future(what, text)
	if err == nil {
		err = Ahead(what, text)
	}
	return t, err
}

// Ahead refuses a time that has passed. Spans are ahead.
func Ahead(what, text string) error {
	if t, ok := ParseInstant(text); ok && t.Before(time.Now()) {
		return Misuse("%s %q: must be in the future", what, text)
	}
	return nil
}

// Past reads a time, or how long ago it was. An empty text is the zero time.
func Past(what, text string) (vingd.Time, error) {
	t, ok := ParseTime(text, vingd.Ago)
	if text != "" && !ok {
		return t, Misuse("%s %q: %s7d, which is 7 days ago", what, text, timeMust)
	}
	return t, nil
}

// Future reads a time, or how far ahead it is. An empty text is the zero time.
func Future(what, text string) (vingd.Time, error) {
	t, ok := ParseTime(text, vingd.In)
	if text != "" && !ok {
		return t, Misuse("%s %q: %s7d, which is in 7 days", what, text, timeMust)
	}
	return t, nil
}

// Quoted returns a text as a POSIX shell takes it.
func Quoted(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
