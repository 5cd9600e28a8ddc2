package frontend

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/faults"
	"github.com/vingd/vingd-api-go/vingd"
)

// Controls are the functions of the dashboard that the broker lacks.
type Controls struct {
	Reset func() error
	// ReadFixtures reads fixtures in JSON. Its errors call the whole text by a name.
	ReadFixtures func(name string, text []byte) (broker.Fixtures, error)
	// Allowed reports whether a client may use the controls.
	Allowed func(*http.Request) bool
	// Elsewhere tells any other client where the controls are.
	Elsewhere string
}

// Control makes the dashboard offer controls.
func (f *Frontend) Control(c Controls) { f.pages.controls = &c }

// A controlForm is the form of the controls.
type controlForm struct {
	Token      string
	Operations []string
	Kinds      []string

	sent url.Values
}

// Field returns the value of a field as it was submitted, or else a default.
func (f *controlForm) Field(name, otherwise string) string {
	if f.sent.Has(name) {
		return f.sent.Get(name)
	}
	return otherwise
}

// Has reports whether a field was submitted.
func (f *controlForm) Has(name string) bool { return f.sent.Has(name) }

// Example returns fixtures of each kind.
func (*controlForm) Example() string {
	return `{
  "buyers": [{"name": "Ann", "balance": 1000}],
  "objects": [{
    "description": {"name": "An essay", "url": "http://localhost:8000/essay"},
    "orders": [{"price": 200, "context": "essay", "expires_in": "24h"}]
  }],
  "vouchers": [{"amount": 100, "message": "Welcome!"}]
}`
}

// faultKinds are the faults that the dashboard offers, in order.
var faultKinds = []struct {
	name  string
	fault faults.Fault
}{
	{"status 500", faults.Fault{Status: http.StatusInternalServerError}},
	{"status 503, retry after 2 s", faults.Fault{Status: http.StatusServiceUnavailable, RetryAfter: 2 * time.Second}},
	{"hang up", faults.Fault{HangUp: true}},
	{"hang up after it was done", faults.Fault{HangUp: true, Done: true}},
	{"garbage", faults.Fault{Garbage: true}},
	{"cut", faults.Fault{Cut: true}},
	{"delay of 5 s", faults.Fault{Delay: 5 * time.Second}},
}

// controlForm returns the form of the controls, for a client that may use them.
func (p *pages) controlForm(w http.ResponseWriter, r *http.Request) *controlForm {
	f := &controlForm{Token: p.guard.token(w, r, p.broker.Resets()), Operations: faults.Operations(), sent: r.PostForm}
	for _, kind := range faultKinds {
		f.Kinds = append(f.Kinds, kind.name)
	}
	return f
}

// elsewhere says where the controls are that this dashboard does not offer.
func (p *pages) elsewhere() string {
	if p.controls == nil {
		return "This sandbox has no controls."
	}
	return p.controls.Elsewhere
}

func (p *pages) mayControl(r *http.Request) bool {
	return p.controls != nil && p.wrong != nil && p.controls.Allowed(r)
}

// control runs a form of the dashboard, and shows the dashboard again.
func (p *pages) control(w http.ResponseWriter, r *http.Request) {
	if !p.mayControl(r) {
		p.fail(w, problem{Status: http.StatusForbidden, Title: "Not allowed", Message: p.elsewhere()})
		return
	}
	if !p.read(w, r, false, controlLimit) {
		return
	}
	if r.PostForm.Get("do") == "audit" { // as often as it is submitted
		p.audit(w, r)
		return
	}
	var to string
	_, again, err := p.guard.once(r, func(*outcome) (err error) {
		to, err = p.do(r)
		return err
	})
	if again {
		p.showDashboard(w, r, http.StatusConflict, dashboardPage{Problem: "This form was submitted before. It was done once then, and not now. To do what it says now, submit it from here."})
		return
	}
	if err == nil {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	status, _ := statusOf(err)
	if status == http.StatusInternalServerError {
		p.fail(w, problem{}.refusal(err))
		return
	}
	p.showDashboard(w, r, status, dashboardPage{Problem: sentence(err)})
}

// audit shows whether the books are right.
func (p *pages) audit(w http.ResponseWriter, r *http.Request) {
	if err := p.broker.Check(); err != nil {
		p.fail(w, problem{Status: http.StatusInternalServerError, Title: "The audit failed", Message: capital(err.Error()) + ".", failure: err})
		return
	}
	p.showDashboard(w, r, http.StatusOK, dashboardPage{Done: "The books are right."})
}

// do runs a form. It returns the address of the page that shows what the form did.
func (p *pages) do(r *http.Request) (to string, err error) {
	form := r.PostForm
	const dashboard = "/"
	switch form.Get("do") {
	case "advance":
		by, err := time.ParseDuration(strings.TrimSpace(form.Get("advance")))
		if err != nil {
			return "", refuse("the time to advance by must be a duration like 90s, 15m or 168h")
		}
		return dashboard, p.broker.Advance(by)
	case "buyer":
		c, err := readChoice(map[string][]string{"buyer": {fresh}, "name": {form.Get("name")}, "balance": {form.Get("balance")}})
		if err != nil {
			return "", err
		}
		buyer, err := p.chosen(c)
		return thingPath(broker.Accounts, buyer.UID), err
	case "seller":
		return p.addSeller(form)
	case "object":
		return p.addObject(form)
	case "fixtures":
		return dashboard, p.addFixtures(form.Get("fixtures"))
	case "deposit":
		uid, err := strconv.ParseInt(strings.TrimSpace(form.Get("account")), 10, 64)
		amount, ok := readAmount(form.Get("amount"))
		if err != nil || !ok {
			return "", refuse("a deposit must have the number of an account and an amount of vingds like 10.00")
		}
		return thingPath(broker.Accounts, uid), p.broker.Deposit(vingd.UID(uid), amount)
	case "fault":
		return dashboard, p.arm(form)
	case "clear":
		p.wrong.Clear()
		return dashboard, nil
	case "forget":
		p.log.Clear()
		return dashboard, nil
	case "reset":
		return dashboard, p.controls.Reset()
	default:
		return "", refuse("a form of the dashboard must say what to do")
	}
}

// arm adds the fault of a form.
func (p *pages) arm(form url.Values) error {
	count, err := strconv.Atoi(strings.TrimSpace(form.Get("next")))
	if err != nil {
		return refuse("the number of requests that meet a fault must be 0 or more")
	}
	after, err := strconv.Atoi(cmp.Or(strings.TrimSpace(form.Get("after")), "0"))
	if err != nil {
		return refuse("the number of requests that pass before a fault must be 0 or more")
	}
	for _, k := range faultKinds {
		if k.name == form.Get("kind") {
			f := k.fault
			f.Count, f.After = count, after
			return p.wrong.Add(form.Get("operation"), f)
		}
	}
	return refuse("the fault must be one of those that the dashboard offers")
}
