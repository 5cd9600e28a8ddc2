package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

const (
	// attempts is how often a run sends a row that Reconcile says was not done.
	attempts = 3
	// maxDoubts is how many rows of a run may stay unknown before it sends no further row.
	maxDoubts = 10
)

// send sends a row until it is done or refused, or its outcome stays unknown.
func (r *run) send(ctx context.Context, item item, row *Row) {
	for n := 0; n < attempts; {
		err := r.attempt(ctx, item, row)
		if err == nil {
			return
		}
		if isLimited(err) {
			continue
		}
		if n++; n == attempts {
			r.end(fmt.Errorf("row %d: %w", row.Number, err))
		}
	}
}

// attempt sends a row once. It returns an error if the row was not done and may be sent again.
//
// While a rate limit slows the run down, a worker keeps the turn until the outcome is settled. Look-ups count for the limit too.
func (r *run) attempt(ctx context.Context, item item, row *Row) error {
	if !r.takeTurn(ctx, row) {
		return nil
	}
	held := r.pace.isSlow()
	defer func() {
		if held {
			r.pace.give()
		}
	}()
	if !held {
		r.pace.give()
	}
	if r.hasExpired(item, row) {
		return nil
	}
	row.Sent = time.Now() // an earlier attempt was certainly not done
	row.State, row.Problem = Unknown, "the run ended while the row was sent"
	if !r.keep(row) {
		return nil
	}
	given, err := item.send(context.WithoutCancel(ctx), r.client)
	limited, wait := isLimited(err), time.Duration(0)
	if limited {
		wait = r.pace.refused(err)
	}
	switch isUnknown := vingd.OutcomeOf(err) == vingd.OutcomeUnknown; {
	case err == nil:
		r.done(row, given)
		return nil
	case !isUnknown && !limited:
		r.refused(row, err)
		return nil
	case !isUnknown:
		row.State = Pending
	}
	row.Problem = err.Error()
	if !r.keep(row) {
		return nil
	}
	if row.State == Unknown {
		if limited && !held {
			if held = r.takeTurn(ctx, row); !held {
				return nil
			}
		}
		r.settle(ctx, item, row, err)
	}
	if limited {
		r.pace.rest()
	}
	if row.State != Pending || wait > 0 && !sleep(ctx, r.stop, wait) {
		return nil
	}
	return notDone(err)
}

// takeTurn takes the turn of the next call. It ends the run if a rate limit has let no row pass for too long.
func (r *run) takeTurn(ctx context.Context, row *Row) bool {
	if !r.pace.take(ctx, r.stop) {
		return false
	}
	if err := r.pace.over(); err != nil {
		r.pace.give()
		r.end(fmt.Errorf("row %d: %w", row.Number, err))
		return false
	}
	return true
}

// notDone returns the error of a call whose outcome was unknown, after it turned out that it was not done.
func notDone(err error) error {
	var failed *vingd.Error
	if !errors.As(err, &failed) {
		return err
	}
	known := *failed
	known.Outcome = vingd.OutcomeNotDone
	return &known
}

// settle asks the broker for the outcome of a row. The row stays unknown unless it is certain. Lost is the error of the call, or nil
// if an earlier run sent it.
func (r *run) settle(ctx context.Context, item item, row *Row, lost error) {
	r.onReconcile(*row)
	given, err := r.lookUp(ctx, item, row)
	var stopped *lookUpError
	switch {
	case err == nil:
		r.done(row, given)
		return
	case errors.Is(err, vingd.ErrNotDone):
		row.State, row.Problem = Pending, notDone(cmp.Or(lost, err)).Error()
	default:
		row.Problem = err.Error()
		failed := fmt.Errorf("row %d: %w", row.Number, err)
		if ctx.Err() != nil || errors.As(err, &stopped) && stopped.silent || errors.Is(err, vingd.ErrForbidden) {
			r.end(failed) // the next row would not fare better
		} else {
			r.doubted(row, failed)
		}
	}
	r.keep(row)
}

// doubted counts a row that the broker cannot tell the outcome of, and ends the run at too many of them.
func (r *run) doubted(row *Row, err error) {
	r.job.mu.Lock()
	r.doubts++
	r.failed[row.Number] = err
	tooMany := r.doubts >= maxDoubts && !r.isEarlier
	r.job.mu.Unlock()
	if tooMany {
		r.end(err)
	}
}

func (r *run) done(row *Row, given result) {
	row.State, row.Code, row.Transfer, row.Problem = Done, given.code, given.transfer, ""
	r.pace.passed()
	r.keep(row)
}

// refused keeps a row that was certainly not done. It ends the run unless the refusal is of this row alone.
func (r *run) refused(row *Row, err error) {
	row.State, row.Problem = Pending, err.Error()
	failed := fmt.Errorf("row %d: %w", row.Number, err)
	if ofThisRow(err) {
		row.State = Refused
		r.job.mu.Lock()
		r.failed[row.Number] = failed
		r.job.mu.Unlock()
	} else {
		r.end(failed)
	}
	r.keep(row)
}

// hasExpired reports whether a row must not be sent any more. The journal does not keep that: the plan and the time tell it.
func (r *run) hasExpired(item item, row *Row) bool {
	refusal := item.refusal(time.Now())
	if refusal == "" {
		return false
	}
	_, row.taken = item.(*takenItem)
	row.State, row.Problem = Refused, refusal
	r.job.mu.Lock()
	r.failed[row.Number] = &rowError{row.Number, refusal}
	r.set(*row)
	r.job.mu.Unlock()
	r.callDue()
	return true
}

// ofThisRow reports whether the next row may fare better.
func ofThisRow(err error) bool {
	var failed *vingd.Error
	if errors.As(err, &failed) {
		switch failed.Status {
		case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity:
			return true
		}
	}
	return errors.Is(err, vingd.ErrInvalidArgument)
}

// keep writes a row to the journal, and reports whether it could.
func (r *run) keep(row *Row) bool {
	if err := r.write(row); err != nil {
		r.end(fmt.Errorf("journal %s: row %d: %w", r.job.path, row.Number, err))
		return false
	}
	if row.State != Unknown {
		r.callDue()
	}
	return true
}

func (r *run) write(row *Row) error {
	r.job.mu.Lock()
	defer r.job.mu.Unlock()
	err := r.job.journal.save(*row)
	if err == nil {
		r.set(*row)
	}
	return err
}
