package frontend

import (
	"net/http"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
)

// A dashboardPage shows the newest things of each kind, or those that a search finds.
type dashboardPage struct {
	Search   string
	Tables   []table
	Calls    []calls.Call
	Controls *controlForm // or nil
	// Elsewhere says where the controls are if they are not here.
	Elsewhere string
	// Problem says what is wrong with a form that was submitted, Done what it found. Each may be empty.
	Problem, Done string
}

func (p *pages) dashboard(w http.ResponseWriter, r *http.Request) {
	p.showDashboard(w, r, http.StatusOK, dashboardPage{})
}

// showDashboard completes a page and responds with it.
func (p *pages) showDashboard(w http.ResponseWriter, r *http.Request, status int, page dashboardPage) {
	page.Calls = p.lastCalls(callLimit)
	if p.mayControl(r) {
		page.Controls = p.controlForm(w, r)
	} else {
		page.Elsewhere = p.elsewhere()
	}
	var err error
	if page.Search, err = readSearch(r.URL.Query().Get("q")); err == nil {
		page.Tables, err = p.tables(page.Search)
	}
	if err != nil {
		p.fail(w, problem{}.refusal(err))
		return
	}
	p.render(w, status, "dashboard", page)
}

// tables returns a table of each kind, or of each kind in which a search finds something.
func (p *pages) tables(search string) (all []table, err error) {
	var totals broker.Totals
	if search == "" {
		if totals, err = p.broker.ViewTotals(); err != nil {
			return nil, err
		}
	}
	for _, k := range kinds() {
		l := broker.Look{Text: search, Limit: partRows}
		t, err := p.table(k, l)
		if err != nil {
			return nil, err
		}
		if t.All = lookPath(k.Kind, l); search == "" {
			t.Total = k.total(totals)
		}
		if search == "" || len(t.Rows) > 0 || t.Older != "" {
			all = append(all, t)
		}
	}
	return all, nil
}
