package faults

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/brokerapi"
	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
	"github.com/vingd/vingd-api-go/vingd"
)

// Middleware makes the faults happen to an operation. Only requests get here that the API understands, of callers whom it
// knows: any other uses up no fault.
func (s *Set) Middleware(next server.StrictHandlerFunc, generated string) server.StrictHandlerFunc {
	operation := specified(generated)
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request, request any) (any, error) {
		calls.SetOperation(w, operation)
		f, ok := s.take(operation, objectOf(request))
		if !ok {
			return next(ctx, w, r, request)
		}
		calls.SetFault(w, f.String())
		var answer any
		var err error
		if f.Done {
			answer, err = next(ctx, w, r, request)
		}
		wait(ctx, f.Delay)
		if f.Cut || f.Slow != 0 {
			brokerapi.Break(w, f.Cut, func() { wait(ctx, f.Slow/brokerapi.Pauses) })
		}
		switch {
		case f.HangUp:
			panic(http.ErrAbortHandler) // no byte was written, so none will be
		case f.Garbage:
			writeGarbage(w, f.Status)
			return nil, nil //nolint:nilnil // it is written
		case f.Status != 0:
			f.writeHeader(w)
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

// objectOf returns the object in the path of a request, or zero.
func objectOf(request any) vingd.ObjectID {
	if oid := reflect.ValueOf(request).FieldByName("OID"); oid.IsValid() && oid.CanInt() {
		return vingd.ObjectID(oid.Int())
	}
	return 0
}

// writeHeader writes the headers that go with the status.
func (f *Fault) writeHeader(w http.ResponseWriter) {
	if f.Location != "" {
		w.Header().Set("Location", f.Location)
	}
	if f.RetryAfter != 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64(f.RetryAfter/time.Second), 10))
	}
}

// Page makes the faults of a page happen around its handler.
func (s *Set) Page(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := s.take(name, 0)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		calls.SetFault(w, f.String())
		if f.Done && (f.HangUp || f.Garbage || f.Status != 0) {
			next.ServeHTTP(&nowhere{http.Header{}}, r)
		}
		wait(r.Context(), f.Delay)
		switch {
		case f.HangUp:
			panic(http.ErrAbortHandler)
		case f.Garbage:
			writeGarbage(w, f.Status)
		case f.Status != 0:
			f.writeHeader(w)
			http.Error(w, "a fault that was asked for", f.Status)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// wait waits for a delay. If the caller gives up before its end, nothing more happens.
func wait(ctx context.Context, delay time.Duration) {
	if delay == 0 {
		return
	}
	timer := time.NewTimer(delay)
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

// nowhere is a response that is dropped.
type nowhere struct{ header http.Header }

// Header returns the header.
func (n *nowhere) Header() http.Header { return n.header }

// Write drops the body.
func (*nowhere) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader drops the status.
func (*nowhere) WriteHeader(int) {}
