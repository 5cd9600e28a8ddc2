// Package sandboxtest is a sandbox for a test, in one line: a Vingd that keeps books, over TLS on the loopback interface,
// with a client that is logged in.
//
//	func TestShop(t *testing.T) {
//		sb := sandboxtest.New(t)
//		ann := sb.Buyer("Ann", 5_00)
//
//		order := offerArticle(t, sb.Client)
//		back, err := ann.Pay(order)
//		...
//		sb.Advance(15 * time.Minute) // nobody committed: Ann has her money again
//	}
//
// Its clock stands until [Sandbox.Advance] moves it. When the test is over the books are checked, and everything is closed.
//
// For a broker that keeps no books and answers as it is told, see package vingdtest, which is lighter: this package links
// a database.
package sandboxtest
