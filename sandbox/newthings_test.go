package sandbox_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// A dashboard is the dashboard of a world in a browser.
type dashboard struct {
	*world

	browser *http.Client
}

func openDashboard(w *world) dashboard {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return dashboard{w, &http.Client{Transport: w.HTTPClient().Transport, Jar: jar}}
}

func (d dashboard) send(r *http.Request) (status int, text string) {
	d.t.Helper()
	a := open(d.t, d.browser, r)
	return a.status, string(a.raw)
}

func (d dashboard) request(method string, form url.Values) *http.Request {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.Frontend()+"/", strings.NewReader(form.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// token returns the token of a dashboard that is shown anew.
func (d dashboard) token() string {
	d.t.Helper()
	_, text := d.send(d.request("GET", nil))
	found := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(text)
	if found == nil {
		d.t.Fatalf("there is no form:\n%s", text)
	}
	return found[1]
}

// submit sends a form of a dashboard that is shown anew, and returns the page that follows.
func (d dashboard) submit(form string) (status int, text string) {
	d.t.Helper()
	values, err := url.ParseQuery(form)
	if err != nil {
		d.t.Fatal(err)
	}
	values.Set("token", d.token())
	return d.send(d.request("POST", values))
}

// The dashboard makes sellers, objects with orders, and fixtures. The page of what it made follows.
func TestDashboard_NewThings(t *testing.T) {
	w := newWorld(t)
	d := openDashboard(w)
	shows := func(form string, want ...string) {
		t.Helper()
		status, text := d.submit(form)
		if status != http.StatusOK || slices.ContainsFunc(want, func(s string) bool { return !strings.Contains(text, s) }) {
			t.Errorf("%s: got %d, want %q:\n%s", form, status, want, text)
		}
	}
	shows("do=seller&username=+shop@example.com&password=s3cret&deposit=20", "<h1>", "shop@example.com", "20.00")
	shows("do=object&object=Essay&url=http://localhost:8000/essay&price=2,50&seller=shop@example.com", "Essay", "http://localhost:8000/essay", "2.50", "/orders/")
	shows("do=object&object=Poem&url=http://localhost:8000/poem&price=&seller=", "Poem")
	shows("do=fixtures&fixtures="+url.QueryEscape("{\r\n \"buyers\": [{\"name\": \"Ann\", \"balance\": 500}], \"vouchers\": [{\"amount\": 100}]}"), "Ann", "5.00")

	client, err := vingd.New(vingd.Password("shop@example.com", "s3cret"), vingd.WithEndpoint(w.Endpoint()), vingd.WithHTTPClient(w.HTTPClient()))
	if err != nil {
		t.Fatal(err)
	}
	objects, err := client.Objects.List(t.Context(), vingd.ObjectFilter{})
	if err != nil || len(objects) != 1 || objects[0].Name != "Essay" || objects[0].URL != "http://localhost:8000/essay" {
		t.Errorf("got %v, %v", objects, err)
	}
	orders, err := client.Orders.List(t.Context(), vingd.OrderFilter{})
	if err != nil || len(orders) != 1 || orders[0].Price != 2_50 {
		t.Errorf("got %v, %v", orders, err)
	}
	balance, err := client.Accounts.Balance(t.Context())
	if err != nil || balance != 20_00 {
		t.Errorf("got %v, %v", balance, err)
	}
	w.holds(999_00)

	for form, want := range map[string]string{
		"do=seller&username=shop@example.com&password=1&deposit=1":                        "Username &#34;shop@example.com&#34;: is taken",
		"do=seller&username=&password=1&deposit=1":                                        "must not be empty",
		"do=seller&username=b&password=1&deposit=-1":                                      "an amount of vingds like 1000.00",
		"do=object&object=&url=http://localhost/&price=1":                                 "name",
		"do=object&object=x&url=&price=1":                                                 "url",
		"do=object&object=x&url=http://localhost/&price=x":                                "an amount of vingds like 2.00, or be empty",
		"do=object&object=x&url=http://localhost/&price=1&seller=b":                       "must be the username of a seller",
		"do=fixtures&fixtures=+":                                                          "must not be empty",
		"do=fixtures&fixtures=[]":                                                         "must be a JSON object",
		`do=fixtures&fixtures={"buyers":[{"name":"Bob"},{"balance":1}]}`:                  "buyers[1].name: is missing",
		`do=fixtures&fixtures={"buyers":[{"name":"Bob"}],"vouchers":[{"amount":999999}]}`: "vouchers[0]",
	} {
		status, text := d.submit(form)
		if status < 400 || status > 409 || !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
			t.Errorf("%s: got %d, want %s:\n%s", form, status, want, text)
		}
		if problem := regexp.MustCompile(`role="alert">([^<]*)`).FindString(text); problem == "" || strings.Contains(form, "do=object") && strings.Contains(problem, "objects[0]") {
			t.Errorf("%s: got %s", form, problem)
		}
	}
	if _, text := d.submit("do=fixtures&fixtures=%5B%5D"); !strings.Contains(text, "<details open") || !strings.Contains(text, ">[]</textarea>") {
		t.Errorf("the page lost what was typed:\n%s", text)
	}
}
