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
// # Lists
//
// All streams a list in constant memory; List collects one.
package vingd
