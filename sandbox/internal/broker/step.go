package broker

import (
	"errors"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// A step is one transaction, at one moment. What was due by then is done.
type step struct {
	*store.Tx

	books ledger.Books
	now   time.Time
}

// inStep makes a step. One that is refused changes nothing, and what was due stays done all the same: time does not run back.
func inStep[T any](b *Broker, f func(*step) (T, error)) (T, error) {
	var result T
	var refused error
	err := b.db.Transact(func(tx *store.Tx) error {
		s := &step{Tx: tx, books: ledger.Books{Tx: tx}}
		s.now = b.clock().UTC().Truncate(time.Microsecond) // what answers can say
		settled, err := s.settle()
		if err != nil {
			return err
		}
		run := func() (err error) {
			result, err = f(s)
			return err
		}
		if !settled {
			return run()
		}
		err = tx.Alone(run)
		if isRefusal(err) {
			refused = err
			return nil
		}
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		var none T
		return none, err
	}
	return result, nil
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
