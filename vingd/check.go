package vingd

import (
	"time"
	"unicode/utf8"
)

// checks collects what is wrong with the arguments of a call: the first thing counts.
type checks struct {
	op  operation
	now func() time.Time
	err error
}

func (c *Client) checks(op operation) *checks { return &checks{op: op, now: c.now} }

func (ch *checks) add(argument, problem string) {
	if problem != "" && ch.err == nil {
		ch.err = &ArgumentError{ch.op.name, argument, problem}
	}
}

// amount refuses an amount below zero.
func (ch *checks) amount(argument string, amount Cents) {
	if amount < 0 {
		ch.add(argument, "is "+amount.String()+", must not be below zero")
	}
}

// text refuses what JSON cannot carry unchanged.
func (ch *checks) text(argument, text string) {
	if !utf8.ValidString(text) {
		ch.add(argument, "must be UTF-8")
	}
}

// expiry returns a time as bodies have it, the zero Time being the standard one.
func (ch *checks) expiry(t Time, standard time.Duration) (time.Time, string) {
	at := t.resolve(ch.now, standard).Truncate(time.Microsecond)
	ch.add("expires", checkTime(at))
	return at, bodyTime(at)
}

// filterTime returns a time as filters have it, or nil for the zero Time, which filters nothing.
func (ch *checks) filterTime(argument string, t Time) *string {
	if t.IsZero() {
		return nil
	}
	at := t.resolve(ch.now, 0)
	ch.add(argument, checkTime(at))
	return new(pathTime(at))
}

// counts returns the two ways to have part of a list, of which at most one may be given.
func (ch *checks) counts(first, last int) (firstParam, lastParam *int64) {
	const must = "is below zero, must be how many to return, or 0 for all"
	switch {
	case first < 0:
		ch.add("first", must)
	case last < 0:
		ch.add("last", must)
	case first > 0 && last > 0:
		ch.add("first", "and last are both given: the broker takes one of them")
	}
	return optional(int64(first)), optional(int64(last))
}

// optional returns a pointer to v, or nil for its zero value.
func optional[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}

// filterID returns an id for a filter, or nil for zero, which filters nothing.
func filterID[T ~int64](ch *checks, argument string, id T) *int64 {
	if id != 0 {
		ch.add(argument, checkID(id))
	}
	return optional(int64(id))
}
