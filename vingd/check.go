package vingd

import (
	"time"
	"unicode/utf8"

	"github.com/vingd/vingd-api-go/internal/rest"
)

// checks collects what is wrong with the arguments of a call: the first thing counts.
type checks struct {
	op  operation
	now func() time.Time
	err error
}

func (c *Client) checks(op operation) *checks {
	if err := c.usable(op); err != nil {
		return &checks{op: op, now: time.Now, err: err}
	}
	return &checks{op: op, now: c.now}
}

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
	ch.add("expires", rest.CheckTime(at))
	return at, rest.FormatBodyTime(at)
}
