package batch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A look-up takes the settle time, and lookTimeout more if the broker is fast. From then on a run makes sure that the broker still
// responds, every lookTimeout, up to maxLooks times.
const (
	lookTimeout = 2 * time.Minute
	maxLooks    = 10
)

// A lookUpError is why a run stopped a look-up. It is no [context.Canceled], because the caller's context goes on.
type lookUpError struct {
	text   string
	silent bool // whether the broker does not respond at all
}

func (e *lookUpError) Error() string { return e.text }
func (e *lookUpError) Unwrap() error { return vingd.ErrOutcomeUnknown }

// lookUp asks the broker for the outcome of a row, for as long as the broker responds: Reconcile itself waits without end.
func (r *run) lookUp(ctx context.Context, item item, row *Row) (result, error) {
	bounded, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	defer watch.Wait()
	defer cancel(nil)
	watch.Go(func() { cancel(r.watch(bounded)) })
	given, err := item.reconcile(bounded, r.client, row.Sent)
	var stopped *lookUpError
	if errors.As(context.Cause(bounded), &stopped) && errors.Is(err, vingd.ErrOutcomeUnknown) {
		err = &lookUpError{err.Error(), stopped.silent}
	}
	return given, err
}

// watch returns why a look-up must not go on. It returns nil if the look-up ends first.
func (r *run) watch(lookUp context.Context) error {
	settle := r.client.SettleTime()
	timer := time.NewTimer(max(settle, settle+lookTimeout)) // the sum may overflow
	defer timer.Stop()
	for range maxLooks {
		select {
		case <-timer.C:
		case <-lookUp.Done():
			return nil
		}
		err := awayWaits.patiently(lookUp, func() error {
			_, err := r.client.Users.Profile(lookUp)
			return err
		})
		if !isResponse(err) {
			return &lookUpError{"the broker does not respond", true}
		}
		timer.Reset(lookTimeout)
	}
	return &lookUpError{fmt.Sprintf("the broker did not tell within %v", settle+maxLooks*lookTimeout), false}
}

// isResponse reports whether a call with an error shows that the broker is there.
func isResponse(err error) bool {
	var failed *vingd.Error
	return err == nil || errors.As(err, &failed) && 0 < failed.Status && failed.Status < 500
}
