package control

import (
	"net/http"
	"time"
)

// A moment is what the clock says.
type moment struct {
	Now   time.Time `json:"now"`
	Ahead span      `json:"ahead"`
}

func (k Knobs) time(*http.Request) (any, error) {
	return moment{k.Broker.Now().UTC().Truncate(time.Microsecond), span(k.Broker.Ahead())}, nil
}

func (k Knobs) advance(r *http.Request) (any, error) {
	var in struct {
		Advance *span `json:"advance"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in.Advance == nil {
		return nil, invalid("advance: is missing")
	}
	if err := k.Broker.Advance(time.Duration(*in.Advance)); err != nil {
		return nil, err
	}
	return k.time(r)
}
