package seller

import (
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// asking is the end of a message before a look-up, which may take minutes.
const asking = "Asking the broker whether it was done …"

// saySettling returns a function that names the rows whose outcome is looked up.
func (w *work) saySettling(a *cli.App) func(batch.Row) {
	said := 0
	return func(row batch.Row) {
		switch said++; {
		case said <= maxProblems:
			a.Say("%s:%d: %s: asking the broker whether it was done …", w.plan.Path, w.plan.Rows[row.Number-1].Line, row.Problem)
		case said == maxProblems+1:
			a.Say("… and more rows")
		}
	}
}

// sayAdopted says how many rows a run took as done. These were not sent by it, and were not in doubt before.
func (w *work) sayAdopted(a *cli.App, before, after []batch.Row) {
	adopted, sum := 0, vingd.Cents(0)
	for i, row := range after {
		if was := before[i]; was.State != batch.Done && was.State != batch.Unknown && row.State == batch.Done && row.Sent.Equal(was.Sent) {
			adopted++
			sum += row.Amount
		}
	}
	a.Say("Adopted: %s of %v in all, which the broker had already.", number(adopted, w.thing), sum)
}
