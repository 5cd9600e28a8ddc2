package jsonread

import (
	"bytes"
	"time"
)

// Time reads a string with a point in time, and returns it in UTC. It accepts every form of ISO 8601 that a broker may send:
//   - extended or basic
//   - T or a space between date and time
//   - any fraction of a second
//   - Z or a numeric offset
func (r *Reader) Time() time.Time {
	text := r.Text()
	if r.err != nil {
		return time.Time{}
	}
	t, ok := ParseTime(text)
	if !ok {
		r.Fail("a time in ISO 8601 before it")
	}
	return t
}

// ParseTime parses the text of a point in time. See [Reader.Time].
func ParseTime(text []byte) (t time.Time, ok bool) {
	if t, ok := parseUsual(text); ok {
		return t, true
	}
	date := bytes.IndexAny(text, "T ")
	if date < 8 || len(text) < date+7 {
		return time.Time{}, false
	}
	clock := text[date+1:]
	zone := bytes.IndexAny(clock, "Z+-")
	if zone < 6 || clock[1] < '0' || clock[1] > '9' { // time.Parse accepts an hour of one digit
		return time.Time{}, false
	}
	layout := "20060102"
	if text[4] == '-' {
		layout = "2006-01-02"
	}
	if clock[2] == ':' {
		layout += "T15:04:05"
	} else {
		layout += "T150405"
	}
	layout += zoneLayout(clock[zone:])
	t, err := time.Parse(layout, string(text[:date])+"T"+string(clock)) // time.Parse accepts any fraction after the seconds
	if err != nil || t.Year() < 1 {
		return time.Time{}, false
	}
	return t.UTC(), true
}

// zoneLayout returns the layout of a zone of this length.
func zoneLayout(zone []byte) string {
	switch len(zone) {
	case len("+00"):
		return "Z07"
	case len("+0000"):
		return "Z0700"
	case len("+000000"):
		return "Z070000"
	case len("+00:00:00"):
		return "Z07:00:00"
	default:
		return "Z07:00"
	}
}

// parseUsual parses the usual form, "2006-01-02T15:04:05+00:00", with or without six digits of a fraction.
func parseUsual(s []byte) (t time.Time, ok bool) {
	wrong := byte(0)
	two := func(at int) int {
		a, b := s[at]-'0', s[at+1]-'0'
		wrong = max(wrong, a, b)
		return int(a)*10 + int(b)
	}
	microsecond := 0
	switch {
	case len(s) == len("2006-01-02T15:04:05+00:00"):
	case len(s) == len("2006-01-02T15:04:05.000000+00:00") && s[19] == '.':
		microsecond = two(20)*10_000 + two(22)*100 + two(24)
	default:
		return time.Time{}, false
	}
	if s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || string(s[len(s)-6:]) != "+00:00" {
		return time.Time{}, false
	}
	year, month, day := two(0)*100+two(2), two(5), two(8)
	hour, minute, second := two(11), two(14), two(17)
	if wrong > 9 || year < 1 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t = time.Date(year, time.Month(month), day, hour, minute, second, microsecond*1000, time.UTC)
	return t, t.Day() == day // the 30th of February is in March
}
