// Package browser_test reads the shop's newspaper in a real browser, with JavaScript and without. It checks where the money
// is afterwards.
package browser_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/internal/browser"
)

func TestBrowser(t *testing.T) {
	d := browser.Start(t)
	for name, flow := range map[string]func(*world){
		"buy":                  buy,
		"buy in a popup":       buyInPopup,
		"popups blocked":       popupsBlocked,
		"pass":                 pass,
		"pass alone":           passAlone,
		"close the popup":      closePopup,
		"forged message":       forgedMessage,
		"back and forward":     backAndForward,
		"second browser":       secondBrowser,
		"pay elsewhere":        payElsewhere,
		"buy anonymously":      buyAnonymously,
		"cancel":               cancel,
		"order fails":          orderFails,
		"verification fails":   verificationFails,
		"commit fails":         commitFails,
		"price changed":        priceChanged,
		"newspaper restarted":  restarted,
		"voucher":              voucher,
		"reward":               reward,
		"reward lost":          rewardLost,
		"reward not confirmed": rewardNotConfirmed,
		"wrong addresses":      wrongAddresses,
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

// A reader buys in the same window, and reloads as often as they like.
func buy(w *world) {
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.pays()
	w.reads()
	w.hold(annBegins-2_00, benBegins, paperBegins+2_00)
	before, verified, _ := w.calls.count()
	if verified != 1 {
		w.t.Errorf("the token was verified %d times", verified)
	}
	for range 3 {
		w.Reload(http.StatusOK)
		w.reads()
	}
	if after, _, _ := w.calls.count(); after != before {
		w.t.Errorf("reloading took %d calls to the broker", after-before)
	}
	w.Click("Front page")
	w.Says("yours to read")
	w.Visit(w.address+"/articles/bread?vingd=buy", http.StatusOK)
	w.reads()
	w.holdStill(annBegins-2_00, benBegins, paperBegins+2_00)
}

// A reader buys in a popup, which closes after the payment. Without JavaScript, no popup is offered.
func buyInPopup(w *world) {
	w.begins()
	if !w.Window.JavaScript {
		if strings.Contains(w.Text(), "popup") {
			w.t.Error("a popup is offered that cannot be opened")
		}
		return
	}
	w.Popup("Buy in a popup")
	w.Says("The Lamplighter: bread")
	w.Picture("popup")
	w.pays()
	w.Closed()
	w.reads()
	w.Reload(http.StatusOK)
	w.reads()
	w.holdStill(annBegins-2_00, benBegins, paperBegins+2_00)
	if _, verified, _ := w.calls.count(); verified != 1 {
		w.t.Errorf("the token was verified %d times", verified)
	}
}

// A browser that blocks popups pays in its own window.
func popupsBlocked(w *world) {
	in := w.Window
	in.JavaScript, in.NoPopups = true, true
	w.Visitor = w.driver.Visitor(w.t, in)
	w.begins()
	w.Click("Buy in a popup")
	w.pays()
	w.reads()
	w.Visit(w.address+"/voucher", http.StatusOK)
	w.Click("Give me a voucher")
	w.Click("Redeem in a popup")
	w.Says("Redeem 1.00 vingds", "A voucher from")
	w.holdStill(annBegins-2_00, benBegins, paperBegins+2_00-1_00)
}

// Ann cancels in the popup, and finds the newspaper as before. Then Ann buys after all.
func closePopup(w *world) {
	w.begins()
	if !w.Window.JavaScript {
		return
	}
	w.Popup("Buy in a popup")
	w.Awaits("Pay 2.00 vingds")
	w.Click("Cancel")
	w.Closed()
	w.Says("The window is closed, and nothing was bought.")
	w.Picture("popup closed")
	w.teaser()
	w.Popup("Buy in a popup")
	w.pays()
	w.Closed()
	w.reads()
	w.holdStill(annBegins-2_00, benBegins, paperBegins+2_00)
}

// Back and forward neither pay nor verify again.
func backAndForward(w *world) {
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.pays()
	w.reads()
	w.hold(annBegins-2_00, benBegins, paperBegins+2_00)
	before, _, _ := w.calls.count()
	w.Back()
	w.Awaits("Vingd sandbox")
	w.Forward()
	w.reads()
	w.Back()
	w.Awaits("Vingd sandbox")
	w.Back() // to where the teaser was
	w.reads()
	w.Back()
	w.Says("yours to read")
	w.Forward()
	w.reads()
	if after, _, _ := w.calls.count(); after != before {
		w.t.Errorf("going back and forward took %d calls to the broker", after-before)
	}
	w.holdStill(annBegins-2_00, benBegins, paperBegins+2_00)
}

// For five minutes, a browser without cookies is served at the address to which the buyer returned. Nothing is charged again.
func secondBrowser(w *world) {
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.pays()
	w.reads()
	w.hold(annBegins-2_00, benBegins, paperBegins+2_00)
	before, _, _ := w.calls.count()
	address, ann := w.callback(), w.Visitor

	w.Visitor = w.driver.Visitor(w.t, w.Window)
	w.Visit(address, http.StatusOK)
	w.Says("The bread that sings", "At ten past four")

	w.Visitor = ann
	w.Visit(address, http.StatusOK)
	w.reads()
	if after, _, _ := w.calls.count(); after != before {
		w.t.Errorf("the used address took %d calls to the broker", after-before)
	}
	w.holdStill(annBegins-2_00, benBegins, paperBegins+2_00)
}

// A reader pays in another browser than the one in which they began, and reads there: this browser has no cookie before.
func payElsewhere(w *world) {
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.Awaits("Pay 2.00 vingds")
	order, began := w.Address(), w.Visitor

	w.Visitor = w.driver.Visitor(w.t, w.Window)
	w.Visit(order, http.StatusOK)
	w.pays()
	w.reads()
	for range 2 {
		w.Reload(http.StatusOK)
		w.reads()
	}
	if _, verified, _ := w.calls.count(); verified != 1 {
		w.t.Errorf("the token was verified %d times", verified)
	}

	w.Visitor = began
	w.Visit(w.address+"/articles/bread", http.StatusOK)
	w.teaser()
	w.holdStill(annBegins-2_00, benBegins, paperBegins+2_00)
}

// An anonymous reader gets the article, and no reward.
func buyAnonymously(w *world) {
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.Choose("Buy anonymously")
	w.pays()
	w.reads()
	w.Says("You bought this anonymously.")
	w.Reload(http.StatusOK)
	w.reads()
	if strings.Contains(w.Text(), "Take 0.10") {
		w.t.Error("a reward is offered")
	}
	w.holdStill(annBegins-2_00, benBegins, paperBegins+2_00)
}

// A reader who cancels at Vingd is back at the teaser.
func cancel(w *world) {
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.Choose("Ann")
	w.Click("Cancel")
	w.Says("Nothing was paid.")
	w.Click("Back to the shop")
	w.teaser()
	w.holdStill(annBegins, benBegins, paperBegins)
}

// Invalid addresses are refused with a page, and without a call to the broker.
func wrongAddresses(w *world) {
	before, _, _ := w.calls.count()
	for _, wrong := range []struct {
		path   string
		status int
		says   string
	}{
		{"/articles/bread?oid=1", http.StatusBadRequest, "This address is not right"},
		{"/articles/bread?oid=1&tid=..", http.StatusBadRequest, "This address is not right"},
		{"/articles/bread?oid=1&tid=12&tid=34", http.StatusBadRequest, "This address is not right"},
		{"/articles/bread?oid=99&tid=12", http.StatusForbidden, "This was paid for something else"},
		{"/articles/butter", http.StatusNotFound, "There is no such page"},
		{"/elsewhere", http.StatusNotFound, "There is no such page"},
	} {
		w.Visit(w.address+wrong.path, wrong.status)
		w.Says(wrong.says)
		if strings.Contains(w.Text(), "forty loaves") {
			w.t.Errorf("%s: the article is there for nothing", wrong.path)
		}
	}
	if after, _, _ := w.calls.count(); after != before {
		w.t.Errorf("wrong addresses took %d calls to the broker", after-before)
	}
}
