// Package vingd is a client for the Vingd Broker API. With it, publishers sell access to digital goods for vingds, and reward
// their users.
//
// A seller registers an object once, creates an order for it, and sends the buyer to the order's URL on Vingd's frontend. The
// buyer pays there, which reserves the price, and returns to the object's URL with a token. The seller verifies the token,
// serves the content, and commits the purchase, which pays the seller. A purchase that is not committed is refunded.
//
//	object, err := client.Objects.Create(ctx, vingd.ObjectParams{Name: "Article 12", URL: "https://news.example.com/12"}) // once
//	...
//	order, err := client.Orders.Create(ctx, object, vingd.OrderParams{Price: 2_00})
//	...
//	http.Redirect(w, r, client.Orders.URLs(order.ID).Redirect, http.StatusSeeOther)
//
//	// The buyer has paid, and returns to the object's URL:
//	callback, err := vingd.ParseCallback(r.URL)
//	...
//	purchase, err := client.Purchases.Verify(ctx, object, callback.Token)
//	... // serve the article
//	err = client.Purchases.Commit(ctx, purchase)
//
// Vingd's own brokers can no longer be reached. Package sandbox is a whole broker for development and tests.
//
// Money is in [Cents]. A price or an amount of zero needs AllowZero, because a field that is not set is zero. The functions [At],
// [In] and [Ago] make points in time. Each id has its own type.
//
// # Errors
//
// A failed call returns an [*Error], which is one of five kinds for [errors.Is]. Reconcile can also return [ErrNotDone]. Invalid
// arguments return an [*ArgumentError], and the client sends no request. Test for an unknown outcome first:
//
//	ErrOutcomeUnknown  the call may have been done: see below; it has a kind as well, or is an *ArgumentError of Reconcile
//	ErrForbidden       status 403: a permission is missing, or an entitlement is spent
//	ErrNotFound        status 404: the resource does not exist, or belongs to another account
//	ErrInvalidData     status 400, or an unexpected response
//	ErrInternal        status 500, or no complete response; errors.Is finds context.Canceled and the like
//	ErrGeneral         any other status, such as 401 for a wrong login or 402 for a low balance; a response that is not JSON
//	ErrInvalidArgument an argument, before a request is sent
//	ErrNoCallback      ParseCallback: the buyer does not come from Vingd
//	ErrNotDone         Reconcile: it is safe to retry the call
//
// The kind follows the status only if the response is the broker's own JSON: a proxy's page with status 403 is an [ErrGeneral].
//
// # Outcomes
//
// The API has no idempotency keys. A failed call was either not done, or its outcome is unknown. In the second case the error
// is an [ErrOutcomeUnknown] too, and money may have moved: ask the broker before you retry.
//
// The client itself retries calls that change nothing, updates and commits. It retries other calls only if they were certainly
// not done.
//
// Reconcile finds out whether a call with an unknown outcome was done. It takes the parameters of the call and the time
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
// Once the broker responds quickly, Reconcile returns within the settle time and a minute. A rate limit or a Retry-After header
// makes it later. So do slow or long lists: it reads about ten, one after another.
//
// # References
//
// Reconcile finds a call by its reference: a text of at most 100 bytes that the caller gives to that call alone. A good one has
// a word and a number, as "payroll 2026-01 no. 0017" does. See [Outcomes and references] for the rules.
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
//
// # Other packages
//
//   - Package paywall, below this one, sells any [net/http.Handler].
//   - Package batch, below this one, gives out many rewards or vouchers, each once.
//   - Package vingdtest, below this one, is a fake broker for tests, whose responses a test sets.
//   - Package sandbox, beside this one, is a broker that keeps accounts. Its pages let buyers pay.
//
// [Outcomes and references]: https://github.com/vingd/vingd-api-go/blob/main/docs/outcomes.md#references
package vingd
