package control

import (
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/generated/sandboxserver"
)

// defaultCalls is how many calls a list has unless the query says otherwise.
const defaultCalls = 20

// ListCalls serves GET /-/calls.
func (s server) ListCalls(w http.ResponseWriter, r *http.Request, params sandboxserver.ListCallsParams) {
	n := defaultCalls
	if r.URL.Query().Has("last") {
		n = params.Last
	}
	if n < 1 {
		write(w, r, nil, invalid("last %d: must be a number of 1 or more", n))
		return
	}
	list := sandboxserver.CallList{Calls: []sandboxserver.Call{}}
	for _, c := range s.Calls.Last(n) {
		list.Calls = append(list.Calls, sandboxserver.Call{
			Number: c.Number, At: c.At.UTC().Truncate(time.Microsecond), Method: c.Method, Path: c.Path, Operation: c.Operation,
			Status: c.Status, Milliseconds: float64(c.Took.Microseconds()) / 1000, Fault: c.Fault, Failure: c.Failure,
			Request: c.Request, Response: c.Response,
		})
	}
	write(w, r, list, nil)
}

// ForgetCalls serves DELETE /-/calls.
func (s server) ForgetCalls(w http.ResponseWriter, r *http.Request) {
	s.Calls.Clear()
	write(w, r, sandboxserver.CallList{Calls: []sandboxserver.Call{}}, nil)
}
