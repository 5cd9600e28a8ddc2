// Package sandboxtest starts a sandbox for a test in one line. The sandbox is a Vingd broker over TLS on the loopback
// interface, with a ledger and a client that is logged in.
//
//	func TestShop(t *testing.T) {
//		sb := sandboxtest.New(t)
//		ann := sb.Buyer("Ann", 5_00)
//
//		order := offerArticle(t, sb.Client)
//		back, err := ann.Pay(order)
//		...
//		sb.Advance(15 * time.Minute) // the purchase was not committed: Ann is refunded
//	}
//
// Only [Sandbox.Advance] moves the sandbox's clock. At the end of the test, the books are checked and everything is closed.
//
// Package vingdtest is lighter: it has a broker without a ledger, whose responses the test sets. This package links a
// database.
package sandboxtest
