// Package vingd is a client for the Vingd Broker API. With it, publishers sell access to digital goods for vingds, and reward
// their users.
//
// A seller registers an object once, creates an order for it, and sends the buyer to the order's URL on Vingd's frontend. The
// buyer pays there, which reserves the price, and returns to the object's URL with a token. The seller verifies the token,
// serves the content, and commits the purchase, which pays the seller. A purchase that is not committed is refunded.
//
// Money is in [Cents]. A price or an amount of zero needs AllowZero, because a field that is not set is zero. The functions [At],
// [In] and [Ago] make points in time. Each id has its own type.
//
// # Errors
//
// A failed call returns an [*Error], which is one of five kinds for [errors.Is]. Invalid arguments return an [*ArgumentError],
// and the client sends no request. Test for an unknown outcome first:
//
//	ErrOutcomeUnknown  the call may have been executed: see below; it has one of the five kinds, too
//	ErrForbidden       status 403: a permission is missing, or an entitlement is spent
//	ErrNotFound        status 404: the resource does not exist, or belongs to another account
//	ErrInvalidData     status 400, or an unexpected response
//	ErrInternal        status 500, or no response; errors.Is finds context.Canceled and the like
//	ErrGeneral         any other status, such as 402 for a low balance
//	ErrInvalidArgument an argument, before a request is sent
//	ErrNoCallback      ParseCallback: the buyer does not come from Vingd
//	ErrNotDone         Reconcile: it is safe to retry the call
//
// # Outcomes
//
// The API has no idempotency keys. A failed call was either not executed, or its outcome is unknown. In the second case the error
// is an [ErrOutcomeUnknown] too, and money may have moved: ask the broker before you retry.
//
// The client itself retries calls that change nothing, updates and commits. It retries other calls only if they were certainly
// not executed.
//
// Reconcile finds out whether a call with an unknown outcome was executed. It takes the parameters of the call and the time
// before it, and only reads. Save both before the call. The table has each call with the way to find out:
//
//	Rewards.Create                      Rewards.Reconcile, by the description
//	Vouchers.Create                     Vouchers.Reconcile, by message and description
//	Vouchers.Revoke, Vouchers.RevokeAll Vouchers.ReconcileRevoke, by the log
//	Orders.Create                       Orders.Reconcile, by the context; or let the order expire
//	Objects.Create                      Objects.Reconcile, by name and URL
//	Objects.Update, Purchases.Commit    call it again: a second call changes nothing
//	Purchases.Verify                    call it again: it succeeds, or returns ErrForbidden if the entitlement is spent;
//	                                    a purchase that is not committed is refunded
//	Purchases.Create                    Purchases.Reconcile, if the object is registered for this purchase alone
//	Users.Create                        call it again: a user of the first call has no money
//	Request                             the outcome stays unknown
//
// Reconcile returns the result of the call as soon as it finds one. It returns [ErrNotDone] if the broker has
// shown no result for two minutes, and has nothing else that may be the result. [WithSettleTime] sets this time. Then it is safe
// to retry the call. After any other error the outcome is still unknown.
//
// Reconcile asks again after random waits of up to 5 seconds. While the broker fails, it goes on until the context ends.
// Once the broker responds, Reconcile returns within the settle time and a minute. A rate limit, a Retry-After header or a
// very long list makes it later.
//
// # References
//
// Reconcile finds a call by its reference: a text that the caller gives to that call alone. The documents do not say that
// brokers keep each text unchanged, so Reconcile trusts only what it sees. It takes for granted that a broker treats the texts of
// one list alike, changes no word, and cuts only at the ends. It takes the Date header and the times of rows for those of one
// clock. These rules make a good reference:
//   - It is unique for more than a day, and is not part of another reference. If the broker sends no Date header, or its rows have
//     no time, it is unique for good.
//   - It has at most 100 bytes, no white space around it, and no control or combining characters. An object's name and URL may
//     have 1000 bytes each. Reconcile refuses other references with an [*ArgumentError].
//   - It differs from other references in its numbers, as "payroll 2026-01 no. 0017" does. Or it has numbers and differs
//     in its names, as "2026-01 Ann" does. Such references show that the broker keeps them, and shorter ones.
//   - It has a word that the broker does not write by itself. "reward 17" may be the broker's own text.
//   - It has fewer than 13 digits in a row, spaces and dashes between them aside. A broker or proxy may mask more of them as a card
//     number. By such a reference Reconcile can tell that a call was done, but seldom that it was not done.
//
// UUIDs do not show that the broker keeps references. By a UUID Reconcile can tell that a call was done, but often not that
// it was not done.
//
// # Lists
//
// List returns the rows of a list in a slice. It returns an [ErrGeneral] for a list of more than 64 MiB,
// on the wire or in memory.
//
// All streams the rows of a list of any length in constant memory. After a failure it yields the error with a zero row, and
// ends. The rows before the error are valid.
//
// # JSON
//
// Results and parameters have the names of their Go fields in JSON, and encoding/json reads them back. An amount is a whole
// number of cents. A [Time] is a text in RFC 3339, or a relative one such as "in 1h0m0s". A [TokenID] is in JSON unredacted:
// keep it out of logs. These forms are not those of the API.
package vingd
