package broker

import (
	"errors"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// A step is one transaction, at one time. Deadlines up to that time are settled first.
type step struct {
	*store.Tx

	books ledger.Books
	now   time.Time
	// settled reports whether deadlines were settled. behind reports whether more are due: now is then the next deadline.
	settled, behind bool
}

// inStep runs f in a step. If the broker refuses the step, f has changed nothing, but deadlines that were due stay settled.
func inStep[T any](b *Broker, f func(*step) (T, error)) (result T, err error) {
	var refused error
	for again := true; again; {
		err = b.db.Transact(func(tx *store.Tx) error {
			// While Advance moves the clock, steps run at the deadline that it has reached, and leave the settling to it.
			// Otherwise they wait for all deadlines.
			advancing, most := b.clock.isAdvancing(), settledAtOnce
			if advancing {
				most = 0
			}
			s, err := b.begin(tx, most)
			if err != nil {
				return err
			}
			if again = s.behind && !advancing; again {
				return s.finish()
			}
			run := func() (err error) {
				if b.until != nil && *b.until != b.resets.Load() {
					return refuse(ErrGone, "the sandbox was reset, and its earlier content is gone")
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

// begin begins a step and settles deadlines, as many as most.
func (b *Broker) begin(tx *store.Tx, most int) (*step, error) {
	s := &step{Tx: tx, books: ledger.Books{Tx: tx}, now: b.clock.due()}
	next, err := s.settle(most)
	if err != nil {
		return nil, err
	}
	if next != nil {
		s.now, s.behind = *next, true
	}
	b.clock.seen(s.now, next)
	return s, nil
}

// finish stores the time of a step that has changed something.
func (s *step) finish() error {
	if !s.Changed() {
		return nil
	}
	return s.storeTime()
}

func (s *step) storeTime() error { return s.SetState("moment", s.now.UnixMicro()) }

// do is [inStep] without a result.
func (b *Broker) do(f func(*step) error) error {
	_, err := inStep(b, func(s *step) (struct{}, error) { return struct{}{}, f(s) })
	return err
}

func isRefusal(err error) bool {
	var refusal *Error
	return errors.As(err, &refusal)
}

// nextID returns an id for anything but an account or a transfer. No two kinds share an id: a caller who confuses kinds finds
// nothing.
func (s *step) nextID() (int64, error) { return s.Next("thing") }
