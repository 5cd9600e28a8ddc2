package browser_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A world is a sandbox, a shop that sells there, and Ann with 10.00 vingds in front of a browser.
type world struct {
	*sandbox.Server

	t       *testing.T
	clock   *clock
	client  *vingd.Client
	shop    *shop
	ann     *sandbox.Buyer
	voucher vingd.VoucherCode

	browser *driver
	window  window
}

// A window is how a person looks at the web.
type window struct {
	name          string
	javaScript    bool
	width, height int
}

func windows() []window {
	return []window{
		{name: "on a desk", javaScript: true, width: 1280, height: 800},
		{name: "on a phone without JavaScript", width: 360, height: 740},
	}
}

func newWorld(t *testing.T, d *driver, in window) *world {
	t.Helper()
	c := &clock{now: time.Now()} // by which its client, too, says when an order lapses
	w := &world{t: t, clock: c, browser: d, window: in}
	w.Server = must[*sandbox.Server](t)(sandbox.Start(sandbox.Options{Clock: c.Now}))
	t.Cleanup(func() {
		if err := errors.Join(w.Check(), w.Close()); err != nil {
			t.Errorf("at the end of the test: %v", err)
		}
	})
	w.ann = must[*sandbox.Buyer](t)(w.NewBuyer("Ann", 10_00))
	w.client = must[*vingd.Client](t)(vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(w.Endpoint()),
		vingd.WithFrontend(w.Frontend()), vingd.WithHTTPClient(w.HTTPClient())))
	t.Cleanup(w.client.CloseIdleConnections)
	w.openShop()
	d.do(t, nil, "start", map[string]any{"javaScript": in.javaScript, "width": in.width, "height": in.height})
	return w
}

// openShop opens the shop, with an essay to buy and a voucher to redeem.
func (w *world) openShop() {
	w.t.Helper()
	w.shop = newShop(w.t, w.client, w.Frontend())
	page := &w.shop.page
	page.Object = must[vingd.ObjectID](w.t)(w.client.Objects.Create(w.t.Context(),
		vingd.ObjectParams{Name: "An essay", URL: w.shop.URL + "/essay"}))
	order := must[*vingd.Order](w.t)(w.client.Orders.Create(w.t.Context(), page.Object,
		vingd.OrderParams{Price: 2_00, Context: "aisle 3"}))
	voucher := must[*vingd.Voucher](w.t)(w.client.Vouchers.Create(w.t.Context(), vingd.VoucherParams{Amount: 1_00, Message: "Thank you!"}))
	page.Order, page.Voucher, w.voucher = w.client.Orders.URLs(order.ID), w.client.Vouchers.URLs(voucher.Code), voucher.Code
}

// visit opens an address, which must answer with this status.
func (w *world) visit(address string, status int) {
	w.t.Helper()
	var got int
	if w.browser.do(w.t, &got, "goto", map[string]any{"address": address}); got != status {
		w.t.Fatalf("%s: got %d, want %d", address, got, status)
	}
}

// reload loads the page again, which must answer with this status.
func (w *world) reload(status int) {
	w.t.Helper()
	var got int
	if w.browser.do(w.t, &got, "reload", nil); got != status {
		w.t.Fatalf("got %d, want %d", got, status)
	}
}

// enter opens the shop's page.
func (w *world) enter() {
	w.t.Helper()
	w.visit(w.shop.URL+"/essay", 200)
}

func (w *world) click(name string) {
	w.t.Helper()
	w.browser.do(w.t, nil, "click", map[string]any{"name": name})
}

// popup clicks what opens a window, and goes on there.
func (w *world) popup(name string) {
	w.t.Helper()
	w.browser.do(w.t, nil, "popup", map[string]any{"name": name})
}

// closed waits until the popup has closed itself, and goes on in the window that opened it.
func (w *world) closed() {
	w.t.Helper()
	w.browser.do(w.t, nil, "closed", nil)
}

func (w *world) check(name string) {
	w.t.Helper()
	w.browser.do(w.t, nil, "check", map[string]any{"name": name})
}

func (w *world) fill(name, value string) {
	w.t.Helper()
	w.browser.do(w.t, nil, "fill", map[string]any{"name": name, "value": value})
}

// awaits waits for a page that says something.
func (w *world) awaits(text string) {
	w.t.Helper()
	w.browser.do(w.t, nil, "says", map[string]any{"text": text})
}

// says waits for a page that says these things and that fits into the window.
func (w *world) says(texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		w.awaits(text)
	}
	var excess int
	if w.browser.do(w.t, &excess, "excess", nil); excess > 0 {
		w.t.Errorf("the page that says %q is %d pixels wider than its window", texts, excess)
	}
}

// text returns all that the page says.
func (w *world) text() (text string) {
	w.t.Helper()
	w.browser.do(w.t, &text, "text", nil)
	return text
}

// quiet fails the test if the browser has complained of anything, such as a script that was not let run.
func (w *world) quiet() {
	w.t.Helper()
	var complaints []string
	if w.browser.do(w.t, &complaints, "complaints", nil); len(complaints) > 0 {
		w.t.Errorf("the browser complains:\n%s", strings.Join(complaints, "\n"))
	}
}

// hold fails the test unless Ann and the shop hold these amounts, and the books are right.
func (w *world) hold(ann, shop vingd.Cents) {
	w.t.Helper()
	w.holds(w.ann.UID(), ann)
	w.holds(w.Seller(), shop)
	if err := w.Check(); err != nil {
		w.t.Error(err)
	}
}

func (w *world) holds(account vingd.UID, want vingd.Cents) {
	w.t.Helper()
	if got := must[vingd.Cents](w.t)(w.Balance(account)); got != want {
		w.t.Errorf("account %d holds %v, want %v", account, got, want)
	}
}

// A clock stands until it is moved.
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

// address returns where the window is.
func (w *world) address() (address string) {
	w.t.Helper()
	w.browser.do(w.t, &address, "address", nil)
	return address
}
