package browser_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/browser"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A gallery is the address of each page of a sandbox, with the status of its response.
type gallery map[string]struct {
	path   string
	status int
}

// newGallery fills a sandbox with so many things of each kind, and returns its pages.
func newGallery(t *testing.T, things int) (*sandbox.Server, gallery) {
	t.Helper()
	s := must[*sandbox.Server](t)(sandbox.Start(sandbox.Options{}))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	pages := gallery{
		"dashboard": {"/", 200}, "calls": {"/look/calls", 200}, "no page": {"/nothing", 404}, "docs": {"/docs", 200},
		"account": {"/dashboard/accounts/4711", 200}, "mint": {"/dashboard/accounts/2", 200}, "nothing found": {"/?q=no+such+thing", 200},
	}
	for _, kind := range []string{"accounts", "objects", "orders", "purchases", "vouchers", "transfers"} {
		pages["list of "+kind] = struct {
			path   string
			status int
		}{"/dashboard/" + kind + "/", 200}
	}
	if things == 0 {
		return s, pages
	}
	fill(t, s, things)
	client := must[*vingd.Client](t)(vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(s.Endpoint()), vingd.WithHTTPClient(s.HTTPClient())))
	defer client.CloseIdleConnections()
	object := must[vingd.ObjectID](t)(client.Objects.Create(t.Context(), vingd.ObjectParams{
		Name: "The complete and unabridged Donaudampfschifffahrtsgesellschaftskapitänsgeschichten, in forty-two volumes",
		URL:  "https://shop.example/books/a-rather-long-address/donaudampfschifffahrtsgesellschaftskapitaensgeschichten?edition=2",
	}))
	order := must[*vingd.Order](t)(client.Orders.Create(t.Context(), object, vingd.OrderParams{Price: 12_50, Context: "aisle 3"}))
	expired := must[*vingd.Order](t)(client.Orders.Create(t.Context(), object, vingd.OrderParams{Price: 1, Expires: vingd.At(s.Now().Add(time.Minute))}))
	open := must[*vingd.Voucher](t)(client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 1_00, Group: "summer", Message: "Thank you for being with us in all those years!"}))
	used := must[*vingd.Voucher](t)(client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 1_00}))
	rich := must[*sandbox.Buyer](t)(s.AddBuyer("Ann", 1_000_000_00))
	callback := must[vingd.Callback](t)(vingd.ParseCallback(must[*url.URL](t)(rich.Pay(order.ID))))
	purchase := must[*vingd.Purchase](t)(client.Purchases.Verify(t.Context(), object, callback.Token))
	must[vingd.Cents](t)(rich.Redeem(used.Code))
	if err := s.Advance(2 * time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := s.Fail("rewardUser", sandbox.Fault{Status: http.StatusInternalServerError, Count: 3}); err != nil {
		t.Fatal(err)
	}
	for name, page := range (gallery{
		"order": {fmt.Sprintf("/orders/%d/add/", order.ID), 200}, "order in a popup": {fmt.Sprintf("/popup/orders/%d/add/", order.ID), 200},
		"order with a search": {fmt.Sprintf("/orders/%d/add/?find=buyer+1", order.ID), 200}, "expired order": {fmt.Sprintf("/orders/%d/add/", expired.ID), 410},
		"voucher": {"/vouchers/" + string(open.Code), 200}, "voucher in a popup": {"/popup/vouchers/" + string(open.Code), 200},
		"used voucher": {"/vouchers/" + string(used.Code), 410}, "call": {"/look/calls/1", 200}, "search": {"/?q=Ann", 200},
		"buyer": {fmt.Sprintf("/dashboard/accounts/%d", rich.UID()), 200}, "object": {fmt.Sprintf("/dashboard/objects/%d", object), 200},
		"one order": {fmt.Sprintf("/dashboard/orders/%d", order.ID), 200}, "purchase": {fmt.Sprintf("/dashboard/purchases/%d", purchase.ID), 200},
		"one voucher": {fmt.Sprintf("/dashboard/vouchers/%d", used.ID), 200}, "transfer": {"/dashboard/transfers/2", 200},
		"older purchases": {"/dashboard/purchases/?q=Object&before=" + fmt.Sprint(int64(order.ID)), 200},
	}) {
		pages[name] = page
	}
	return s, pages
}

// fill adds so many buyers, objects, orders, vouchers and purchases.
func fill(t *testing.T, s *sandbox.Server, things int) {
	t.Helper()
	type fixture map[string]any
	var buyers, objects, vouchers []fixture
	for i := range things {
		buyers = append(buyers, fixture{"name": fmt.Sprintf("Buyer %d", i), "balance": i % 700})
		objects = append(objects, fixture{
			"description": fixture{"name": fmt.Sprintf("Object %d", i), "url": fmt.Sprintf("https://shop.example/objects/%d", i)},
			"orders":      []fixture{{"price": 1 + i%3, "context": fmt.Sprintf("shelf %d", i)}},
		})
		vouchers = append(vouchers, fixture{"amount": i % 5, "message": fmt.Sprintf("Message %d", i), "gid": fmt.Sprintf("group%d", i%9)})
	}
	written := must[[]byte](t)(json.Marshal(fixture{"buyers": buyers, "objects": objects, "vouchers": vouchers}))
	if err := s.LoadFixtures(written); err != nil {
		t.Fatal(err)
	}
	client := must[*vingd.Client](t)(vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(s.Endpoint()), vingd.WithHTTPClient(s.HTTPClient())))
	defer client.CloseIdleConnections()
	buyer := must[*sandbox.Buyer](t)(s.AddBuyer("A buyer of everything", 1_000_000_00))
	for order, err := range client.Orders.All(t.Context(), vingd.OrderFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := buyer.Pay(order.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// Every page fits into its window, light and dark, and axe finds nothing on it. With VINGD_BROWSER_PICTURES there are 10 000
// rows of each kind and a third size.
func TestPages_Look(t *testing.T) {
	d := browser.Start(t)
	sizes, rows := [][2]int{{390, 844}, {1280, 800}}, 60
	pictures := os.Getenv("VINGD_BROWSER_PICTURES") != ""
	if pictures {
		sizes, rows = append(sizes, [2]int{768, 1024}), 10_000
	}
	for _, things := range []int{0, rows} {
		s, pages := newGallery(t, things)
		for i, size := range sizes {
			if things == 0 && i > 0 && !pictures {
				continue // the pages of an empty sandbox are narrow
			}
			for theme, dark := range map[string]bool{"light": false, "dark": true} {
				t.Run(fmt.Sprintf("%d rows, %d pixels, %s", things, size[0], theme), func(t *testing.T) {
					v := d.Visitor(t, browser.Window{Name: t.Name()[len("TestPages_Look/"):], JavaScript: true, Width: size[0], Height: size[1], Dark: dark})
					for name, page := range pages {
						v.Visit(s.Frontend()+page.path, page.status)
						without := ""
						if name == "docs" {
							v.Awaits("Vingd")
							v.Complains("logo-mini-full.svg")
							without = "#reference" // Redoc's
						}
						v.Says("sandbox")
						v.Accessible(without)
						v.Picture(name)
					}
					v.Quiet()
				})
			}
		}
	}
}
