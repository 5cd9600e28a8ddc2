// Package paywall sells pages: it puts any [net/http.Handler] behind Vingd.
//
// A [Paywall] leads a buyer to Vingd, takes her back, has her token verified once, serves what she bought, has the purchase
// committed, and remembers that she has it:
//
//	wall, err := paywall.New(client, paywall.Options{Keys: [][]byte{key}, Journal: journal})
//	...
//	http.Handle("/article", wall.Sell(
//		func(*http.Request) (paywall.Offer, error) { return paywall.Offer{Object: object, Price: 2_00}, nil },
//		content,
//	))
//
// # What it promises
//
// Whatever fails, and whenever the process ends, a token is never verified twice, a purchase is paid once at most, and who
// is not charged has her whole price back when her reservation is over, 15 minutes after she paid. Beyond that there is a
// choice, [Options].Promise:
//
// [ServeThenCommit], the default: a buyer pays if and only if she was served. The commit follows the last byte, and is
// repeated until the broker has said yes or no, by the next process if need be. Served is what a content handler wrote to
// its end with a status below 400. What ends in an error status, in a panic, short of its Content-Length, or with the
// connection, is not: it is not committed, and she can reload until her reservation is over. When the process is killed in
// the middle it is committed, and she gets it by a reload. The risk is the seller's: who breaks off shortly before the end
// has read most and pays nothing; who comes back when her reservation is nearly over, or is served for longer than it
// lasts, may be refunded though she was served; and so may everybody be when the broker is away until then.
//
// [CommitThenServe]: nobody is served who has not paid. The risk is the buyer's, and is not to lose money but to have to
// come again: when serving fails she has paid, and gets what she bought by a reload, as long as she has access.
//
// With both, a token whose verification was cut off, so that nobody knows whether it happened, is worth nothing any more:
// its buyer is told that she is not charged, and can buy again.
//
// # Who has access
//
// Who has bought an object has it for [Options].AccessFor, by a signed cookie or the seller's own [Access]; that costs no
// call. Who keeps no cookies is served at once at the address that she came back to, and the token in it is used up then.
// A token never gets into the seller's handlers, a log, the journal, a cache or another site's: what it came with is not
// stored, tells no referrer, and gives way to the clean address.
//
// Content finds the purchase in its request's context, by [FromContext].
//
// The browser must find the paywall at the URL that the object was registered with, by HTTPS. Without, on this machine,
// browsers that take no secure cookie there are served as those are that keep none.
//
// Who cancels at Vingd comes back there too, without a token, and is led to Vingd again. A page that first says what is sold,
// and sells at an address of its own, is in examples/shop.
package paywall
