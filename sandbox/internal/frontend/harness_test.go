package frontend_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/frontend"
	"github.com/vingd/vingd-api-go/vingd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A site is the frontend of a broker with a seller and a buyer, over TLS, and a browser.
type site struct {
	*broker.Broker

	t       *testing.T
	clock   *clock
	address string
	browser *http.Client
	seller  vingd.UID
	ann     vingd.UID
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newSite(t *testing.T) *site {
	t.Helper()
	c := &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	b := must[*broker.Broker](t)(broker.New(c.Now, ""))
	server := httptest.NewTLSServer(frontend.New(b))
	s := &site{
		Broker: b, t: t, clock: c, address: server.URL,
		seller: must[vingd.UID](t)(b.AddSeller(broker.NewSeller{Username: "seller@example.com", Password: "123", Balance: 1000_00})),
		ann:    must[vingd.UID](t)(b.AddBuyer("Ann", 10_00)),
	}
	s.browser = s.newBrowser(server)
	t.Cleanup(func() {
		server.Close()
		if err := b.Check(); err != nil {
			t.Errorf("at the end of the test: %v", err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// newBrowser returns a client that keeps cookies and follows nothing.
func (s *site) newBrowser(server *httptest.Server) *http.Client {
	jar := must[*cookiejar.Jar](s.t)(cookiejar.New(nil))
	return &http.Client{
		Transport: server.Client().Transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// otherBrowser returns the site as somebody else opens it.
func (s *site) otherBrowser() *site {
	other := *s
	other.browser = &http.Client{
		Transport: s.browser.Transport, CheckRedirect: s.browser.CheckRedirect,
		Jar: must[*cookiejar.Jar](s.t)(cookiejar.New(nil)),
	}
	return &other
}

// order makes an object with this name and URL, and an order of it, and returns the path of its page.
func (s *site) order(name, address string, price vingd.Cents) (object vingd.ObjectID, path string) {
	s.t.Helper()
	object = must[vingd.ObjectID](s.t)(s.CreateObject(s.seller, broker.Description{Name: name, URL: address}))
	context := "the order's"
	id := must[vingd.OrderID](s.t)(s.CreateOrder(s.seller, object, broker.NewOrder{Price: price, Context: &context}))
	return object, "/orders/" + strconv.FormatInt(int64(id), 10) + "/add/"
}

func (s *site) essay() (vingd.ObjectID, string) {
	s.t.Helper()
	return s.order("An essay", "http://localhost:666/?page=1", 2_00)
}

func (s *site) code(n broker.NewVoucher) string {
	s.t.Helper()
	return string(must[broker.Voucher](s.t)(s.CreateVoucher(s.seller, n)).Code)
}

// everything returns the newest things of each kind.
func (s *site) everything() []any {
	s.t.Helper()
	l := broker.Look{Limit: 99}
	return []any{
		must[broker.Page[broker.AccountView]](s.t)(s.ViewAccounts(l)), must[broker.Page[broker.ObjectView]](s.t)(s.ViewObjects(l)),
		must[broker.Page[broker.OrderView]](s.t)(s.ViewOrders(l)), must[broker.Page[broker.PurchaseView]](s.t)(s.ViewPurchases(l)),
		must[broker.Page[broker.VoucherView]](s.t)(s.ViewVouchers(l)), must[broker.Page[broker.TransferView]](s.t)(s.ViewTransfers(l)),
	}
}

// totals returns how many rows there are of each kind.
func (s *site) totals() broker.Totals {
	s.t.Helper()
	return must[broker.Totals](s.t)(s.ViewTotals())
}

func (s *site) holds(uid vingd.UID, want vingd.Cents) {
	s.t.Helper()
	if got := must[vingd.Cents](s.t)(s.Balance(uid)); got != want {
		s.t.Errorf("account %d holds %v, want %v", uid, got, want)
	}
}

// A response is the response with a page.
type response struct {
	t        *testing.T
	call     string
	status   int
	header   http.Header
	body     string
	elements []element
}

// An element is one of a page, with the text directly in it.
type element struct {
	name  string
	attrs map[string]string
	text  string
}

func (s *site) get(path string) response { return s.do(http.MethodGet, path, nil, nil) }

// submit opens a page and submits its form, with what a browser would send and then these changes: name, value, name, …
func (s *site) submit(path string, changes ...string) response {
	s.t.Helper()
	return s.post(path, s.get(path).is(http.StatusOK).fields(changes...))
}

func (s *site) post(path string, fields url.Values) response {
	s.t.Helper()
	return s.do(http.MethodPost, path, strings.NewReader(fields.Encode()), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
}

func (s *site) do(method, path string, body io.Reader, header http.Header) response {
	s.t.Helper()
	request := must[*http.Request](s.t)(http.NewRequestWithContext(s.t.Context(), method, s.address+path, body))
	for name, values := range header {
		request.Header[name] = values
	}
	received, err := s.browser.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	raw, err := io.ReadAll(received.Body)
	if err := errors.Join(err, received.Body.Close()); err != nil {
		s.t.Fatal(err)
	}
	a := response{t: s.t, call: method + " " + path, status: received.StatusCode, header: received.Header, body: string(raw)}
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && a.header.Get("Location") == "" && method != http.MethodHead {
		a.elements = parse(s.t, raw)
		a.safe()
	}
	return a
}

// parse reads a page, whose HTML must be well-formed XML too: so nothing is left open, and nothing unescaped.
func parse(t *testing.T, page []byte) []element {
	t.Helper()
	var all []element
	var open []int
	decoder := xml.NewDecoder(bytes.NewReader(page))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v\n%s", err, page)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, attrs: make(map[string]string)}
			for _, attr := range token.Attr {
				if _, twice := e.attrs[attr.Name.Local]; twice {
					t.Errorf("<%s> has %s twice", e.name, attr.Name.Local)
				}
				e.attrs[attr.Name.Local] = attr.Value
			}
			open = append(open, len(all))
			all = append(all, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				all[open[len(open)-1]].text += string(token)
			}
		}
	}
}

// safe fails the test if a page lacks what protects it.
func (a response) safe() {
	a.t.Helper()
	policy := a.header.Get("Content-Security-Policy")
	scripts, _, _ := strings.Cut(policy[max(0, strings.Index(policy, "script-src")):], ";")
	if !strings.HasPrefix(policy, "default-src 'none'; ") || !strings.Contains(policy, "frame-ancestors 'none'") ||
		strings.Contains(scripts, "unsafe") || a.header.Get("X-Frame-Options") != "DENY" ||
		a.header.Get("Referrer-Policy") != "same-origin" || a.header.Get("X-Content-Type-Options") != "nosniff" ||
		a.header.Get("Cache-Control") != "no-store" {
		a.t.Errorf("%s: the page is not protected: %v", a.call, a.header)
	}
	for _, e := range a.elements {
		if e.name == "script" && (!strings.HasPrefix(e.attrs["src"], "/assets/") || e.text != "") {
			a.t.Errorf("%s: the page has a script of %q %q", a.call, e.attrs["src"], e.text)
		}
		for attr := range e.attrs {
			if strings.HasPrefix(attr, "on") || attr == "style" {
				a.t.Errorf("%s: <%s> has the attribute %s", a.call, e.name, attr)
			}
		}
	}
}

func (a response) is(status int) response {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: got %d, want %d: %s", a.call, a.status, status, a.body)
	}
	return a
}

// says fails the test unless the page has this text, as a person reads it.
func (a response) says(text string) response {
	a.t.Helper()
	if !slices.ContainsFunc(a.elements, func(e element) bool { return strings.Contains(e.text, text) }) {
		a.t.Errorf("%s: the page does not say %q:\n%s", a.call, text, a.body)
	}
	return a
}

// leads fails the test unless the page has a link to this address.
func (a response) leads(to string) response {
	a.t.Helper()
	if !slices.ContainsFunc(a.elements, func(e element) bool { return e.name == "a" && e.attrs["href"] == to }) {
		a.t.Errorf("%s: the page has no link to %q:\n%s", a.call, to, a.body)
	}
	return a
}

// location returns where the response redirects a browser to, which must be by 303.
func (a response) location() *url.URL {
	a.t.Helper()
	a.is(http.StatusSeeOther)
	return must[*url.URL](a.t)(url.Parse(a.header.Get("Location")))
}

// fields returns what a browser would send when the page's first button is clicked, with these changes.
func (a response) fields(changes ...string) url.Values {
	fields := make(url.Values)
	for _, e := range a.elements {
		if e.attrs["form"] != "" {
			continue // of another form
		}
		kind, name := e.attrs["type"], e.attrs["name"]
		if e.name == "button" && !fields.Has(name) || e.name == "input" && (kind != "radio" && kind != "checkbox" || e.attrs["checked"] != "") {
			fields.Set(name, e.attrs["value"])
		}
	}
	for pair := range slices.Chunk(changes, 2) {
		fields.Set(pair[0], pair[1])
	}
	return fields
}
