package faults

import (
	"context"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/brokerapi"
	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
)

// Middleware makes the faults happen to an operation. Only requests get here that the API understands, of callers whom it
// knows: any other uses up no fault.
func (s *Set) Middleware(next server.StrictHandlerFunc, generated string) server.StrictHandlerFunc {
	operation := specified(generated)
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request, request any) (any, error) {
		calls.SetOperation(w, operation)
		f, ok := s.take(operation)
		if !ok {
			return next(ctx, w, r, request)
		}
		calls.SetFault(w, f.String())
		var answer any
		var err error
		if f.Done {
			answer, err = next(ctx, w, r, request)
		}
		f.wait(ctx)
		switch {
		case f.HangUp:
			panic(http.ErrAbortHandler) // no byte was written, so none will be
		case f.Garbage:
			writeGarbage(w, f.Status)
			return nil, nil //nolint:nilnil // it is written
		case f.Status != 0:
			brokerapi.WriteRefusal(w, f.Status, "a fault that was asked for")
			return nil, nil //nolint:nilnil // it is written
		case f.BatchError != "":
			return batchAnswer(operation, f.BatchError)
		case f.Done:
			return answer, err
		default:
			return next(ctx, w, r, request)
		}
	}
}

// wait waits for the delay. When the caller has given up meanwhile, there is no one to answer, and nothing more happens.
func (f *Fault) wait(ctx context.Context) {
	if f.Delay == 0 {
		return
	}
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

// writeGarbage writes what claims to be JSON, and is not.
func writeGarbage(w http.ResponseWriter, status int) {
	if status == 0 {
		status = http.StatusOK
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write([]byte("\x00\x01garbage")) //nolint:errcheck // whoever asked is gone
}
