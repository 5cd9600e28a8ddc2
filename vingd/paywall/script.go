package paywall

import (
	_ "embed" // for the script
	"net/http"
)

//go:embed popup.js
var script []byte

// ServeScript serves a script that lets buyers pay in a popup. Include it in the pages that have a link to buy:
//
//	<script type="module" src="/vingd.js"></script>
//	<a href="/article?vingd=buy" data-vingd>Buy for 2.00 vingds</a>
//
// A click on a link with the attribute data-vingd opens the popup. After the payment the browser goes to the page of the
// link. Without JavaScript, or if the browser blocks popups, the link leads to Vingd. The script shows a
// link that is hidden, so that a page can offer both ways.
//
// The script dispatches the event "vingd" on the link. Its detail is "opening", "paying", "paid" or "closed". The
// last one says that the buyer has closed the popup without a payment.
//
// A Content-Security-Policy needs script-src and connect-src 'self' for it. A Cross-Origin-Opener-Policy must be
// same-origin-allow-popups, or not be set.
func ServeScript(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(script) // the browser may be gone
}
