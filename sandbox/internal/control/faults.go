package control

import (
	"errors"
	"net/http"

	"github.com/vingd/vingd-api-go/generated/sandboxserver"
	"github.com/vingd/vingd-api-go/sandbox/internal/faults"
	"github.com/vingd/vingd-api-go/vingd"
)

// ListFaults serves GET /-/faults.
func (s server) ListFaults(w http.ResponseWriter, r *http.Request) { write(w, r, s.armed(), nil) }

// AddFault serves POST /-/faults.
func (s server) AddFault(w http.ResponseWriter, r *http.Request) {
	var in sandboxserver.Fault
	err := read(r, &in)
	if err == nil {
		err = s.addFault(in)
	}
	write(w, r, s.armed(), err)
}

// ClearFaults serves DELETE /-/faults.
func (s server) ClearFaults(w http.ResponseWriter, r *http.Request) {
	s.Faults.Clear()
	write(w, r, s.armed(), nil)
}

func (s server) addFault(in sandboxserver.Fault) error {
	delay, delayErr := duration("delay", in.Delay)
	retryAfter, retryErr := duration("retry_after", in.RetryAfter)
	slow, slowErr := duration("slow", in.Slow)
	if err := errors.Join(delayErr, retryErr, slowErr); err != nil {
		return err
	}
	return s.Faults.Add(in.Operation, faults.Fault{
		Delay: delay, Status: in.Status, Location: in.Location, RetryAfter: retryAfter, HangUp: in.HangUp, Garbage: in.Garbage,
		BatchError: in.BatchError, Cut: in.Cut, Slow: slow, Done: in.Done, After: in.After, Object: vingd.ObjectID(in.Object),
		Count: in.Count, Fraction: in.Fraction, Seed: in.Seed,
	})
}

func (s server) armed() sandboxserver.FaultList {
	list := sandboxserver.FaultList{Faults: []sandboxserver.Fault{}}
	for _, a := range s.Faults.Armed() {
		f := a.Fault
		list.Faults = append(list.Faults, sandboxserver.Fault{
			Operation: a.Operation, Delay: durationText(f.Delay), Status: f.Status, Location: f.Location,
			RetryAfter: durationText(f.RetryAfter), HangUp: f.HangUp, Garbage: f.Garbage, BatchError: f.BatchError, Cut: f.Cut,
			Slow: durationText(f.Slow), Done: f.Done, After: f.After, Object: int64(f.Object), Count: f.Count, Fraction: f.Fraction, Seed: f.Seed,
		})
	}
	return list
}
