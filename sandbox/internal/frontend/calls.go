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
const callLimit = 20

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

// A notice is what a developer must know on every page: the time of the sandbox, if it is moved, and what is made to go wrong.
type notice struct {
	Now    time.Time
	Ahead  time.Duration
	Faults []string
}

// notice returns nil if there is nothing to know.
func (p *pages) notice() *notice {
	n := notice{Now: p.broker.Now(), Ahead: p.broker.Ahead()}
	if p.wrong != nil {
		for _, a := range p.wrong.Armed() {
			n.Faults = append(n.Faults, strings.TrimPrefix(a.Operation+": "+a.Fault.String(), ": "))
		}
	}
	if n.Ahead == 0 && len(n.Faults) == 0 {
		return nil
	}
	return &n
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
