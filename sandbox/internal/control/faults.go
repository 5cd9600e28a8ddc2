package control

import (
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/faults"
	"github.com/vingd/vingd-api-go/vingd"
)

// A fault is one in JSON.
type fault struct {
	Operation  string  `json:"operation,omitempty"`
	Delay      span    `json:"delay,omitzero"`
	Status     int     `json:"status,omitempty"`
	Location   string  `json:"location,omitempty"`
	RetryAfter span    `json:"retry_after,omitzero"`
	HangUp     bool    `json:"hang_up,omitempty"`
	Garbage    bool    `json:"garbage,omitempty"`
	BatchError string  `json:"batch_error,omitempty"`
	Cut        bool    `json:"cut,omitempty"`
	Slow       span    `json:"slow,omitzero"`
	Done       bool    `json:"done,omitempty"`
	After      int     `json:"after,omitempty"`
	Object     int64   `json:"object,omitempty"`
	Next       int     `json:"next,omitempty"`
	Share      float64 `json:"share,omitempty"`
	Seed       uint64  `json:"seed,omitempty"`
}

func (k Knobs) faults(*http.Request) (any, error) {
	all := []fault{}
	for _, a := range k.Faults.Armed() {
		f := a.Fault
		all = append(all, fault{
			Operation: a.Operation, Delay: span(f.Delay), Status: f.Status, Location: f.Location,
			RetryAfter: span(f.RetryAfter), HangUp: f.HangUp, Garbage: f.Garbage, BatchError: f.BatchError, Cut: f.Cut,
			Slow: span(f.Slow), Done: f.Done, After: f.After, Object: int64(f.Object), Next: f.Next, Share: f.Share, Seed: f.Seed,
		})
	}
	return map[string]any{"faults": all}, nil
}

func (k Knobs) fail(r *http.Request) (any, error) {
	var in fault
	if err := read(r, &in); err != nil {
		return nil, err
	}
	err := k.Faults.Add(in.Operation, faults.Fault{
		Delay: time.Duration(in.Delay), Status: in.Status, Location: in.Location, RetryAfter: time.Duration(in.RetryAfter),
		HangUp: in.HangUp, Garbage: in.Garbage, BatchError: in.BatchError, Cut: in.Cut, Slow: time.Duration(in.Slow),
		Done: in.Done, After: in.After, Object: vingd.ObjectID(in.Object), Next: in.Next, Share: in.Share, Seed: in.Seed,
	})
	if err != nil {
		return nil, err
	}
	return k.faults(r)
}

func (k Knobs) recover(r *http.Request) (any, error) {
	k.Faults.Clear()
	return k.faults(r)
}
