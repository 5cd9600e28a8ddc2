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
// # What is not here
//
// There are no pages: the addresses of orders and vouchers
// on [Server.Frontend] answer 404, and [Buyer.Pay] and [Buyer.Redeem] do what their forms would.
package sandbox
