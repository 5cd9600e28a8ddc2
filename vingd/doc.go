// Package vingd is a client of the Vingd Broker API, by which publishers sell access to digital goods for vingds and
// reward their users.
//
// A seller registers an object once, makes an order for it, and sends the buyer to the order's address on Vingd's
// frontend. Paying there reserves the price, and brings the buyer back to the object's URL with a token. The seller
// verifies the token, serves what was bought, and commits the purchase, which pays her. What is never committed is
// refunded.
//
// Money is in [Cents], points in time are made by [At], [In] and [Ago], and ids have types of their own.
//
// # Errors
//
// A call that fails returns an [*Error], which is one of [ErrInvalidData], [ErrForbidden], [ErrNotFound], [ErrInternal]
// and [ErrGeneral] to [errors.Is]. An argument that cannot be right is an [*ArgumentError], and nothing is sent.
//
// # What became of it
//
// The API has no way to make a call safe to repeat. So a call that failed is either not done, or nobody can tell from
// here whether it was: then it is an [ErrOutcomeUnknown] as well, and for calls that move money the broker has to be
// asked before they are made again. The client repeats on its own what may be repeated: calls that change nothing,
// updates and commits; everything else only when it was certainly not done.
//
// Reconcile finds out whether a call was done whose outcome is unknown. It takes the parameters of the call and the time
// before it, and only reads. Write both down before the call.
//
//	Rewards.Create                      Rewards.Reconcile, by the description
//	Vouchers.Create                     Vouchers.Reconcile, by message and description
//	Vouchers.Revoke, Vouchers.RevokeAll Vouchers.ReconcileRevoke, by the log; or revoke again
//	Orders.Create                       Orders.Reconcile, by the context; or let the order expire
//	Objects.Create                      Objects.Reconcile, by name and URL
//	Objects.Update, Purchases.Commit    call it again: a second call changes nothing
//	Purchases.Verify                    call it again: it succeeds, or returns [ErrForbidden] if the entitlement is spent;
//	                                    a purchase that is not committed is refunded
//	Purchases.Create                    Purchases.Reconcile, if the object is registered for this purchase alone
//	Users.Create                        call it again: the other user, if there is one, holds nothing
//	Request                             cannot be found out
//
// Reconcile returns the result of the call if it finds one. It returns [ErrNotDone] if the broker has shown no result for
// the settle time, [DefaultSettleTime], and has nothing else that may be the result. Then it is safe to make the call again.
// After any other error the outcome is still unknown.
//
// Reconcile asks again after random waits of up to 5 seconds. While the broker fails, it goes on until the context ends.
// Once the broker responds, Reconcile returns within a minute. A Retry-After header or a very long list makes it later.
//
// # References
//
// Reconcile finds a call by its reference: a text that the caller gives to that call alone. The documents do not say that
// brokers keep each text as it is, so Reconcile trusts only what it sees. These rules make a good reference:
//   - It is unique for a day and more, and no part of another one.
//   - It has at most 100 bytes, no white space around it, and no control or combining characters. Reconcile refuses other
//     references with an [*ArgumentError].
//   - It differs from other references in its numbers, as "payroll 2026-01 no. 0017" does. Or it has numbers and differs
//     in its names, as "2026-01 Ann" does. Such references show that the broker keeps them, and shorter ones.
//   - It has a word that the broker does not write by itself. "reward 17" may be the broker's own text.
//
// UUIDs do not show it. By a UUID Reconcile can tell that a call was done, but often not that it was not done.
//
// # Lists
//
// All streams a list in constant memory; List collects one.
package vingd
