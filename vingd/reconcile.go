package vingd

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"time"
)

// Reconcile looks for the row that a call left at the broker, in a list. It gives each row one of three verdicts: it is
// the one, it is another, or it may be the one. One row that is the one proves that the call was done. Only rows that
// are all others prove that it was not. A row that may be the one is a doubt: the outcome stays unknown.
//
//	list             the one                  another                                     may be the one, among others
//	rewards          has the description      of a class that no reward has; or has       has no text, or one that is not
//	                                          a reference of the same form                known to be the caller's; is cut off
//	vouchers         has message and          has another message; or has a description   has the message and another
//	                 description              of the same form                            description; has neither
//	orders           has the context          has another context; is older, by a clock    has no context
//	objects          has name and URL         has another name and another URL            has one of the two
//	purchases        a payment that names     of a class that no purchase has; names      names no object; names the object,
//	                 the object               another object                              and is of such a class
//	revocations      (see ReconcileRevoke)    there is none                               there are some
//
// In each list a row may also be the one if it has the reference in a changed form, or with another amount.
//
// Another text proves something only if the broker is known to keep the caller's texts. The documents say that it keeps a
// voucher's message, an order's context, and an object's name and URL. They do not say so of the description of a reward or a
// voucher. A row with a reference of the same form, such as "payroll-17" for "payroll-18", shows it: no broker writes such a
// text by itself. The reference in the row must not be shorter. An amount that is far off proves that the row is another. A
// near one may be less a fee. Of two fields, one is enough: a row without it is another.
//
// A list proves nothing unless it is whole and covers the time of the call:
//   - The broker may bound the length of a list. The last look-up asks for the first and the last row by themselves,
//     and both must be in the list. Orders cannot be asked for so: the length of a list must not be a round number.
//   - The broker may bound its rows before it filters them, or show those of the last month. So it must show a row from before
//     the call, or all transfers that make up the balance: see reachesBack.
//   - The broker's clock may differ. Look-ups begin nearMargin before the call, the last one farMargin before it. If the
//     broker's Date header differs by more than clockMargin, nothing is proved. Without the header, the last one reads it all.
const (
	nearMargin  = 5 * time.Minute
	farMargin   = 25 * time.Hour
	clockMargin = 12 * time.Hour
)

// lookUpTimeout limits how long the first look-up waits for the broker. The limit doubles when it is reached, up to the client's.
const lookUpTimeout = 10 * time.Second

// limitedTimeout is that limit after a response with Retry-After: each request of a look-up may have to wait so long.
const limitedTimeout = 2 * maxRetryAfter

// lookUpRetries is how often each request of a look-up is retried. A rate limiter refuses some of the last look-up's requests,
// which come one after the other.
const lookUpRetries = 5

// A verdict tells whether a row is the one that a call left. The zero verdict is that it is another.
type verdict struct {
	is    bool
	doubt string // why the row, of number %d, may be the one
	// lacks are the fields in which the row has not what the call gave. There is no doubt if another row shows that the broker keeps
	// such texts in one of them. shows are those in which this row shows it. Its text is no shorter: a broker may cut or drop the
	// longer ones.
	lacks, shows fieldSet
}

// A fieldSet is a set of the fields of a call, which has two at most.
type fieldSet uint8

const fieldSets = 4

// unless turns the verdict that a row is the one into a doubt.
func (v verdict) unless(differs bool, doubt string) verdict {
	if v.is && differs {
		return verdict{doubt: doubt}
	}
	return v
}

// A sighting is what a look-up found.
type sighting[T any] struct {
	row   T
	found bool
	doubt string // why the call may have been done, if the row was not found
}

// A window is the part of a list that a look-up reads.
type window struct {
	sent  time.Time // when the call was made; zero if the list need not reach back to it
	since time.Time // zero for all of the list
	from  time.Time // an older row is not of the call; zero if unknown
	last  bool      // whether the call was not done if nothing is found
	clock *clockCheck
}

// A lookUp asks the broker for the row that a call left.
type lookUp[T any] func(context.Context, window) (sighting[T], error)

// reconcile looks a call up until its outcome is settled. The call was done if it is found. It was not done if it is not
// there for the settle time: until then it may be in flight. That time counts from the end of the first look-up, since a
// slow broker delays both, to the beginning of the last. It does not count from sent: the client may have sent the call
// again since.
func reconcile[T any](ctx context.Context, c *Client, op operation, sent time.Time, look lookUp[T]) (T, error) {
	if ctx == nil {
		return *new(T), noContext(op)
	}
	clock := clockCheck{now: c.now}
	var first time.Time // the end of the first look-up of those that succeeded in a row
	timeout, isLimited := lookUpTimeout, false
	for n := 0; ; n++ {
		after := min(c.deadlines.after, timeout)
		if isLimited { // otherwise a request that must wait would end the look-up
			after = max(after, limitedTimeout)
		}
		lookUps := withCallOptions(ctx, callOptions{
			deadlines: &deadlines{after: after}, retries: lookUpRetries, onResponse: clock.compare,
		})
		begun, w := time.Now(), window{sent: sent, since: sent.Add(-nearMargin), from: sent.Add(-farMargin), clock: &clock}
		if c.settleTime == 0 || !first.IsZero() && begun.Sub(first) >= c.settleTime {
			w.since, w.last = w.from, true
		}
		s, err := look(lookUps, w)
		if w.last && !clock.known && err == nil && !s.found { // the broker's clock may be far behind
			w.since = time.Time{}
			s, err = look(lookUps, w)
		}
		switch {
		case err == nil && s.found:
			return s.row, nil
		case err == nil && w.last:
			return *new(T), absence(ctx, op, cmp.Or(s.doubt, clock.doubt()))
		case err != nil && (isFinal(err) || ctx.Err() != nil):
			return *new(T), unsettled(ctx, op, err)
		}
		wait := backoff(n, min(retryAfterOf(err), maxRetryAfter))
		isLimited = isLimited || retryAfterOf(err) > 0
		if timedOut := (*timeoutError)(nil); errors.As(err, &timedOut) {
			timeout = min(2*timeout, c.deadlines.after) // the broker may need longer for the list
		}
		switch {
		case isThrottled(err):
		case err != nil:
			first = time.Time{} // a call in flight may have waited with the look-up
		case first.IsZero():
			first = time.Now()
			fallthrough
		default:
			wait = min(wait, max(0, c.settleTime-time.Since(first)))
		}
		if sleep(ctx, wait) != nil {
			return *new(T), unsettled(ctx, op, err)
		}
	}
}

// absence returns the error of a call that was not found.
func absence(ctx context.Context, op operation, doubt string) *Error {
	if doubt != "" {
		return unsettled(ctx, op, &ambiguousError{doubt})
	}
	e := &Error{Op: op.name, Kind: ErrNotDone, Outcome: OutcomeNotDone}
	e.describe("not done: it is safe to make the call again")
	return e
}

// isFinal reports whether a further look-up would fail in the same way: the broker refuses it, or its rows settle nothing.
func isFinal(err error) bool {
	var failed *Error
	var certificate *tls.CertificateVerificationError
	var tooLarge *tooLargeError
	if !errors.As(err, &failed) || errors.As(err, &certificate) || errors.As(err, &tooLarge) {
		return true
	}
	inItsWords := failed.summary == ""
	return inItsWords && 400 <= failed.Status && failed.Status < 500 && !failed.transient
}

// isThrottled reports whether the broker refused a look-up because there were too many. It has not kept any call waiting.
func isThrottled(err error) bool {
	var failed *Error
	return errors.As(err, &failed) && failed.Status == http.StatusTooManyRequests
}

// retryAfterOf returns the wait that the Retry-After header of a failed look-up asks for, or 0.
func retryAfterOf(err error) time.Duration {
	var failed *Error
	if errors.As(err, &failed) {
		return failed.RetryAfter
	}
	return 0
}

// ambiguousError is returned for rows that may be the one that a call left.
type ambiguousError struct{ problem string }

func (e *ambiguousError) Error() string { return e.problem }

// unsettled is the error of a call whose outcome stays unknown: the last look-up failed by err, or the context ended.
func unsettled(ctx context.Context, op operation, err error) *Error {
	e := Error{Kind: ErrGeneral}
	e.describe("not settled")
	var failed *Error
	switch {
	case errors.As(err, &failed):
		e = *failed
	case err != nil:
		e.describe("not settled: " + err.Error())
	}
	e.Op, e.Outcome = op.name, OutcomeUnknown
	if ctx.Err() != nil && !errors.Is(e.cause, ctx.Err()) {
		e.cause = errors.Join(endOf(ctx), e.cause)
	}
	return &e
}
