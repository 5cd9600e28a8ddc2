package browser_test

import (
	"fmt"
	"testing"

	"github.com/vingd/vingd-api-go/internal/browser"
	"github.com/vingd/vingd-api-go/vingd"
)

// The button that pays or redeems is in sight at once in a popup. There may be many buyers, and a long name.
func TestPopup_ButtonInSight(t *testing.T) {
	d := browser.Start(t)
	for _, in := range browser.Windows() {
		t.Run(in.Name, func(t *testing.T) {
			w := newWorld(t, d, in)
			for i := range 60 {
				if _, err := w.AddBuyer(fmt.Sprintf("Buyer %d", i), 5_00); err != nil {
					t.Fatal(err)
				}
			}
			object := must[vingd.ObjectID](t)(w.client.Objects.Create(t.Context(), vingd.ObjectParams{
				Name: "The complete and unabridged stories of the Danube, with all pictures, in forty-two volumes", URL: w.shop.URL + "/essay",
			}))
			order := must[*vingd.Order](t)(w.client.Orders.Create(t.Context(), object, vingd.OrderParams{Price: 2_00}))
			for _, size := range [][2]int{{500, 400}, {420, 640}, {460, 720}, {320, 480}} {
				w.Resize(size[0], size[1])
				w.Visit(w.client.Orders.URLs(order.ID).Popup, 200)
				w.Says("volumes")
				w.InSight("Pay 2.00 vingds")
				w.Visit(w.shop.page.Voucher.Popup, 200)
				w.Says("Thank you!")
				w.InSight("Redeem 1.00 vingds")
				w.Picture(fmt.Sprintf("popup %d", size[0]))
			}
		})
	}
}
