package brokerapi

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// timeForm is ISO 8601 as the official clients write it:
//   - basic or extended,
//   - to the minute, the second or any fraction of it,
//   - with Z, a numeric offset or, like Python's naive times, without either.
var timeForm = regexp.MustCompile(`^(\d{1,4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?(?:Z|([-+])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?)?$`)

// readTime returns a time in UTC. A time without an offset is UTC.
func readTime(s string) (at time.Time, ok bool) {
	part := timeForm.FindStringSubmatch(s)
	if part == nil {
		return time.Time{}, false
	}
	n := func(i int) int {
		n, _ := strconv.Atoi(part[i]) // a missing part is zero
		return n
	}
	year, month, day, hour, minute, second := n(1), n(2), n(3), n(4), n(5), n(6)
	nanosecond, _ := strconv.Atoi((part[7] + strings.Repeat("0", 9))[:9])
	offset := time.Duration(n(9))*time.Hour + time.Duration(n(10))*time.Minute + time.Duration(n(11))*time.Second
	if part[8] == "-" {
		offset = -offset
	}
	if hour > 23 || minute > 59 || second > 59 || n(9) > 23 || n(10) > 59 || n(11) > 59 {
		return time.Time{}, false
	}
	at = time.Date(year, time.Month(month), day, hour, minute, second, nanosecond, time.UTC)
	if at.Month() != time.Month(month) || at.Day() != day { // such as the 30th of February
		return time.Time{}, false
	}
	at = at.Add(-offset)
	return at, at.Year() >= 1 && at.Year() <= 9999
}

// writeTime returns a time as responses have it, with microseconds only if there are some.
func writeTime(t time.Time) string {
	layout := "2006-01-02T15:04:05+00:00"
	if t.Nanosecond()/1000 != 0 {
		layout = "2006-01-02T15:04:05.000000+00:00"
	}
	return t.UTC().Format(layout)
}

// filterTime returns the time of a filter that the front has checked, or nil if the filter is not given.
func filterTime(s *string) *time.Time {
	if s == nil {
		return nil
	}
	at, ok := readTime(*s)
	if !ok {
		panic("the front accepted the time " + *s) // without the filter, the response would have too many rows
	}
	return &at
}

// bodyTime returns the time of a body that the front has checked, or nil if the body lacks it.
func bodyTime(s string) *time.Time {
	if s == "" {
		return nil
	}
	return filterTime(&s)
}
