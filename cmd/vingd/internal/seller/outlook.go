package seller

import (
	"context"
	"fmt"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// needsAnother is the advice for rows that expired before they were sent. No run sends them, so another plan may have them.
const needsAnother = "expired rows need another plan"

// An outlook is how far a plan is, and what a run of it would do.
type outlook struct {
	batch.Progress

	left    int         // rows that a run may send
	sum     vingd.Cents // of these
	expired []error     // of the rows that no run sends any more
}

func (w *work) outlook(job *batch.Job) *outlook {
	o := &outlook{Progress: job.Progress()}
	for i, row := range job.Rows() {
		err := w.plan.Ahead(i)
		switch {
		case row.State == batch.Done, err != nil && row.State == batch.Unknown: // a run asks the broker, and does no more
		case err != nil:
			o.expired = append(o.expired, err)
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
	if o.left == 0 && len(o.expired) > 0 {
		return needsAnother
	}
	return "run the same command again to go on"
}

// confirm asks whether the rows that are left may be done. Expired rows may be adopted: the run names those that were not.
func (w *work) confirm(ctx context.Context, a *cli.App, o *outlook, adopt bool) (bool, error) {
	if !adopt {
		o.sayExpired(a)
	}
	if o.left == 0 {
		a.Say("%s: %d of %d rows are done.", w.plan.Path, o.Done, o.Rows)
		cli.SurvivePipes() // a run may still settle rows
		return true, nil
	}
	what := fmt.Sprintf(w.verb, number(o.left, w.thing), o.sum)
	if o.Done > 0 {
		what = fmt.Sprintf("%d of %d rows are done. ", o.Done, o.Rows) + what
	}
	return a.Confirm(ctx, "%s", what)
}
