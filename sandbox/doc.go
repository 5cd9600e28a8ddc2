// Package sandbox is a Vingd broker in one process, for development and tests without a network.
//
// [Start] runs a sandbox over TLS on the loopback interface. It has the login of Vingd's documentation, test@vingd.com
// and 123, whose account holds 1000.00 vingds:
//
//	broker, err := sandbox.Start(sandbox.Options{})
//	if err != nil {
//		return err
//	}
//	defer broker.Close()
//
// It serves every operation of the API to a client that uses [Server.Endpoint] and [Server.HTTPClient]. A [Buyer] pays for
// orders and redeems vouchers.
//
// # Money
//
// Transfers move money from one account to another, in whole cents. Only a deposit creates money. A payment reserves the price
// and gives out a token, both for 15 minutes. A purchase that is not committed by then is refunded. A voucher's amount is
// reserved until the voucher is redeemed, revoked or expired. Expired reservations are released before each call, timestamped
// with their expiry, so that a revocation finds only vouchers that are valid. [Sandbox.Check] audits the books.
//
// # Data
//
// The sandbox keeps its state in a SQLite database. The database is in memory unless [Options.Data] names a file. The result
// of a call is in the file before the response is sent, so that it outlives a killed process. A sandbox that is started with
// the file again continues from there.
//
// # Controls
//
// Tests control a sandbox by these methods:
//   - [Sandbox.Advance] moves the clock: orders and vouchers expire, and purchases are refunded.
//   - [Sandbox.Fail] makes an operation fail, before or after the money moves.
//   - [Sandbox.Deposit] and [Sandbox.AddBuyer] create money.
//   - [Sandbox.Reset] returns to the beginning.
//
// Programs in other languages find the same controls in JSON under /-/ on [Server.Frontend], if they run on the same machine.
// GET /-/ lists these calls. Package sandboxtest starts a sandbox for a test in one line. The command vingd runs one on its own.
//
// # Pages
//
// The addresses of orders and vouchers on [Server.Frontend] are pages where a buyer pays or redeems, in a window or in a
// popup. There is no login: the user of a page chooses a test buyer, or creates one. A page cannot spend the money of an
// account that has a login. The dashboard on / shows the whole sandbox, and has forms for the controls. With
// [Options.ControlToken] it has none, and says so. The page /docs is the API's reference. Pages load nothing from other
// servers. Only popups and the reference need JavaScript. [Buyer.Pay] and [Buyer.Redeem] do the same as the forms of the
// pages, without a browser.
//
// A popup posts {"oid": "5", "tid": "…", "context": "…"} to the window that opened it, and closes. Only a window of the
// object's origin gets the message. A popup that a page of another origin opened, such as of 127.0.0.1 instead of localhost,
// stays open. It says so, and has a link to the object with the token. The context is that of the popup's address, or else
// that of the order, or else null.
package sandbox
