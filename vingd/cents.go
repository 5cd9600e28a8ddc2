package vingd

import "strconv"

// Cents is an amount of money in vingd cents: 200 is 2.00 vingd.
// Every amount of the API is a whole number of them.
type Cents int64

// String returns the amount in vingds, with two decimals: Cents(-5) is "-0.05".
func (c Cents) String() string {
	// The magnitude is unsigned, so that the lowest amount has one too.
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
