package browser_test

import (
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
)

// Ben, who has too little for the article, redeems a voucher, and buys.
func voucher(w *world) {
	w.Visit(w.address, http.StatusOK)
	w.Click("Get a voucher")
	w.Says("A voucher for you", "1.00 vingds to begin with")
	w.Click("Give me a voucher")
	w.Says("Your voucher", "It is worth 1.00 vingds")
	w.hold(annBegins, benBegins, paperBegins-1_00)
	w.Reload(http.StatusOK)
	w.Says("Your voucher")
	if w.Window.JavaScript {
		w.Popup("Redeem in a popup")
	} else {
		w.Click("Redeem 1.00 vingds")
	}
	w.Says("Welcome to the Lamplighter!", "one voucher each")
	w.Choose("Ben")
	w.Click("Redeem 1.00 vingds")
	if w.Window.JavaScript {
		w.Closed()
	} else {
		w.Says("1.00 vingds went to Ben.")
		w.Back()
		w.Awaits("Already redeemed")
		w.Back()
		w.Reload(http.StatusOK) // the browser shows the page as it was left
	}
	w.Says("Your voucher is redeemed")
	w.hold(annBegins, benBegins+1_00, paperBegins-1_00)
	w.Click("Choose an article")
	w.Click("The bread that sings")
	w.Click("Buy for 2.00 vingds")
	w.Choose("Ben")
	w.Click("Pay 2.00 vingds")
	w.reads()
	w.holdStill(annBegins, benBegins+1_00-2_00, paperBegins-1_00+2_00)
}

// A reader who has read to the end is rewarded, once for each article.
func reward(w *world) {
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.pays()
	w.reads()
	w.hold(annBegins-2_00, benBegins, paperBegins+2_00)
	w.Click("Take 0.10 vingds")
	w.Says("0.10 vingds went to your account at Vingd.")
	w.hold(annBegins-2_00+10, benBegins, paperBegins+2_00-10)
	w.Back() // to the form, which is sent again
	w.Reload(http.StatusOK)
	w.Says("0.10 vingds went to your account at Vingd.")

	// Ann buys it again in another browser: the same reader has the reward already.
	w.Visitor = w.driver.Visitor(w.t, w.Window)
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.pays()
	w.reads()
	w.Says("0.10 vingds went to your account at Vingd.")
	w.holdStill(annBegins-4_00+10, benBegins, paperBegins+4_00-10)
}

// A reward that was given though the broker did not say so is found, and not given again.
func rewardNotConfirmed(w *world) {
	w.Fail("rewardUser", sandbox.Fault{HangUp: true, Done: true, Count: 1})
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.pays()
	w.reads()
	w.hold(annBegins-2_00, benBegins, paperBegins+2_00)
	w.Click("Take 0.10 vingds")
	w.Says("0.10 vingds went to your account at Vingd.")
	w.holdStill(annBegins-2_00+10, benBegins, paperBegins+2_00-10)
	if _, _, rewards := w.calls.count(); rewards != 1 {
		w.t.Errorf("%d rewards were sent, want one", rewards)
	}
}

// A reward that was lost is sent again when the ledger has not shown it for long enough, and not before.
func rewardLost(w *world) {
	w.Fail("rewardUser", sandbox.Fault{HangUp: true, Count: 1})
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.pays()
	w.reads()
	w.hold(annBegins-2_00, benBegins, paperBegins+2_00)
	for range 2 {
		w.Click("Take 0.10 vingds")
		w.Says("Your reward may be on its way", "You get it once, and not twice.")
		w.Click("Back to the article")
		w.reads()
	}
	if _, _, rewards := w.calls.count(); rewards != 1 {
		w.t.Errorf("%d rewards were sent before it was settled, want one", rewards)
	}
	w.Advance(16 * time.Minute)
	w.Click("Take 0.10 vingds")
	w.Says("0.10 vingds went to your account at Vingd.")
	w.holdStill(annBegins-2_00+10, benBegins, paperBegins+2_00-10)
}
