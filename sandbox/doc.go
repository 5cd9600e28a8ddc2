// Package sandbox is a Vingd broker in one process, for developing and testing against without a network.
//
// [Start] runs one over TLS on the loopback interface, with the documented sandbox login, test@vingd.com and 123,
// and 1000.00 vingds on its account:
//
//	broker, err := sandbox.Start(sandbox.Options{})
//	if err != nil {
//		return err
//	}
//	defer broker.Close()
//
// A client that is pointed at [Server.Endpoint] and uses [Server.HTTPClient] finds every operation of the API there.
// A [Buyer] stands for the person on the other side: she pays for orders and redeems vouchers.
//
// # Money
//
// Money moves in double entry, in whole cents, and appears only by a deposit. Paying an order reserves the price and
// gives out a token, both for 15 minutes: a purchase that is not committed by then is refunded. A voucher's amount is
// reserved until the voucher is redeemed, revoked or expired. What is due is done before any call is served, as of the
// time when it was due, so that nobody ever sees an overdue reservation. [Sandbox.Check] audits the books.
//
// # Data
//
// Everything is kept in a SQLite database, in memory unless [Options] name a file. What a call has answered is in the file
// even if the process is killed right after it, and a sandbox started on the file again goes on from there.
//
// # Knobs
//
// For tests: [Sandbox.Advance] moves the clock, so that orders lapse, purchases are refunded and vouchers expire;
// [Sandbox.Fail] makes an operation go wrong, before or after the money moved; [Sandbox.Deposit] and [Sandbox.NewBuyer]
// bring money in; [Sandbox.Reset] makes all as new. The same is there for other languages under /-/ on [Server.Frontend],
// in JSON, for clients on the same machine; GET /-/ lists it. Package sandboxtest starts a sandbox in a test, in one line,
// and the command vingd runs one by itself.
//
// # Pages
//
// The addresses of orders and vouchers on [Server.Frontend] are pages where a buyer pays or redeems, in her own window or
// in a popup. There is no login: whoever opens one chooses which test buyer to be, or makes one up. What such a page can
// not do is spend the money of an account that has a login. On / is a dashboard of everything there is, and on /docs the
// API's reference. Pages need no network but the sandbox, and no JavaScript but for handing a popup's token to its opener
// and for the reference. [Buyer.Pay] and [Buyer.Redeem] do without a browser what the pages' forms do.
//
// A popup posts {"oid": "5", "tid": "…", "context": "…"} to the window that opened it, if that is of the object's origin,
// and closes; the context is that of the popup's address, else the order's, else null.
package sandbox
