package control

import (
	"net/http"
	"strconv"
	"time"
)

// A call is one in JSON.
type call struct {
	Number    int64     `json:"number"`
	At        time.Time `json:"at"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Operation string    `json:"operation,omitempty"`
	Status    int       `json:"status,omitempty"`
	Took      float64   `json:"milliseconds"`
	Fault     string    `json:"fault,omitempty"`
	Failure   string    `json:"failure,omitempty"`
	Request   string    `json:"request,omitempty"`
	Response  string    `json:"response,omitempty"`
}

// defaultCalls is how many calls a list has unless the query says otherwise.
const defaultCalls = 20

func (k Knobs) calls(r *http.Request) (any, error) {
	n := defaultCalls
	if last := r.URL.Query().Get("last"); last != "" {
		var err error
		if n, err = strconv.Atoi(last); err != nil || n < 1 {
			return nil, invalid("last %.40q: must be a number of 1 or more", last)
		}
	}
	all := []call{}
	for _, c := range k.Calls.Last(n) {
		all = append(all, call{
			c.Number, c.At.UTC().Truncate(time.Microsecond), c.Method, c.Path, c.Operation, c.Status,
			float64(c.Took.Microseconds()) / 1000, c.Fault, c.Failure, c.Request, c.Response,
		})
	}
	return map[string]any{"calls": all}, nil
}

func (k Knobs) forgetCalls(r *http.Request) (any, error) {
	k.Calls.Clear()
	return k.calls(r)
}
