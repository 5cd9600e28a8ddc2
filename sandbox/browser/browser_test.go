// Package browser_test does in a real browser what people do on the sandbox's pages, with JavaScript and without.
package browser_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/internal/browser"
	"github.com/vingd/vingd-api-go/vingd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Ann and the shop hold this before anything happens. A voucher of 1.00 is reserved.
const (
	annBegins  vingd.Cents = 10_00
	shopBegins vingd.Cents = 999_00
)

func TestBrowser(t *testing.T) {
	d := browser.Start(t)
	for name, flow := range map[string]func(*world){
		"buy":                        buy,
		"buy anonymously as new":     buyAnonymouslyAsNew,
		"pay and reload":             payAndReload,
		"buy in a popup":             buyInPopup,
		"popup opened by a stranger": popupOpenedByStranger,
		"cancel":                     cancel,
		"cancel a popup":             cancelPopup,
		"lapsed order":               lapsedOrder,
		"empty purse":                emptyPurse,
		"redeem":                     redeem,
		"redeem in a popup":          redeemInPopup,
		"dashboard":                  dashboard,
		"reference":                  reference,
	} {
		for _, in := range browser.Windows() {
			t.Run(name+" "+in.Name, func(t *testing.T) {
				w := newWorld(t, d, in)
				flow(w)
				w.Quiet()
			})
		}
	}
}

func buy(w *world) {
	w.enter()
	w.Click("Buy")
	w.Says("test@vingd.com sells", "An essay")
	w.Choose("Ann")
	w.Click("Pay 2.00 vingds")
	w.Says("You bought the essay in aisle 3.")
	w.hold(annBegins-2_00, shopBegins+2_00)
}

func buyAnonymouslyAsNew(w *world) {
	w.enter()
	w.Click("Buy")
	w.Choose("A new test buyer")
	w.Fill("Name", "Eve <b>")
	w.Fill("Opening balance, in vingds", "5,5")
	w.Choose("Buy anonymously")
	w.Click("Pay 2.00 vingds")
	w.Says("Stranger, you bought the essay in aisle 3.")
	w.hold(annBegins, shopBegins+2_00)
	w.holds(w.ann.UID()+1, 3_50)
}

// However often Ann reloads the page after paying, which sends the form again, Ann has paid once and with one token. A reload
// some time later says so.
func payAndReload(w *world) {
	w.Visit(w.shop.page.Order.Popup, http.StatusOK) // not opened by the shop, it stays open
	w.Choose("Ann")
	w.Click("Pay 2.00 vingds")
	w.Says("Paid")
	w.Reload(http.StatusOK)
	w.Says("Paid")
	w.clock.advance(time.Second)
	w.Reload(http.StatusConflict)
	w.Says("Paid before", "Ann paid 2.00 vingds", "The shop has not verified the payment yet.", "Buy again")
	w.hold(annBegins-2_00, shopBegins)
	w.Click("Back to the shop with this payment")
	w.Says("You bought the essay in aisle 3.")
	w.hold(annBegins-2_00, shopBegins+2_00)
}

func buyInPopup(w *world) {
	w.enter()
	w.Popup("Buy in a popup")
	w.Says("An essay")
	w.Choose("Ann")
	w.Click("Pay 2.00 vingds")
	if w.Window.JavaScript {
		w.Closed()
	} else {
		w.Says("Paid")
		w.Click("Go on to what you bought")
	}
	w.Says("You bought the essay in aisle 3.")
	w.hold(annBegins-2_00, shopBegins+2_00)
}

// Another site can open the popup, and does not get the token. The popup stays open, and leads to what was bought.
func popupOpenedByStranger(w *world) {
	stranger := newShop(w.t, w.client, w.Frontend())
	stranger.page = w.shop.page
	w.Visit(stranger.URL+"/essay", http.StatusOK)
	w.Popup("Buy in a popup")
	w.Choose("Ann")
	w.Click("Pay 2.00 vingds")
	if w.Window.JavaScript {
		w.Complains("postMessage")
		w.Says("A page of "+stranger.URL, "only a page of "+w.shop.URL)
	}
	w.Says("Paid")
	w.Click("Go on to what you bought")
	w.Says("You bought the essay in aisle 3.")
	if address := w.Address(); !strings.HasPrefix(address, w.shop.URL+"/essay?") {
		w.t.Errorf("the buyer was sent to %s", address)
	}
	w.hold(annBegins-2_00, shopBegins+2_00)
}

func cancel(w *world) {
	w.enter()
	w.Click("Buy")
	w.Choose("Ann")
	w.Click("Cancel")
	w.Says("Nothing was paid.")
	w.Click("Back to the shop")
	w.Says("An essay costs 2.00 vingds.")
	w.hold(annBegins, shopBegins)
}

func cancelPopup(w *world) {
	w.enter()
	w.Popup("Buy in a popup")
	w.Click("Cancel")
	if w.Window.JavaScript {
		w.Closed()
	} else {
		w.Says("Nothing was paid.")
		w.Click("Back to the shop")
	}
	w.Says("An essay costs 2.00 vingds.")
	w.hold(annBegins, shopBegins)
}

// An order that expires while Ann looks at it is not sold, nor is it afterwards.
func lapsedOrder(w *world) {
	w.enter()
	w.Click("Buy")
	w.Choose("Ann")
	w.clock.advance(16 * time.Minute) // the sandbox's clock is behind the client's, who said when it expires
	w.Click("Pay 2.00 vingds")
	w.Says("Too late", "expired on")
	w.Click("Back to the shop")
	w.Says("An essay costs 2.00 vingds.")
	w.Visit(w.shop.page.Order.Popup, http.StatusGone)
	w.Says("Too late", "You can also close this window.")
	w.hold(annBegins, shopBegins)
}

// The page tells a buyer who has too little, and another buyer can pay.
func emptyPurse(w *world) {
	poor, err := w.AddBuyer("Poor Bob", 50)
	if err != nil {
		w.t.Fatal(err)
	}
	w.enter()
	w.Click("Buy")
	w.Choose("Poor Bob")
	w.Click("Pay 2.00 vingds")
	w.Says("Poor Bob has too little: 0.50 vingds, and the price is 2.00.")
	w.hold(annBegins, shopBegins)
	w.Choose("Ann")
	w.Click("Pay 2.00 vingds")
	w.Says("You bought the essay in aisle 3.")
	w.hold(annBegins-2_00, shopBegins+2_00)
	w.holds(poor.UID(), 50)
}

// Ann types the code as phones write it: in lower case, with longer dashes and a blank.
func redeem(w *world) {
	typed := strings.ReplaceAll(strings.ToLower(string(w.voucher)), "-", " – ")
	w.Visit(w.Frontend()+"/vouchers/"+typed, http.StatusOK)
	w.Says("A voucher from test@vingd.com", string(w.voucher), "Thank you!")
	w.Choose("Ann")
	w.Click("Redeem 1.00 vingds")
	w.Says("1.00 vingds went to Ann.")
	w.hold(annBegins+1_00, shopBegins)
	w.Visit(w.Frontend()+"/vouchers/"+typed, http.StatusGone)
	w.Says("Already redeemed")
	w.Click("To the dashboard")
	w.Says("Dashboard")
}

func redeemInPopup(w *world) {
	w.enter()
	w.Popup("Redeem in a popup")
	w.Says(string(w.voucher))
	w.Choose("Ann")
	w.Click("Redeem 1.00 vingds")
	if w.Window.JavaScript {
		w.Closed()
		w.Says("The shop")
	} else {
		w.Says("1.00 vingds went to Ann.")
		w.Click("Back to " + strings.TrimPrefix(w.shop.URL, "https://"))
		w.Awaits("404") // the browser tells the shop's origin only
		if address := w.Address(); address != w.shop.URL+"/" {
			w.t.Errorf("the user was sent to %s", address)
		}
	}
	w.hold(annBegins+1_00, shopBegins)
}

// The dashboard shows where the money is, and leads to the pages.
func dashboard(w *world) {
	w.Visit(w.Frontend(), http.StatusOK)
	w.Says("Dashboard", "Open the page of an order, and pay.")
	w.Click("page") // the order's is above the voucher's
	w.Choose("Ann")
	w.Click("Pay 2.00 vingds")
	w.Says("You bought the essay in aisle 3.")

	w.Visit(w.Frontend(), http.StatusOK)
	w.Says("Dashboard")
	said := strings.Fields(w.Text())
	for _, word := range []string{"committed", "8.00", "1001.00", string(w.voucher), w.shop.URL + "/essay"} {
		if !slices.Contains(said, word) {
			w.t.Errorf("the dashboard does not say %q:\n%s", word, w.Text())
		}
	}
	w.Click(w.shop.URL + "/essay")
	w.Says("The shop")
}

// The reference is drawn by a script that is served here. Without one there is the specification itself.
func reference(w *world) {
	w.Visit(w.Frontend()+"/docs", http.StatusOK)
	if w.Window.JavaScript {
		w.Says("Vingd")
		w.ScrollsTo("/vouchers/history/{vid_encoded}")
		w.Complains("logo-mini-full.svg") // of Redoc's maker, elsewhere
		return
	}
	w.Says("The reference needs JavaScript.")
	w.Click("the specification")
	w.Awaits("openapi: 3.0.3")
}
