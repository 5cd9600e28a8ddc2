// Package paywall sells pages: it puts any [net/http.Handler] behind Vingd.
//
//	wall, err := paywall.New(client, paywall.Options{Journal: journal})
//	...
//	http.Handle("/article", wall.Sell(
//		func(*http.Request) (paywall.Offer, error) { return paywall.Offer{Object: object, Price: 2_00}, nil },
//		content,
//	))
//
// A [Paywall] leads a buyer to Vingd, takes them back, verifies their token, makes the content ready, commits the purchase,
// serves the content, and remembers who has bought it.
//
// # The promise
//
// A buyer is charged only for content that was ready. The buyer can have that content for [Options].AccessFor: on every
// reload, on every machine, however often a connection breaks or a process is killed. A buyer who is not charged has
// their money back 15 minutes after they paid.
//
// The seller has one risk: if the broker cannot be reached, content is served before its commit is confirmed. If the broker
// stays away until the reservation ends, the seller is not paid for that content. With [Options].RequireCommit, the buyer
// waits in its place.
//
// # Several machines
//
// Processes that share a journal serve the same buyers. Any of them may finish what another one has begun, so that none
// has to be restarted, and none is ever waited for. [OpenJournal] is for one process. Package postgres is for several.
// Their clocks must agree to within a minute.
//
// # Access
//
// A random cookie names the browser, and the journal notes what that browser has bought. A seller's own session can take
// the cookie's place; see [Access]. Access costs no call to the broker.
//
// A browser that keeps no cookies is served at the address to which the buyer returned, for five minutes.
//
// A token is a secret. It reaches neither the seller's handlers nor a log, the journal, a cache or another site. Browsers
// with cookies are led to the address without it.
//
// Content finds its purchase by [FromContext].
//
// # Deployment
//
// The browser must find the paywall by HTTPS, at the URL that the object was registered with. A proxy must pass the Host
// header on. Without TLS, cookies work on this machine only.
//
// A buyer who cancels at Vingd returns to the page without a token, and is led to Vingd again. A page that says first what
// is sold is in examples/shop.
package paywall
