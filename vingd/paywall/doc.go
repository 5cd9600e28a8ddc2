// Package paywall sells pages: it puts any [net/http.Handler] behind Vingd.
//
// A [Paywall] leads a buyer to Vingd, takes her back, verifies her token once, serves what she bought, commits the
// purchase, and remembers that she has it:
//
//	journal, err := paywall.OpenJournal("purchases.journal")
//	...
//	wall, err := paywall.New(client, paywall.Options{Keys: [][]byte{key}, Journal: journal})
//	...
//	http.Handle("/article", wall.Sell(func(*http.Request) (paywall.Offer, error) {
//		return paywall.Offer{Object: article, Price: 2_00}, nil
//	}, content))
package paywall
