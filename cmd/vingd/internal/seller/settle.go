package seller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

// settleTimeout bounds how long a command waits for the broker to tell the outcome of a call.
const settleTimeout = 4 * time.Minute

// firstWait begins the advice to look for the result of a call in doubt. A look before that may miss it.
const firstWait = "wait two minutes, because the request may arrive late; then "

// settled makes a call, and asks the broker for its outcome if that is unknown. Ctrl-C does not end the call, but the
// look-up. The advice is for an outcome that stays unknown.
func settled[T any](ctx context.Context, a *cli.App, advice string, call func(context.Context) (T, error),
	reconcile func(ctx context.Context, sent time.Time) (T, error),
) (T, error) {
	sent := time.Now()
	value, err := call(context.WithoutCancel(ctx))
	if !errors.Is(err, vingd.ErrOutcomeUnknown) {
		return value, err
	}
	a.Say("%v\n%s", err, asking)
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	value, err = reconcile(ctx, sent)
	switch {
	case err == nil:
		a.Say("It was done.")
	case errors.Is(err, vingd.ErrNotDone):
		err = cli.WithCode(cli.Failed, fmt.Errorf("it was not done: run the command again (%w)", err))
	}
	return value, again(err, advice)
}

// again says what to do about a call that nothing finds again.
func again(err error, advice string) error {
	if errors.Is(err, vingd.ErrOutcomeUnknown) {
		return fmt.Errorf("%w: %s", err, advice)
	}
	return err
}
