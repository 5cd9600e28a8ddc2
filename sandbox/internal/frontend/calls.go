package frontend

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
	"github.com/vingd/vingd-api-go/sandbox/internal/faults"
)

// callLimit is how many calls the dashboard shows.
const callLimit = 10

// A callsPage shows the last calls, newest first.
type callsPage struct{ Calls []calls.Call }

// A callPage shows a call with its bodies.
type callPage struct {
	calls.Call

	Request, Response string
}

// Watch makes the pages show the calls of a log, and the faults that are still to happen.
func (f *Frontend) Watch(log *calls.Log, wrong *faults.Set) { f.pages.log, f.pages.wrong = log, wrong }

func (p *pages) lastCalls(n int) []calls.Call {
	if p.log == nil {
		return nil
	}
	return p.log.Last(n)
}

func (p *pages) allCalls(w http.ResponseWriter, _ *http.Request) {
	p.render(w, http.StatusOK, "calls", callsPage{p.lastCalls(1 << 20)})
}

func (p *pages) oneCall(w http.ResponseWriter, r *http.Request) {
	number, err := readID(r.PathValue("number"))
	if err != nil {
		p.fail(w, problem{}.refusal(err))
		return
	}
	var c calls.Call
	ok := false
	if p.log != nil {
		c, ok = p.log.Find(number)
	}
	if !ok {
		p.fail(w, problem{
			Status: http.StatusNotFound, Title: "Not found", Back: "/look/calls", BackText: "To the last calls",
			Message: "The sandbox keeps the last calls, and call " + strconv.FormatInt(number, 10) + " is not among them.",
		})
		return
	}
	p.render(w, http.StatusOK, "call", callPage{c, indented(c.Request), indented(c.Response)})
}

// indented returns JSON on several lines, and any other text as it is.
func indented(text string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}

// A state is what every page shows of the sandbox: its time, and the faults that are armed.
type state struct {
	Now    time.Time
	Ahead  time.Duration
	Faults []string
}

// Odd reports whether the clock was moved, or a fault is armed.
func (s state) Odd() bool { return s.Ahead != 0 || len(s.Faults) > 0 }

func (p *pages) state() state {
	s := state{Now: p.broker.Now(), Ahead: p.broker.Ahead()}
	if p.wrong != nil {
		for _, a := range p.wrong.Armed() {
			s.Faults = append(s.Faults, pending(a))
		}
	}
	return s
}

// pending says what goes wrong and when, with the names that the controls have.
func pending(a faults.Armed) string {
	text := strings.TrimPrefix(a.Operation+": "+a.Fault.String(), ": ")
	var when []string
	for _, bound := range []struct {
		name  string
		value float64
	}{
		{"object", float64(a.Fault.Object)}, {"after", float64(a.Fault.After)}, {"fraction", a.Fault.Fraction}, {"count", float64(a.Fault.Count)},
	} {
		if bound.value != 0 {
			when = append(when, bound.name+" "+strconv.FormatFloat(bound.value, 'f', -1, 64))
		}
	}
	if when == nil {
		return text
	}
	return text + " (" + strings.Join(when, ", ") + ")"
}

// responseOf says how a call ended.
func responseOf(c calls.Call) string {
	if c.Status == 0 {
		return "no response"
	}
	return strconv.Itoa(c.Status)
}

// milliseconds writes a duration in milliseconds.
func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 1, 64)
}
