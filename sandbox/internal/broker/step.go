package broker

import (
	"errors"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// A step is one transaction, at one moment. What was due by then is done, unless the step is behind.
type step struct {
	*store.Tx

	books ledger.Books
	now   time.Time
	// settled reports whether something was due, and behind whether more is: then now is when.
	settled, behind bool
}

// inStep makes a step. One that is refused changes nothing, and what was due stays done all the same: time does not run back.
func inStep[T any](b *Broker, f func(*step) (T, error)) (result T, err error) {
	var refused error
	for again := true; again; {
		err = b.db.Transact(func(tx *store.Tx) error {
			s, err := b.begin(tx)
			if err != nil {
				return err
			}
			// While the clock is being moved, steps go on at the deadline that it has reached. Else they wait for all.
			if again = s.behind && !b.clock.isAdvancing(); again {
				return s.finish()
			}
			run := func() (err error) {
				if b.until != nil && *b.until != b.resets.Load() {
					return refuse(ErrGone, "the sandbox was reset, and nothing of before is there")
				}
				result, err = f(s)
				return err
			}
			if s.settled {
				err = tx.Alone(run)
			} else {
				err = run()
			}
			if s.settled && isRefusal(err) {
				refused, err = err, nil
			}
			if err != nil {
				return err
			}
			return s.finish()
		})
		if err != nil {
			break
		}
	}
	if err == nil {
		err = refused
	}
	if err != nil {
		var none T
		return none, err
	}
	return result, nil
}

// begin begins a step: it settles what is due.
func (b *Broker) begin(tx *store.Tx) (*step, error) {
	s := &step{Tx: tx, books: ledger.Books{Tx: tx}, now: b.clock.due()}
	next, err := s.settle()
	if err != nil {
		return nil, err
	}
	if next != nil {
		s.now, s.behind = *next, true
	}
	b.clock.seen(s.now, next)
	return s, nil
}

// finish finishes a step: the data file keeps its time.
func (s *step) finish() error {
	if !s.Changed() {
		return nil
	}
	return s.SetState("moment", s.now.UnixMicro())
}

// do is [inStep] without a result.
func (b *Broker) do(f func(*step) error) error {
	_, err := inStep(b, func(s *step) (struct{}, error) { return struct{}{}, f(s) })
	return err
}

func isRefusal(err error) bool {
	var refusal *Error
	return errors.As(err, &refusal)
}

// nextID numbers everything but accounts and transfers in one sequence,
// so that an id of one kind that is taken for one of another names nothing.
func (s *step) nextID() (int64, error) { return s.Next("thing") }
