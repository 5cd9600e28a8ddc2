package seller

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/plan"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// shownBy is the annotation of a command that runs plans: the command that shows what the rows did.
const shownBy = "shown by"

// The commands that show vouchers and rewards.
const (
	showVouchers = "vingd vouchers list"
	showRewards  = "vingd transfers list"
)

// inPending is the annotation of a command whose journals are in the folder of pending rewards, and not beside its arguments.
const inPending = "in pending"

// The advice for a command in doubt, whose journal is beside its plan, or in the folder of pending rewards.
const (
	againHere   = "run the same command again"
	againAtHome = againHere + " as the same user, with the same home folder"
)

// Ended returns the error of a command that ran, or was about to, with its arguments. It is that of an unknown outcome if a
// journal of the arguments has a row whose outcome is unknown, whatever ended the command.
func Ended(c *cobra.Command, args []string, err error) error {
	show := c.Annotations[shownBy]
	if err == nil || show == "" || cli.SaysUnknown(err) {
		return err
	}
	var books []book
	if c.Annotations[inPending] != "" {
		books = pendingOf(c, args)
	} else {
		for _, arg := range args {
			books = append(books, book{plan.Journal(arg), arg, againHere})
		}
	}
	for _, b := range books {
		if _, statErr := os.Lstat(b.journal); statErr == nil || errors.Is(statErr, fs.ErrPermission) {
			if doubt := b.doubted(err, show); cli.SaysUnknown(doubt) {
				return doubt
			}
		}
	}
	return err
}

// A book is the journal of a plan or of a single reward.
type book struct {
	journal string
	name    string // of the plan or the reward
	again   string // the advice to run the command again
}

// doubted makes an error that of an unknown outcome if the journal has a row whose outcome is unknown, or cannot be read.
func (b *book) doubted(err error, show string) error {
	if errors.Is(err, batch.ErrJournalInUse) {
		return inUse(b.name)
	}
	unknown, readErr := batch.UnknownRows(b.journal)
	switch {
	case errors.Is(readErr, batch.ErrJournalInUse):
		return cli.WithCode(cli.Unknown, fmt.Errorf("%w; %w", err, inUse(b.name)))
	case readErr != nil:
		return cli.WithCode(cli.Unknown, fmt.Errorf("%w; %s: cannot be read, so the outcome of its rows is unknown: restore it, or look at %s", err, b.journal, show))
	}
	again := b.again
	var usage *cli.UsageError
	if errors.As(err, &usage) || errors.Is(err, batch.ErrOtherPlan) || errors.Is(err, fs.ErrNotExist) {
		again = "correct that, and " + again
	}
	if unknown > 0 && b.again == againAtHome { // the arguments may name several rewards
		err = fmt.Errorf("%w; the outcome of %s is unknown", err, b.name)
		return cli.WithCode(cli.Unknown, fmt.Errorf("%w; %s", err, again))
	}
	return inDoubt(err, unknown, again)
}

// inUse is the error of a journal that another process has open, and which therefore cannot be read.
func inUse(name string) error {
	return cli.WithCode(cli.Unknown, fmt.Errorf("%s: %w, so its outcome is unknown: wait until that run has ended, then run the same command again", name, batch.ErrJournalInUse))
}

// inDoubt makes an error that of an unknown outcome while the outcome of a row is unknown, whatever ended the command. The
// advice says how to go on.
func inDoubt(err error, unknown int, advice string) error {
	if err == nil || unknown == 0 || cli.SaysUnknown(err) {
		return err
	}
	if !errors.Is(err, vingd.ErrOutcomeUnknown) {
		err = fmt.Errorf("%w; the outcome of an earlier run is unknown", err)
	}
	return cli.WithCode(cli.Unknown, fmt.Errorf("%w; %s", err, advice))
}

// unsettled makes the end of a command that writes nothing that of an unknown outcome, if there are things whose outcome is
// unknown. The advice, which may be empty, says how to go on.
func unsettled(err error, unknown int, thing, advice string) error {
	if unknown == 0 {
		return err
	}
	doubt := fmt.Errorf("the outcome of %s is unknown: a run asks the broker%s", number(unknown, thing), advice)
	if err != nil {
		doubt = fmt.Errorf("%w; %w", err, doubt)
	}
	return cli.WithCode(cli.Unknown, doubt)
}

// stays reports whether a run ended because the broker cannot tell the outcome of a row, or refuses one. It returns false if the
// broker is away, or does not let the account look: then the outcome may become known later.
func stays(err error) bool {
	var incomplete *batch.IncompleteError
	if !errors.As(err, &incomplete) {
		return false
	}
	cause := incomplete.Unwrap()
	var failed *vingd.Error
	switch {
	case errors.Is(cause, vingd.ErrForbidden):
		return false
	case errors.As(cause, &failed) && failed.Status == 401:
		return false
	case errors.Is(cause, vingd.ErrNotFound), errors.Is(cause, vingd.ErrInvalidData), errors.Is(cause, vingd.ErrInvalidArgument):
		return true
	}
	return failed != nil && errors.Is(failed, vingd.ErrOutcomeUnknown)
}
