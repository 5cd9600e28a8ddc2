package jsonread_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// ParseTime accepts the same times as time.Parse with the layouts that a broker may send, and returns the same values. It
// refuses the year 0.
func FuzzParseTime(f *testing.F) {
	for _, text := range []string{
		"2026-01-02T03:04:05+00:00", "2026-01-02 03:04:05.678901+0000", "20260102T030405Z", "20260102T03:04:05,5-0330",
		"2026-01-02T030405.1234567+05:45", "2026-01-02T03:04:05.1234567891234Z", "2026-01-02T03:04:05+01:22:30", "20260102 030405-012230",
		"2024-02-29T23:59:59Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
		"2026-01-32T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02T00:60:00Z", "2026-01-02T00:00:60Z", "0000-01-01T00:00:00Z",
		"0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-02T03:04:05+24:00", "2026-01-02T03:04:05+00:60", "2026-01-02T03:04:05",
		"2026-01-02T03:04Z", "2026-01-02", "2026-0102T03:04:05Z", "2026-01-02T03:0405Z", "2026-01-02t03:04:05z", "2026-01-02T03:04:05.Z",
		"2026-01-02T03:04:05+5", "2026-01-02T03:04:05+05:", "2026-01-02T03:04:05+0", "2026-01-02T03:04:05+05:3015", "2026-01-02T03:04:05Z ", "",
		"2026-01-02T03:04:05.678901+00:00", "2026-02-30T03:04:05+00:00", "2026-01-02T03:04:05.67890a+00:00", "2026-01-02T03:04:05+00:0a",
		"0000-01-02T03:04:05+00:00", "2026-12-31T23:59:59+00:00", "2026-12-31T24:00:00+00:00", "2026-1-02T03:04:05.0+00:00", "0001-01-01  0:00:00+00", "2026\xff01-02T03:04:05+00:00",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := jsonread.ParseTime([]byte(text))
		want, wanted := parseByLayouts(text)
		if ok != wanted || !got.Equal(want) {
			t.Errorf("%q is read as %v, %v; want %v, %v", text, got, ok, want, wanted)
		}
		if got.Location() != time.UTC {
			t.Errorf("%q is read in the zone %v, want UTC", text, got.Location())
		}
	})
}

// timePattern is the form of a time. The standard library would accept an hour of one digit.
var timePattern = regexp.MustCompile(`^([0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ][0-9]{2}:?[0-9]{2}:?[0-9]{2}(?:[.,][0-9]+)?)` +
	`(Z|[-+][0-9]{2}(?:[0-9]{2}(?:[0-9]{2})?|:[0-9]{2}(?::[0-9]{2})?)?)$`)

// parseByLayouts parses a time by every layout that a broker may send.
func parseByLayouts(text string) (time.Time, bool) {
	parts := timePattern.FindStringSubmatch(text)
	if parts == nil {
		return time.Time{}, false
	}
	zone := map[int]string{1: "Z07", 3: "Z07", 5: "Z0700", 7: "Z070000"}
	offset := strings.ReplaceAll(parts[2], ":", "")
	for _, date := range []string{"2006-01-02", "20060102"} {
		for _, between := range []string{"T", " "} {
			for _, clock := range []string{"15:04:05", "150405"} {
				t, err := time.Parse(date+between+clock+zone[len(offset)], parts[1]+offset)
				if err == nil && t.Year() > 0 {
					return t, true
				}
			}
		}
	}
	return time.Time{}, false
}
