package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/vingd/vingd-api-go/examples/shop/internal/newspaper"
	"github.com/vingd/vingd-api-go/sandbox"
)

// If Vingd cannot be reached, the page says so. The reader buys when it can.
func orderFails(w *world) {
	w.Fail("createOrder", sandbox.Fault{HangUp: true})
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.Says("We cannot reach Vingd", "You are charged only for what you can have.", "The Lamplighter")
	w.Click("Try again")
	w.Says("We cannot reach Vingd")
	if w.Window.JavaScript { // a popup has nothing to show, and closes
		w.Back()
		w.Visit(w.address+"/articles/bread", http.StatusOK)
		w.Popup("Buy in a popup")
		w.Closed()
		w.Says("We cannot reach Vingd")
	}
	w.ClearFaults()
	w.Click("Try again")
	w.pays()
	w.reads()
	w.holdStill(annBegins-2_00, benBegins, paperBegins+2_00)
}

// If the response to a verification is lost, the token is verified again. The broker refuses it, and the money comes back.
func verificationFails(w *world) {
	w.Fail("verifyPurchase", sandbox.Fault{HangUp: true, Done: true, Count: 1})
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.pays()
	w.Says("We cannot reach Vingd", "You are charged only for what you can have.")
	w.hold(annBegins-2_00, benBegins, paperBegins)
	w.Reload(http.StatusForbidden)
	w.Says("This payment cannot be used", "Nothing is charged again.")
	w.Click("Go to the page")
	w.teaser()
	w.Advance(15 * time.Minute)
	w.hold(annBegins, benBegins, paperBegins)
	w.Click("Buy for 2.00 vingds")
	w.pays()
	w.reads()
	w.holdStill(annBegins-2_00, benBegins, paperBegins+2_00)
}

// If the commit fails, the reader gets the article, and the newspaper is paid in the end.
func commitFails(w *world) {
	w.Fail("commitPurchase", sandbox.Fault{Status: http.StatusServiceUnavailable})
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.pays()
	w.reads()
	w.hold(annBegins-2_00, benBegins, paperBegins)
	w.Click("Take 0.10 vingds")
	w.Says("Your payment is on its way")
	w.Click("Back to the article")
	w.reads()
	w.ClearFaults()
	w.hold(annBegins-2_00, benBegins, paperBegins+2_00)
	w.Click("Take 0.10 vingds")
	w.Says("0.10 vingds went to your account at Vingd.")
	w.holdStill(annBegins-2_00+10, benBegins, paperBegins+2_00-10)
}

// A reader who pays a price that is not asked any more is told so, is not charged, and sees the new one.
func priceChanged(w *world) {
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.Awaits("Pay 2.00 vingds")
	edition := newspaper.Edition()
	edition[0].Price = 2_50
	w.close()
	w.open(edition)
	w.pays()
	w.Says("The price has changed", "You are not charged", "The Lamplighter")
	w.Click("See the new price")
	w.Says("Read on for 2.50 vingds")
	w.holdStill(annBegins, benBegins, paperBegins)
}

// A newspaper that restarts during a payment serves the reader who returns.
func restarted(w *world) {
	w.begins()
	w.Click("Buy for 2.00 vingds")
	w.Awaits("Pay 2.00 vingds")
	w.close()
	w.open(newspaper.Edition())
	w.pays()
	w.reads()
	w.holdStill(annBegins-2_00, benBegins, paperBegins+2_00)
}

// A stranger who has opened the newspaper's window posts tokens to it, and is not heard.
func forgedMessage(w *world) {
	if !w.Window.JavaScript {
		return
	}
	stranger := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(rw, `<!doctype html><link rel="icon" href="data:,"><button>Read the news</button><script>
document.querySelector("button").addEventListener("click", () => {
  const paper = open(%q);
  setInterval(() => paper.postMessage({ oid: "1", tid: "bad" }, "*"), 10);
});
</script>`, w.address+"/articles/bread")
	}))
	defer stranger.Close()
	w.Visit(stranger.URL, http.StatusOK)
	w.Popup("Read the news")
	w.teaser()
	w.Popup("Buy in a popup")
	w.pays()
	w.Closed()
	w.reads()
	w.holdStill(annBegins-2_00, benBegins, paperBegins+2_00)
	if _, verified, _ := w.calls.count(); verified != 1 {
		w.t.Errorf("%d tokens were verified, want one", verified)
	}
}
