package browser_test

import (
	"net/http"

	"github.com/vingd/vingd-api-go/vingd"
)

const passPrice vingd.Cents = 3_00

// A reader buys a pass on the page of an article, is back on that page, and reads everything.
func pass(w *world) {
	w.begins()
	w.Picture("teaser")
	w.Click("a pass for 3.00 vingds")
	w.Says("A pass for The Lamplighter")
	w.Choose("Ann")
	w.Picture("vingd")
	w.Click("Pay 3.00 vingds")
	w.Says("At ten past four", "still be warm", "Thank you for reading")
	w.Picture("article")
	w.hold(annBegins-passPrice, benBegins, paperBegins+passPrice)
	w.Reload(http.StatusOK)
	w.Says("At ten past four")
	w.Click("Take 0.10 vingds")
	w.Says("0.10 vingds went to your account at Vingd.")
	w.Click("Front page")
	w.Says("You have a pass", "yours to read")
	w.Picture("front with a pass")
	w.Click("A clock for the sea")
	w.Says("Thank you for reading")
	w.Visit(w.address+"/pass", http.StatusOK)
	w.Says("Your pass")
	w.Picture("pass")
	if _, verified, _ := w.calls.count(); verified != 1 {
		w.t.Errorf("the token was verified %d times", verified)
	}
	w.holdStill(annBegins-passPrice+10, benBegins, paperBegins+passPrice-10)
}

// A reader sees the paywall's own page with the price, cancels at Vingd, sees it again, and buys.
func passAlone(w *world) {
	w.Visit(w.address, http.StatusOK)
	w.Picture("front")
	w.Click("Get a pass")
	for range 2 {
		w.Says("A pass for The Lamplighter", "This costs 3.00 vingds.", "The Lamplighter")
		w.Picture("price")
		w.Click("Buy for 3.00 vingds")
		w.Choose("Ann")
		w.Click("Cancel")
		w.Says("Nothing was paid.")
		w.Picture("cancelled")
		w.Click("Back to the shop")
	}
	w.Click("Buy for 3.00 vingds")
	w.Choose("Ann")
	w.Click("Pay 3.00 vingds")
	w.Says("Your pass", "The bench at stop 14")
	if address := w.Address(); address != w.address+"/pass" {
		w.t.Errorf("the reader is at %s", address)
	}
	w.Click("The bread that sings")
	w.reads()
	w.holdStill(annBegins-passPrice, benBegins, paperBegins+passPrice)
}
