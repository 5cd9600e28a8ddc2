package vingd

import (
	"math"
	"strconv"
	"strings"
)

// Cents is an amount of money in vingd cents: 200 is 2.00 vingds. Every amount of the API is a whole number of cents.
//
// The text form of an amount is in vingds, such as "2.00": see [Cents.String] and [ParseCents]. Its JSON form is the whole
// number of cents, as on the wire. A JSON object with amounts as keys has their text form.
type Cents int64

// ParseCents returns the amount of a text in vingds: digits, then optionally a point and one or two decimals. "1.15" is 115,
// "2" is 200, and "-0.5" is -50. Zero and negative amounts are permitted, as balances may have them.
//
// It returns [ErrInvalidArgument] for any other text, such as "1.155", "1,15", ".5", "+1" or "1e3", and for an amount that is
// out of range. It never rounds.
func ParseCents(text string) (Cents, error) {
	digits, isNegative := strings.CutPrefix(text, "-")
	whole, decimals, hasPoint := strings.Cut(digits, ".")
	if !isDigits(whole) || hasPoint && (!isDigits(decimals) || len(decimals) > 2) {
		return 0, &ArgumentError{Op: "cents", Argument: "amount", Problem: "is " + quote(text) + `, must be vingds with at most two decimals, such as "1.15"`}
	}
	magnitude, err := strconv.ParseUint(whole+(decimals + "00")[:2], 10, 64)
	limit := uint64(math.MaxInt64)
	if isNegative {
		limit++
	}
	if err != nil || magnitude > limit {
		return 0, &ArgumentError{Op: "cents", Argument: "amount", Problem: "is " + quote(text) + ", must be from " + Cents(math.MinInt64).String() + " to " + Cents(math.MaxInt64).String()}
	}
	if isNegative {
		magnitude = -magnitude
	}
	return Cents(magnitude), nil // in range, or the complement of a negative amount
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// String returns the amount in vingds, with two decimals: Cents(-5) is "-0.05".
func (c Cents) String() string {
	// The magnitude is unsigned, because the lowest amount has no positive counterpart.
	sign, magnitude := "", uint64(c)
	if c < 0 {
		sign, magnitude = "-", -magnitude
	}
	whole, rest := magnitude/100, magnitude%100
	text := sign + strconv.FormatUint(whole, 10) + "."
	if rest < 10 {
		text += "0"
	}
	return text + strconv.FormatUint(rest, 10)
}

// MarshalText returns the text of [Cents.String]. With [Cents.UnmarshalText] it makes amounts work in flags ([flag.TextVar])
// and in formats such as CSV, XML and YAML.
func (c Cents) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText sets c to the result of [ParseCents].
func (c *Cents) UnmarshalText(text []byte) error {
	parsed, err := ParseCents(string(text))
	if err == nil {
		*c = parsed
	}
	return err
}

// MarshalJSON returns the whole number of cents.
func (c Cents) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, int64(c), 10), nil }

// UnmarshalJSON sets c to a whole number of cents, or to the amount of a text of [Cents.String], which keys of objects have. It
// leaves c unchanged for null. It returns [ErrInvalidArgument] for other values, such as 1.15 or "115", which is ambiguous.
func (c *Cents) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		*c = Cents(n)
		return nil
	}
	parsed, err := ParseCents(strings.Trim(string(text), `"`))
	if err != nil || `"`+parsed.String()+`"` != string(text) {
		return &ArgumentError{Op: "cents", Argument: "amount", Problem: "is " + quote(string(text)) + ", must be a whole number of cents"}
	}
	*c = parsed
	return nil
}
