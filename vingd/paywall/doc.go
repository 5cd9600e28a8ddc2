// Package paywall sells pages: it puts any [net/http.Handler] behind Vingd.
//
//	wall, err := paywall.New(client, paywall.Options{Journal: journal})
//	...
//	http.Handle("/article", wall.Sell(
//		func(*http.Request) (paywall.Offer, error) { return paywall.Offer{Object: object, Price: 2_00}, nil },
//		content,
//	))
//
// A [Paywall] tells a buyer the price, leads them to Vingd, receives them when they return, and verifies their token.
// Then it makes the content ready, commits the purchase, serves the content, and remembers who has bought it.
//
// # The promise
//
// A buyer is charged only for content that was ready. The buyer can have that content for [Options].AccessFor, on every
// reload, from every process that shares the journal. Broken connections and killed processes do not change that. A buyer
// who is not charged has their money back 15 minutes after they paid.
//
// The seller has two risks. In both, content may have been served that the seller is not paid for:
//   - The broker cannot be reached. Content is served before its commit is confirmed, and no commit succeeds until the
//     reservation ends. With [Options].RequireCommit, the buyer waits for the confirmation instead.
//   - The journal has lost changes, and the buyer does not return before the reservation ends. See "Lost changes" below.
//
// # Several machines
//
// Processes that share a journal serve the same buyers. Each of them can finish a purchase that another one has begun, so
// that no buyer waits for a certain process. [OpenJournal] is for one process. Package postgres is for several. Their clocks
// must agree to within a minute.
//
// # Lost changes
//
// A journal that was restored from a backup lacks its last changes. So does a database after a failover to a replica that
// lags. The purchase that a change belongs to is not charged twice. A process that still runs finishes its purchases, and
// writes them to the journal again. If the processes have ended, it depends on what is left in the journal:
//
//   - The purchase is in [StateVerified]. The buyer has the content by the same cookie, and is charged once. If the buyer does not
//     return before the reservation ends, the seller may not be paid for content that was served.
//   - There is no entry. The buyer cannot get the content back. A purchase that was not committed is refunded by the broker.
//     A seller finds the committed ones by the receipts of Options.OnCommit, and can refund them.
//
// # Access
//
// A random cookie identifies the browser, and the journal notes what that browser has bought. A seller's own session can
// replace the cookie; see [Access]. Access costs no call to the broker.
//
// A browser that returns from Vingd without a cookie is redirected once more, with one, before it is charged. So is one whose
// cookie would expire before the access. Otherwise the cookie could be in a response that is lost. A browser that keeps no
// cookies is then served at the address to which the buyer returned, for five minutes.
//
// Each cookie has a name of its own, which begins with vingd-. A late response to a first visit adds a cookie. It does not
// replace the one by which the buyer has bought in another tab.
//
// A token is a secret. It reaches neither the seller's handlers nor a log, the journal, a cache or another site. Browsers
// with cookies are redirected to the address without it.
//
// [FromContext] returns the purchase to the content's handler.
//
// # Pages
//
// A first visit shows a page with the price and one link. The link is the address of the page with vingd=buy added to its
// query. A buyer who cancels at Vingd returns to the page with the price. [Options].Pages is the template of that page and
// of those for failures, and [Options].Translate changes their texts. A seller can show their own teaser instead:
// [Paywall.Bought] tells whether a buyer has bought the page. With [ServeScript], buyers pay in a popup.
//
// The status of these pages is 402 or that of the failure. A search engine does not list them. A seller's own teaser may
// have status 200.
//
// One object can be sold on many pages, like a pass. A buyer returns to the page on which they have begun to buy.
//
// The query parameters oid, tid, context and vingd are reserved. The paywall takes them for its own: it does not sell a page
// whose own query has them, or does not pass them on. A token in JSON in the parameter token is Vingd's, too.
//
// # Deployment
//
// The browser must reach the paywall over HTTPS, at the URL that the object was registered with. A proxy must pass the
// Host header on. Without TLS, cookies work on this machine only.
//
// Keep tokens out of logs. Wrap a log in [HideTokens], and put it around the paywall. Let a proxy in front log the path without
// the query, and no Location of responses.
//
// A writer between the paywall and the content must pass a later status on. Otherwise the paywall cannot see that content has
// failed after its first part, and charges for the part. The logs of some routers, such as chi's, keep the first status.
package paywall
