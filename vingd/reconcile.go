package vingd

import (
	"context"
	"crypto/tls"
	"errors"
	"iter"
	"time"
	"unicode/utf8"
)

const (
	// reconcileMargin is how long before an attempt was sent look-ups begin. The broker's clock may be behind, even by
	// its zone; since the reference is unique, more than is needed does no harm.
	reconcileMargin = 24 * time.Hour
	// lookUpTimeout bounds how long a look-up waits for a broker that may have gone away meanwhile.
	lookUpTimeout = 10 * time.Second
)

// lookUp asks the broker by c for what an earlier attempt made, and whether it is there.
type lookUp[T any] func(ctx context.Context, c *Client) (found T, ok bool, err error)

// reconcile looks up what became of an earlier attempt until that is settled: it is done when it is found, and not done
// when the broker has gone on saying for the settling time that it is not there. Until then it may be under way.
func reconcile[T any](ctx context.Context, c *Client, op operation, look lookUp[T]) (T, error) {
	asking := c.asking()
	var absent time.Duration // how long the broker said so
	var answered time.Time   // when the look-up before was, if the broker answered it
	for n := 0; ; n++ {
		begun := time.Now()
		found, ok, err := look(ctx, asking)
		switch {
		case ok && err == nil:
			return found, nil
		case err != nil && (isFinal(err) || ctx.Err() != nil):
			return *new(T), unsettled(ctx, op, err)
		}
		wait := backoff(n, min(wishOf(err), mostRetryAfter))
		if err != nil {
			answered = time.Time{} // what was under way may have waited with it
		} else {
			if !answered.IsZero() {
				absent += begun.Sub(answered)
			}
			if absent >= c.settling {
				return *new(T), notDone(op)
			}
			answered = time.Now()
			wait = min(wait, c.settling-absent)
		}
		if sleep(ctx, wait) != nil {
			return *new(T), unsettled(ctx, op, err)
		}
	}
}

// asking returns the client as look-ups use it: they are repeated by who makes them, and never wait for long.
func (c *Client) asking() *Client {
	a := *c
	a.retries = 0
	a.timeout = min(c.timeout, lookUpTimeout)
	a.connect()
	return &a
}

// isFinal reports whether asking again is of no use: the broker refused to tell, or what it told settles nothing.
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

// wishOf returns how long the broker wishes to be left alone.
func wishOf(err error) time.Duration {
	var failed *Error
	if errors.As(err, &failed) {
		return failed.retryAfter
	}
	return 0
}

// doubtError is something found that need not be what is looked for.
type doubtError struct{ problem string }

func (e *doubtError) Error() string { return e.problem }

// unsettled is the error of an attempt of which nobody knows yet what became: the last look-up failed by err, or found
// nothing, and then the context ended.
func unsettled(ctx context.Context, op operation, err error) *Error {
	e := Error{Kind: ErrGeneral, summary: "not settled"}
	var failed *Error
	switch {
	case errors.As(err, &failed):
		e = *failed
	case err != nil:
		e.summary += ": " + err.Error()
	}
	e.Op, e.Outcome = op.name, OutcomeUnknown
	if ctx.Err() != nil && !errors.Is(e.cause, ctx.Err()) {
		e.cause = errors.Join(endOf(ctx), e.cause)
	}
	return &e
}

// notDone is the error of an attempt that was certainly not done.
func notDone(op operation) *Error {
	return &Error{Op: op.name, Kind: ErrNotDone, Outcome: OutcomeNotDone, summary: "not done: it is safe to make the call again"}
}

// sole returns the one row that is what is looked for, if there is one. It doubts two.
func sole[T any](rows iter.Seq2[T, error], is func(*T) bool) (found T, ok bool, err error) {
	for row, err := range rows {
		switch {
		case err != nil:
			return *new(T), false, err
		case !is(&row):
		case ok:
			return *new(T), false, &doubtError{"there are two of them: the reference must be unique"}
		default:
			found, ok = row, true
		}
	}
	return found, ok, nil
}

// reference refuses a text by which nothing can be found again.
func (ch *checks) reference(argument, text string) {
	switch {
	case text == "":
		ch.add(argument, "is empty, must be unique to this call, to be found again by it")
	case !utf8.ValidString(text):
		ch.add(argument, "must be UTF-8")
	}
}

// since returns where look-ups for what was sent at a time begin.
func (ch *checks) since(sent time.Time, margin time.Duration) Time {
	since := sent.Add(-margin)
	switch {
	case sent.IsZero():
		ch.add("sent", "must be when the call was made")
	case sent.After(ch.now().Add(reconcileMargin)):
		ch.add("sent", "is in the future")
	default:
		ch.add("sent", checkTime(since))
	}
	return At(since)
}

// own makes uid the caller's account, if it is not known yet.
func (s *UserService) own(ctx context.Context, uid *UID) error {
	if *uid != 0 {
		return nil
	}
	profile, err := s.Profile(ctx)
	if err != nil {
		return err
	}
	if *uid = profile.UID; *uid < 1 {
		*uid = 0
		return &doubtError{"the broker does not tell the number of the caller's account"}
	}
	return nil
}
