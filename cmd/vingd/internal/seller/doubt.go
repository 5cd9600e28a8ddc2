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
	journals, again := pendingOf(args), againAtHome
	if c.Annotations[inPending] == "" {
		journals, again = nil, againHere
		for _, arg := range args {
			journals = append(journals, plan.Journal(arg))
		}
	}
	for _, journal := range journals {
		if _, statErr := os.Lstat(journal); statErr == nil || errors.Is(statErr, fs.ErrPermission) {
			return doubted(err, journal, show, again)
		}
	}
	return err
}

// doubted makes an error that of an unknown outcome if a journal has a row whose outcome is unknown, or cannot be read. A
// journal that is open belongs to another run, which says so itself.
func doubted(err error, journal, show, again string) error {
	unknown, readErr := batch.UnknownRows(journal)
	switch {
	case errors.Is(readErr, batch.ErrJournalInUse):
		return err
	case readErr != nil:
		return cli.WithCode(cli.Unknown, fmt.Errorf("%w; %s: cannot be read, so the outcome of its rows is unknown: restore it, or look at %s", err, journal, show))
	}
	var usage *cli.UsageError
	if errors.As(err, &usage) || errors.Is(err, batch.ErrOtherPlan) || errors.Is(err, fs.ErrNotExist) {
		again = "correct that, and " + again
	}
	return inDoubt(err, unknown, again)
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

// unsettled makes the end of a command that writes nothing that of an unknown outcome, if there are things whose outcome is unknown.
func unsettled(err error, unknown int, thing string) error {
	if unknown == 0 {
		return err
	}
	doubt := fmt.Errorf("the outcome of %s is unknown: a run asks the broker", number(unknown, thing))
	if err != nil {
		doubt = fmt.Errorf("%w; %w", err, doubt)
	}
	return cli.WithCode(cli.Unknown, doubt)
}
