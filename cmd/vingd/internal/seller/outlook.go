package seller

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/plan"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// needsAnother is the advice for rows that expired before they were sent. No run sends them, so another plan may have them.
const needsAnother = "expired rows need another plan"

// needsReference is the advice for rows whose references the broker has for other amounts. No run sends them either.
const needsReference = "put a row whose reference the broker already has into another plan, with another reference. " +
	"If that payment was the row's own, give it that amount there, and run with --adopt"

// An outlook is how far a plan is, and what a run of it would do.
type outlook struct {
	batch.Progress

	left    int         // rows that a run sends
	sum     vingd.Cents // of these
	again   int         // rows whose outcome is unknown, and that a run may send again
	doubt   vingd.Cents // the sum of these
	expired []error     // of the rows that no run sends any more
	refused string      // the advice on rows that are refused again
	taken   int         // rows that no run sends, because the broker has their references for other amounts
}

// lookedAt returns the journal of a command that writes nothing. If there is none, it is one in a folder that leave removes.
func lookedAt(journal string) (path string, leave func(), err error) {
	if _, err := os.Stat(journal); !errors.Is(err, fs.ErrNotExist) {
		return journal, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "vingd-")
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(dir, "journal"), func() { _ = os.RemoveAll(dir) }, nil // an empty journal that stays does no harm
}

// look returns the outlook of a plan. It sends no row, and makes no journal beside a plan that was not run yet.
func (w *work) look(ctx context.Context, a *cli.App, adopt bool) (o *outlook, err error) {
	journal, leave, err := lookedAt(plan.Journal(w.plan.Path))
	if err != nil {
		return nil, err
	}
	defer leave()
	job, err := w.open(ctx, journal)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, job.Close()) }()
	client, err := a.Client()
	if err != nil {
		return nil, err
	}
	if err = w.ready(ctx, job, client, adopt); err == nil && !adopt {
		err = w.adoptable(job.CheckEarlier(ctx, client))
	}
	return w.outlook(job), err
}

func (w *work) outlook(job *batch.Job) *outlook {
	o := &outlook{Progress: job.Progress(), refused: w.again}
	for i, row := range job.Rows() {
		err := w.plan.Ahead(i)
		switch {
		case row.State == batch.Done, err != nil && row.State == batch.Unknown: // a run asks the broker, and does no more
		case err != nil:
			o.expired = append(o.expired, err)
		case row.State == batch.Refused && job.IsTaken(row.Number):
			o.taken++
		case row.State == batch.Unknown:
			o.again++
			o.doubt += row.Amount
		default:
			o.left++
			o.sum += row.Amount
		}
	}
	return o
}

// sayExpired names the rows that no run sends any more.
func (o *outlook) sayExpired(a *cli.App) {
	for i, err := range o.expired {
		if i == maxProblems {
			a.Say("… and %s", number(len(o.expired)-i, "more row"))
			break
		}
		a.Say("%v", err)
	}
	if len(o.expired) > 0 {
		a.Say("Not sent: %s. Put expired rows into another plan.", number(len(o.expired), "expired row"))
	}
}

// advice says how to go on after a run that leaves rows.
func (o *outlook) advice() string {
	var advice []string
	switch {
	case o.left+o.again > 0 && o.Refused > len(o.expired)+o.taken:
		advice = []string{"run the same command again to go on", o.refused}
	case o.left+o.again > 0, len(o.expired)+o.taken == 0:
		advice = []string{"run the same command again to go on"}
	case len(o.expired) > 0:
		advice = []string{needsAnother}
	}
	if o.taken > 0 {
		advice = append(advice, needsReference)
	}
	return strings.Join(advice, "; ")
}

// adoptable adds the advice on rows that the broker already has.
func (w *work) adoptable(err error) error {
	if earlier := (*batch.EarlierError)(nil); errors.As(err, &earlier) {
		return fmt.Errorf("%w, or --adopt to mark them as done%s", err, w.anew)
	}
	return err
}

// confirm asks whether the rows that are left may be done. Expired rows may be adopted: the run names those that were not.
func (w *work) confirm(ctx context.Context, a *cli.App, o *outlook, adopt bool) (bool, error) {
	if !adopt {
		o.sayExpired(a)
	} else if w.plan.Zoneless() {
		a.Say("Dates and times without a zone are read in the time zone of this machine, now %s. Vouchers that were made in another zone are not found.", cli.Zone())
	}
	if o.left+o.again == 0 {
		a.Say("%s: %d of %d rows are done.", w.plan.Path, o.Done, o.Rows)
		cli.SurvivePipes() // a run may still settle rows
		return true, nil
	}
	what := ""
	if o.Done > 0 {
		what = fmt.Sprintf("%d of %d rows are done. ", o.Done, o.Rows)
	}
	if o.again > 0 {
		what += fmt.Sprintf("Ask the broker for %s of %v in all, and send again what was not done", number(o.again, "unknown row"), o.doubt)
	}
	things, sum := number(o.left, w.thing), o.sum.String()
	if adopt { // the run finds out which of the rows the broker has
		things, sum = "up to "+things, "up to "+sum
	}
	switch {
	case o.left == 0:
		what += ","
	case o.again > 0:
		what += ". "
		fallthrough
	default:
		what += fmt.Sprintf(w.verb, things, sum)
	}
	return a.Confirm(ctx, "%s", what)
}
