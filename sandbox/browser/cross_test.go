package browser_test

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/browser"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// An attack is a request that a page of another origin tries to send to a sandbox.
type attack struct{ Method, Path, Body string }

// The page makes an attack in every way that a browser has for it, and says when all of them have ended. Then a click on the
// prize makes the window itself attack.
var attackPage = template.Must(template.New("attack").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Evil</title>
<h1>Win a prize</h1>
{{with .Attack}}{{if eq .Method "POST"}}<form method="post" action="{{$.Target}}{{.Path}}">
{{range $name, $values := .Fields}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}">{{end}}{{end}}
<button>Prize</button></form>{{end}}{{if eq .Method "GET"}}<p><a href="{{$.WithLogin}}{{.Path}}">Prize</a></p>{{end}}{{end}}
<div id="ground"></div><p id="end"></p>
<script>
const ground = document.getElementById("ground"), running = [];
const loaded = (name, set) => running.push(new Promise((resolve) => {
  const e = document.createElement(name);
  e.onload = e.onerror = resolve;
  set(e);
  ground.append(e);
}));
const submit = (url, enctype, fields) => {
  const name = "frame" + running.length;
  let sent = false;
  running.push(new Promise((resolve) => {
    const frame = document.createElement("iframe"), form = document.createElement("form");
    frame.name = name;
    frame.onload = () => { // at first of the empty frame
      if (sent) return resolve();
      sent = true;
      form.submit();
    };
    Object.assign(form, { method: "post", action: url, enctype, target: name });
    for (const [key, value] of fields) form.append(Object.assign(document.createElement("input"), { name: key, value }));
    ground.append(form, frame);
  }));
};
addEventListener("load", () => {
  const { Method: method, Path: path, Body: sent } = {{.Attack}};
  const url = {{.Target}} + path, withLogin = {{.WithLogin}} + path;
  const body = method === "GET" ? undefined : sent;
  const ignored = () => {};
  const headers = { Authorization: {{.Authorization}}, "Content-Type": "application/json" };
  running.push(fetch(url, { method, body, mode: "no-cors", credentials: "include" }).catch(ignored));
  running.push(fetch(url, { method, body, mode: "cors", credentials: "include", headers }).catch(ignored));
  if (method === "GET") {
    loaded("iframe", (e) => { e.src = url; }); // chromium loads no frame with a login, and has no event for it
    for (const address of [url, withLogin]) {
      loaded("img", (e) => { e.src = address; });
      loaded("script", (e) => { e.src = address; });
      loaded("link", (e) => { e.rel = "stylesheet"; e.href = address; });
    }
  }
  if (method === "POST") {
    navigator.sendBeacon(url, body);
    const cut = body.indexOf("=");
    submit(url, "text/plain", [[body.slice(0, cut), body.slice(cut + 1)]]);
    for (const enctype of ["application/x-www-form-urlencoded", "multipart/form-data"]) submit(url, enctype, new URLSearchParams(body));
  }
  Promise.all(running).then(() => { document.getElementById("end").textContent = "All " + running.length + " attacks ended."; });
});
</script></html>`))

// Fields returns the fields of a body that is a form.
func (a attack) Fields() url.Values {
	fields, _ := url.ParseQuery(a.Body)
	return fields
}

// A target is a sandbox that records what is sent to it.
type target struct {
	*sandbox.Sandbox

	t       *testing.T
	server  *httptest.Server
	login   *url.Userinfo
	attacks []attack
	token   string // the path of a verification that was not sent yet

	mu   sync.Mutex
	seen map[string]int // how often a path was requested
}

func newTarget(t *testing.T, secure bool) *target {
	t.Helper()
	now := time.Now()
	g := &target{t: t, seen: make(map[string]int)}
	g.Sandbox = must[*sandbox.Sandbox](t)(sandbox.New(sandbox.Options{Clock: func() time.Time { return now }}))
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	g.server = serve(t, g, secure)
	sum := sha1.Sum([]byte("123"))
	g.login = url.UserPassword("test@vingd.com", hex.EncodeToString(sum[:]))
	g.populate()
	return g
}

// serve serves on a loopback address until the test ends.
func serve(t *testing.T, h http.Handler, secure bool) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server
}

// ServeHTTP serves the attack page, as another site's server does while its name leads here, and the sandbox.
func (g *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/attack" {
		g.attack(w, r, "http://"+r.Host)
		return
	}
	g.mu.Lock()
	g.seen[r.URL.Path]++
	g.mu.Unlock()
	g.Handler().ServeHTTP(w, r)
}

// attack serves the page of the attack whose number is the query of r. It attacks the sandbox at an address.
func (g *target) attack(w http.ResponseWriter, r *http.Request, address string) {
	number, err := strconv.Atoi(r.URL.RawQuery)
	if err != nil {
		http.NotFound(w, r) // such as the icon of the page
		return
	}
	host := address[strings.LastIndex(address, "/")+1:]
	password, _ := g.login.Password()
	login := &http.Request{Header: make(http.Header)}
	login.SetBasicAuth(g.login.Username(), password)
	err = attackPage.Execute(w, map[string]any{
		"Attack": g.attacks[number], "Target": address, "WithLogin": strings.Replace(address, host, g.login.String()+"@"+host, 1),
		"Authorization": login.Header.Get("Authorization"),
	})
	if err != nil {
		g.t.Error(err)
	}
}

// populate adds an order, a voucher and a buyer who has paid, and makes the attacks.
func (g *target) populate() {
	client := must[*vingd.Client](g.t)(vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithLoopbackHTTP(),
		vingd.WithEndpoint(g.server.URL+"/sandbox/broker/v1"), vingd.WithHTTPClient(g.server.Client())))
	defer client.CloseIdleConnections()
	ctx := g.t.Context()
	object := must[vingd.ObjectID](g.t)(client.Objects.Create(ctx, vingd.ObjectParams{Name: "An essay", URL: "http://localhost/essay"}))
	order := must[*vingd.Order](g.t)(client.Orders.Create(ctx, object, vingd.OrderParams{Price: 2_00}))
	voucher := must[*vingd.Voucher](g.t)(client.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 1_00}))
	ann := must[*sandbox.Buyer](g.t)(g.AddBuyer("Ann", 10_00))
	callback := must[vingd.Callback](g.t)(vingd.ParseCallback(must[*url.URL](g.t)(ann.Pay(order.ID))))
	api := "/sandbox/broker/v1"
	g.token = fmt.Sprintf("%s/objects/%d/tokens/%s", api, object, callback.Token)
	page := fmt.Sprintf("/orders/%d/add/", order.ID)
	pay := fmt.Sprintf("buyer=%d&do=pay&name=x&balance=1&token=x", ann.UID())
	redeem := fmt.Sprintf("buyer=%d&do=redeem&name=x&balance=1&token=x", ann.UID())
	g.attacks = []attack{
		{"GET", g.token, ""},
		{"POST", api + "/vouchers/", `{"amount":1,"until":null,"message":"=","gid":null}`},
		{"POST", fmt.Sprintf("%s/objects/%d/orders/", api, object), `{"price":1,"order_expires":null,"context":"="}`},
		{"POST", api + "/registry/objects/", `{"description":{"name":"=","url":"http://localhost/"}}`},
		{"POST", api + "/rewards", `{"huid_to":"x","amount":1,"description":"="}`},
		{"POST", api + "/id/users/", `{"identities":{"facebook":"="},"primary":"facebook"}`},
		{"DELETE", api + "/vouchers", `{"revoke":true}`},
		{"GET", "/-/check", ""},
		{"POST", "/-/reset", "x=1"},
		{"POST", "/-/clock", `{"advance":"24h","x":"="}`},
		{"POST", "/-/faults", `{"status":500,"x":"="}`},
		{"POST", "/-/deposits", fmt.Sprintf(`{"uid":%d,"amount":100,"x":"="}`, ann.UID())},
		{"POST", "/-/buyers", `{"name":"Eve","balance":100,"x":"="}`},
		{"POST", fmt.Sprintf("/-/buyers/%d/pay", ann.UID()), fmt.Sprintf(`{"order":%d,"x":"="}`, order.ID)},
		{"POST", "/-/fixtures", `{"buyers":[{"name":"="}]}`},
		{"DELETE", "/-/calls", ""},
		{"POST", "/", "do=reset&token=x"},
		{"POST", page, pay},
		{"POST", "/popup" + page, pay},
		{"GET", page + "x", ""},
		{"GET", page, ""},
		{"POST", "/vouchers/" + string(voucher.Code), redeem},
		{"GET", "/popup/vouchers/" + string(voucher.Code), ""},
	}
}

// state returns everything that an attack could change, as a program on this machine sees it.
func (g *target) state() string {
	g.t.Helper()
	var all strings.Builder
	for _, path := range []string{
		"fort/accounts", fmt.Sprintf("fort/transfers/from=%d", g.Seller()), fmt.Sprintf("fort/transfers/to=%d", g.Seller()), "registry/objects", "orders/all/", "vouchers", "vouchers/history",
		"/-/clock", "/-/faults", "/-/buyers", "/-/check",
	} {
		if !strings.HasPrefix(path, "/-/") {
			path = "/sandbox/broker/v1/" + path
		}
		status, body := g.get(path)
		if status != http.StatusOK {
			g.t.Fatalf("%s: got %d %s", path, status, body)
		}
		fmt.Fprintf(&all, "%s: %s\n", path, body)
	}
	return all.String()
}

func (g *target) get(path string) (status int, body string) {
	g.t.Helper()
	r := must[*http.Request](g.t)(http.NewRequestWithContext(g.t.Context(), http.MethodGet, g.server.URL+path, nil))
	if password, _ := g.login.Password(); !strings.HasPrefix(path, "/-/") {
		r.SetBasicAuth(g.login.Username(), password)
	}
	response, err := g.server.Client().Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	raw := must[[]byte](g.t)(io.ReadAll(response.Body))
	return response.StatusCode, string(raw)
}

// run attacks from a page, and fails the test if an attack was not sent or changed anything.
func (g *target) run(v *browser.Visitor, page string) {
	g.t.Helper()
	before := g.state()
	g.mu.Lock()
	clear(g.seen)
	g.mu.Unlock()
	for i, a := range g.attacks {
		v.Visit(page+"?"+strconv.Itoa(i), http.StatusOK)
		v.Awaits("attacks ended.")
		if a.Method != http.MethodDelete {
			v.Click("Prize")
			v.Leaves("/attack")
		}
	}
	for _, a := range g.attacks {
		g.mu.Lock()
		if g.seen[a.Path] == 0 {
			g.t.Errorf("%s %s: no request reached the sandbox", a.Method, a.Path)
		}
		g.mu.Unlock()
	}
	if after := g.state(); after != before {
		g.t.Errorf("something moved: from\n%s\nto\n%s", before, after)
	}
	if status, body := g.get(g.token); status != http.StatusOK {
		g.t.Errorf("the token was spent: got %d %s", status, body)
	}
}

// A page of another site drives neither the API nor the controls nor the pages, in a browser that has the sandbox open.
func TestCrossSite_NothingMoves(t *testing.T) {
	d := browser.Start(t)
	for name, secure := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			g := newTarget(t, secure)
			evil := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.attack(w, r, g.server.URL) }), secure)
			v := d.Visitor(t, browser.Windows()[0])
			v.Visit(g.server.URL+"/", http.StatusOK) // for its cookie
			v.Says("Controls")
			g.run(v, strings.Replace(evil.URL, "127.0.0.1", "localhost", 1)+"/attack")
		})
	}
}

// A name of another site that leads to this machine does not make the sandbox a part of that site.
func TestCrossSite_Rebinding(t *testing.T) {
	d := browser.Start(t)
	g := newTarget(t, false)
	g.run(d.Visitor(t, browser.Windows()[0]), strings.Replace(g.server.URL, "127.0.0.1", "rebound.test", 1)+"/attack")
}
