package control

import (
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/generated/sandboxserver"
)

// GetClock serves GET /-/clock.
func (s server) GetClock(w http.ResponseWriter, r *http.Request) { write(w, r, s.clock(), nil) }

// AdvanceClock serves POST /-/clock.
func (s server) AdvanceClock(w http.ResponseWriter, r *http.Request) {
	var in sandboxserver.Advance
	err := read(r, &in)
	if err == nil && in.Advance == "" {
		err = invalid("advance: is missing")
	}
	var by time.Duration
	if err == nil {
		by, err = duration("advance", in.Advance)
	}
	if err == nil {
		err = s.Broker.Advance(by)
	}
	write(w, r, s.clock(), err)
}

func (s server) clock() sandboxserver.Clock {
	return sandboxserver.Clock{Now: s.Broker.Now().UTC().Truncate(time.Microsecond), Ahead: s.Broker.Ahead().String()}
}

// duration reads a duration. Of an empty text it returns zero.
func duration(name, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, invalid(`%s %.40q: must be a duration like "90s", "15m" or "168h"`, name, text)
	}
	return d, nil
}

// durationText is the inverse of [duration].
func durationText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
