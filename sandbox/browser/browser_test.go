package browser_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// What Ann and the shop hold before anything happens: a voucher of 1.00 is reserved.
const (
	annBegins  vingd.Cents = 10_00
	shopBegins vingd.Cents = 999_00
)

func TestBrowser(t *testing.T) {
	d := startDriver(t)
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
		for _, in := range windows() {
			t.Run(name+" "+in.name, func(t *testing.T) {
				w := newWorld(t, d, in)
				flow(w)
				w.quiet()
			})
		}
	}
}

func buy(w *world) {
	w.enter()
	w.click("Buy")
	w.says("test@vingd.com sells", "An essay")
	w.check("Ann")
	w.click("Pay 2.00 vingds")
	w.says("You bought the essay in aisle 3.")
	w.hold(annBegins-2_00, shopBegins+2_00)
}

func buyAnonymouslyAsNew(w *world) {
	w.enter()
	w.click("Buy")
	w.check("A new test buyer")
	w.fill("Name", "Eve <b>")
	w.fill("Opening balance, in vingds", "5,5")
	w.check("Buy anonymously")
	w.click("Pay 2.00 vingds")
	w.says("Stranger, you bought the essay in aisle 3.")
	w.hold(annBegins, shopBegins+2_00)
	w.holds(w.ann.UID()+1, 3_50)
}

// However often she reloads the page that says so, which sends the form again, she has paid once and with one token.
func payAndReload(w *world) {
	w.visit(w.shop.page.Order.Popup, http.StatusOK) // not opened by the shop, it stays open
	w.check("Ann")
	w.click("Pay 2.00 vingds")
	w.says("Paid")
	w.reload(http.StatusOK)
	w.says("Paid")
	w.hold(annBegins-2_00, shopBegins)
	w.click("Go on to what you bought")
	w.says("You bought the essay in aisle 3.")
	w.hold(annBegins-2_00, shopBegins+2_00)
}

func buyInPopup(w *world) {
	w.enter()
	w.popup("Buy in a popup")
	w.says("An essay")
	w.check("Ann")
	w.click("Pay 2.00 vingds")
	if w.window.javaScript {
		w.closed()
	} else {
		w.says("Paid")
		w.click("Go on to what you bought")
	}
	w.says("You bought the essay in aisle 3.")
	w.hold(annBegins-2_00, shopBegins+2_00)
}

// Another site can open the popup, and does not get the token.
func popupOpenedByStranger(w *world) {
	stranger := newShop(w.t, w.client, w.Frontend())
	stranger.page = w.shop.page
	w.visit(stranger.URL+"/essay", http.StatusOK)
	w.popup("Buy in a popup")
	w.check("Ann")
	w.click("Pay 2.00 vingds")
	if w.window.javaScript {
		w.closed()
		w.browser.do(w.t, nil, "complains", map[string]any{"text": "postMessage"})
		w.says("An essay costs 2.00 vingds.")
		w.hold(annBegins-2_00, shopBegins)
		w.clock.advance(15 * time.Minute)
		w.hold(annBegins, shopBegins)
		return
	}
	w.says("Paid")
	w.click("Go on to what you bought")
	w.says("You bought the essay in aisle 3.")
	if address := w.address(); !strings.HasPrefix(address, w.shop.URL+"/essay?") {
		w.t.Errorf("the buyer was sent to %s", address)
	}
	w.hold(annBegins-2_00, shopBegins+2_00)
}

func cancel(w *world) {
	w.enter()
	w.click("Buy")
	w.check("Ann")
	w.click("Cancel")
	w.says("Nothing was paid.")
	w.click("Back to the shop")
	w.says("An essay costs 2.00 vingds.")
	w.hold(annBegins, shopBegins)
}

func cancelPopup(w *world) {
	w.enter()
	w.popup("Buy in a popup")
	w.click("Cancel")
	if w.window.javaScript {
		w.closed()
	} else {
		w.says("Nothing was paid.")
		w.click("Back to the shop")
	}
	w.says("An essay costs 2.00 vingds.")
	w.hold(annBegins, shopBegins)
}

// An order that lapses while she looks at it is not sold, nor is it afterwards.
func lapsedOrder(w *world) {
	w.enter()
	w.click("Buy")
	w.check("Ann")
	w.clock.advance(16 * time.Minute) // the sandbox's clock is behind the client's, who said when it lapses
	w.click("Pay 2.00 vingds")
	w.says("Too late", "lapsed on")
	w.click("Back to the shop")
	w.says("An essay costs 2.00 vingds.")
	w.visit(w.shop.page.Order.Popup, http.StatusGone)
	w.says("Too late", "You can also close this window.")
	w.hold(annBegins, shopBegins)
}

// Who has too little is told so, and somebody else can pay.
func emptyPurse(w *world) {
	poor, err := w.NewBuyer("Poor Bob", 50)
	if err != nil {
		w.t.Fatal(err)
	}
	w.enter()
	w.click("Buy")
	w.check("Poor Bob")
	w.click("Pay 2.00 vingds")
	w.says("Poor Bob has too little: 0.50 vingds, and the price is 2.00.")
	w.hold(annBegins, shopBegins)
	w.check("Ann")
	w.click("Pay 2.00 vingds")
	w.says("You bought the essay in aisle 3.")
	w.hold(annBegins-2_00, shopBegins+2_00)
	w.holds(poor.UID(), 50)
}

// She types the code as phones write it: in lower case, with longer dashes and a blank.
func redeem(w *world) {
	typed := strings.ReplaceAll(strings.ToLower(string(w.voucher)), "-", " – ")
	w.visit(w.Frontend()+"/vouchers/"+typed, http.StatusOK)
	w.says("A voucher from test@vingd.com", string(w.voucher), "Thank you!")
	w.check("Ann")
	w.click("Redeem 1.00 vingds")
	w.says("1.00 vingds went to Ann.")
	w.hold(annBegins+1_00, shopBegins)
	w.visit(w.Frontend()+"/vouchers/"+typed, http.StatusGone)
	w.says("Already redeemed")
	w.click("To the dashboard")
	w.says("Dashboard")
}

func redeemInPopup(w *world) {
	w.enter()
	w.popup("Redeem in a popup")
	w.says(string(w.voucher))
	w.check("Ann")
	w.click("Redeem 1.00 vingds")
	if w.window.javaScript {
		w.closed()
		w.says("The shop")
	} else {
		w.says("1.00 vingds went to Ann.")
	}
	w.hold(annBegins+1_00, shopBegins)
}

// The dashboard shows where the money is, and leads to the pages.
func dashboard(w *world) {
	w.visit(w.Frontend(), http.StatusOK)
	w.says("Dashboard", "open the page of an order, and pay")
	w.click("page") // the order's is above the voucher's
	w.check("Ann")
	w.click("Pay 2.00 vingds")
	w.says("You bought the essay in aisle 3.")

	w.visit(w.Frontend(), http.StatusOK)
	w.says("Dashboard")
	said := strings.Fields(w.text())
	for _, word := range []string{"committed", "8.00", "1001.00", string(w.voucher), w.shop.URL + "/essay"} {
		if !slices.Contains(said, word) {
			w.t.Errorf("the dashboard does not say %q:\n%s", word, w.text())
		}
	}
	w.click(w.shop.URL + "/essay")
	w.says("The shop")
}

// The reference is drawn by a script that is served here. Without one there is the specification itself.
func reference(w *world) {
	w.visit(w.Frontend()+"/docs", http.StatusOK)
	if w.window.javaScript {
		w.says("Vingd")
		w.browser.do(w.t, nil, "scrolls", map[string]any{"text": "/vouchers/history/{vid_encoded}"})
		w.browser.do(w.t, nil, "complains", map[string]any{"text": "logo-mini-full.svg"}) // of Redoc's maker, elsewhere
		return
	}
	w.says("The reference needs JavaScript.")
	w.click("the specification")
	w.awaits("openapi: 3.0.3")
}
