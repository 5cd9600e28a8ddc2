package browser_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/browser"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A world is a sandbox, a shop that sells there, and Ann with 10.00 vingds in front of a browser.
type world struct {
	*sandbox.Server
	*browser.Visitor

	t       *testing.T
	clock   *clock
	client  *vingd.Client
	shop    *shop
	ann     *sandbox.Buyer
	voucher vingd.VoucherCode
}

func newWorld(t *testing.T, d *browser.Driver, in browser.Window) *world {
	t.Helper()
	c := &clock{now: time.Now()} // by which its client, too, says when an order expires
	w := &world{t: t, clock: c, Visitor: d.Visitor(t, in)}
	w.Server = must[*sandbox.Server](t)(sandbox.Start(sandbox.Options{Clock: c.Now}))
	t.Cleanup(func() {
		if err := errors.Join(w.Check(), w.Close()); err != nil {
			t.Errorf("at the end of the test: %v", err)
		}
	})
	w.ann = must[*sandbox.Buyer](t)(w.AddBuyer("Ann", 10_00))
	w.client = must[*vingd.Client](t)(vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(w.Endpoint()),
		vingd.WithFrontend(w.Frontend()), vingd.WithHTTPClient(w.HTTPClient())))
	t.Cleanup(w.client.CloseIdleConnections)
	w.openShop()
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

// enter opens the shop's page.
func (w *world) enter() {
	w.t.Helper()
	w.Visit(w.shop.URL+"/essay", 200)
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
