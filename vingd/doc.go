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
// Reconcile finds out what became of a call whose outcome is unknown. Each service that makes something has one, which
// takes what Create took, with when that was. What was made is found again by a reference that the caller put into it,
// unlike any other; it is a good habit to write that down before the call.
//
//	Rewards.Create                      Rewards.Reconcile, by the description
//	Vouchers.Create                     Vouchers.Reconcile, by message and description
//	Vouchers.Revoke, Vouchers.RevokeAll Vouchers.ReconcileRevoke, by the log; or revoke again
//	Orders.Create                       Orders.Reconcile, by the context; or let it lapse
//	Objects.Create                      Objects.Reconcile, by name and URL
//	Objects.Update, Purchases.Commit    call it again: done twice, it is done once
//	Purchases.Verify                    call it again: it succeeds, or [ErrForbidden] says that the entitlement is spent;
//	                                    what was not committed is refunded
//	Purchases.Create                    Purchases.Reconcile, if the object is registered for this purchase alone
//	Users.Create                        call it again: the other user, if there is one, holds nothing and is known to nobody
//	Request                             nobody can tell
//
// Reconcile only reads. What it finds is done, and it returns that at once. What the broker has not known of for the
// settling time, which is [DefaultSettling] of answering, is not done: [ErrNotDone]. It asks again after random waits of up
// to 5 seconds, and while the broker fails it goes on until the context ends, so give it one that does. It settles
// everything within a minute from when the broker answers again, unless Retry-After wishes for more. A broker whose
// clock is more than a day behind the caller's cannot be asked so.
//
// # Lists
//
// All streams a list in constant memory; List collects one.
package vingd
