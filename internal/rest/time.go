package rest

import (
	"strconv"
	"time"
)

// FormatTime formats t for a path: 20260102T031905+0000. A year below 1000 has no leading zeros, as the official client
// sends it.
func FormatTime(t time.Time) string {
	t = inShortZone(t)
	b := make([]byte, 0, len("20060102T150405+000000"))
	b = strconv.AppendInt(b, int64(t.Year()), 10)
	return string(appendZone(t.AppendFormat(b, "0102T150405"), t, ""))
}

// FormatBodyTime formats t for a body: 2026-01-02T03:19:05.678901+00:00.
func FormatBodyTime(t time.Time) string {
	t = inShortZone(t)
	layout := "2006-01-02T15:04:05"
	if t.Nanosecond()/1000 != 0 {
		layout = "2006-01-02T15:04:05.000000"
	}
	b := make([]byte, 0, len("2006-01-02T15:04:05.000000+00:00:00"))
	return string(appendZone(t.AppendFormat(b, layout), t, ":"))
}

// inShortZone returns t in its zone, or in UTC if the zone's offset is a day or more, which no other client can send.
func inShortZone(t time.Time) time.Time {
	const day = 24 * 60 * 60
	if _, offset := t.Zone(); offset <= -day || day <= offset {
		return t.UTC()
	}
	return t
}

// appendZone appends the zone of t: always a number, never Z, with seconds only where it has some.
func appendZone(b []byte, t time.Time, colon string) []byte {
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
