package rest

import (
	"strconv"
	"strings"
	"time"
)

// CheckID returns what an id must be, if it is not.
func CheckID(id int64) (problem string) {
	if id < 1 {
		return "must be 1 or more"
	}
	return ""
}

// CheckText returns what a text must be, if it does not match pattern. It knows patterns like "^[-_A-Za-z0-9]{1,32}$": a
// number of bytes of one set. Other patterns match no text.
func CheckText(text, pattern string) (problem string) {
	set, bounds, ok := strings.Cut(pattern, "]{")
	least, most, isRange := strings.Cut(strings.TrimSuffix(bounds, "}$"), ",")
	from, err := strconv.Atoi(least)
	to, err2 := strconv.Atoi(most)
	if !ok || !strings.HasPrefix(set, "^[") || strings.ContainsAny(set[2:], `^\`) || !strings.HasSuffix(bounds, "}$") || !isRange ||
		err != nil || err2 != nil || from < 1 {
		return "must match " + pattern
	}
	set = set[2:]
	fits := from <= len(text) && len(text) <= to
	for i := 0; fits && i < len(text); i++ {
		fits = inSet(text[i], set)
	}
	if fits {
		return ""
	}
	switch set {
	case "0-9a-fA-F":
		set = "hexadecimal digits"
	case "-_A-Za-z0-9":
		set = "letters, digits, dashes or underscores"
	default:
		set = "characters of [" + set + "]"
	}
	return "must be " + least + " to " + most + " " + set
}

// inSet reports whether a set like "-_A-Za-z0-9" contains c. A dash at the beginning is itself.
func inSet(c byte, set string) bool {
	for i := 0; i < len(set); i++ {
		if i+2 < len(set) && set[i+1] == '-' {
			if set[i] <= c && c <= set[i+2] {
				return true
			}
			i += 2
		} else if set[i] == c {
			return true
		}
	}
	return false
}

// CheckTime returns what a time must be, if it is the zero time or has no year of four digits.
func CheckTime(t time.Time) (problem string) {
	if t.IsZero() {
		return "is the zero time, must be a point in time"
	}
	if y := inShortZone(t).Year(); y < 1 || y > 9999 {
		return "is in the year " + strconv.Itoa(y) + ", must be between 1 and 9999"
	}
	return ""
}

// Quote returns s in quotes, on one line, and cut if it is long.
func Quote(s string) string {
	const most = 80
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strconv.QuoteToASCII(s)
}
