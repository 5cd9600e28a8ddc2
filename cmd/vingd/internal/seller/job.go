package seller

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/plan"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// Kinds of records on plans.
var (
	progressKind = output.Kind{
		Name: "runs", Fields: []string{"rows", "done", "refused", "unknown", "sum", "given"}, Columns: []string{"rows", "done", "refused", "unknown", "sum", "given"},
	}
	checkKind = output.Kind{Name: "plans", Fields: []string{"rows", "sum", "done", "given", "duplicates", "balance_before", "balance_after"}}
	stateKind = output.Kind{Name: "states", ID: "state", Fields: []string{"state", "rows", "sum"}, Columns: []string{"state", "rows", "sum"}}
)

func progressRecord(p batch.Progress) output.Record {
	return output.Record{int64(p.Rows), int64(p.Done), int64(p.Refused), int64(p.Unknown), p.Sum, p.Given}
}

// A work is a plan of one kind.
type work struct {
	plan  *plan.Plan
	job   func(ctx context.Context, journal string) (*batch.Job, error)
	verb  string // like "Make %s of %v in all,"
	thing string
	next  string // the advice when it is done
	stays string // the advice on rows whose outcome stays unknown, or empty
	again string // the advice on rows that are refused again
	anew  string // the advice on a plan whose rows the broker has, but that is meant to be run anew, or empty
}

func campaignOf(p *plan.Plan) *work {
	return &work{
		plan: p, verb: "Make %s of %v in all,", thing: "voucher",
		again: "if a row is refused again, make its voucher by a plan of that row alone, and run this plan no more",
		anew:  ". For another campaign with the same rows, add a column such as pass:month to this plan",
		next:  "Get the codes by: vingd campaign export " + cli.Quoted(p.Path),
		job: func(ctx context.Context, journal string) (*batch.Job, error) {
			return batch.OpenVouchers(ctx, journal, p.Vouchers())
		},
	}
}

func payrollOf(p *plan.Plan) *work {
	return &work{
		plan: p, verb: "Give %s of %v in all,", thing: "reward",
		again: "if a row is refused again, correct it in another plan, keep its reference, and run this plan no more",
		next:  "See what was paid by: vingd rewards status " + cli.Quoted(p.Path),
		stays: fmt.Sprintf(". If the outcome stays unknown, wait two minutes, and look at %s. "+
			"If the rewards that are there have their whole references, move %s away, and run with --adopt. That marks them as done, and gives the others",
			showRewards, cli.Quoted(plan.Journal(p.Path))),
		job: func(ctx context.Context, journal string) (*batch.Job, error) {
			return batch.OpenRewards(ctx, journal, p.Rewards())
		},
	}
}

// open opens the job of a plan.
func (w *work) open(ctx context.Context, journal string) (*batch.Job, error) {
	job, err := w.job(ctx, journal)
	if errors.Is(err, batch.ErrJournalInUse) {
		err = inUse(w.plan.Path)
	}
	if errors.Is(err, batch.ErrOtherPlan) && w.plan.Zoneless() {
		err = fmt.Errorf("%w. Dates and times without a zone are read in the time zone of this machine, now %s. "+
			"If the first run was in another one, run the command there, for example by TZ=Europe/Ljubljana", err, cli.Zone())
	}
	return job, err
}

// begun opens the job of a plan that was run before.
func (w *work) begun(ctx context.Context) (*batch.Job, error) {
	if _, err := os.Stat(plan.Journal(w.plan.Path)); errors.Is(err, fs.ErrNotExist) {
		return nil, cli.WithCode(cli.NotFound, fmt.Errorf("%s: was not run yet", w.plan.Path))
	}
	return w.open(ctx, plan.Journal(w.plan.Path))
}

// own opens the job of a plan that was run before by the client's account.
func (w *work) own(ctx context.Context, client *vingd.Client) (*batch.Job, error) {
	job, err := w.begun(ctx)
	if err != nil {
		return nil, err
	}
	if err := job.CheckAccount(ctx, client); err != nil {
		return nil, errors.Join(err, job.Close())
	}
	return job, nil
}

// ready returns an error if another account runs the plan, or if rows would expire at once and the plan can still be changed. If
// the broker has rows of it, the journal is lost. Then a changed plan would send them again, so the error says that.
func (w *work) ready(ctx context.Context, job *batch.Job, client *vingd.Client, adopt bool) error {
	if err := job.CheckAccount(ctx, client); err != nil {
		return err
	}
	begun := func(r batch.Row) bool { return r.State == batch.Done || r.State == batch.Unknown || !r.Sent.IsZero() }
	expired := w.plan.Startable()
	if expired == nil || slices.ContainsFunc(job.Rows(), begun) {
		return nil
	}
	var earlier *batch.EarlierError
	switch err := job.CheckEarlier(ctx, client); {
	case errors.As(err, &earlier) && adopt:
		return nil
	case err != nil:
		return w.adoptable(err)
	}
	return expired
}

// check prints the plan's sums beside the balance.
func (w *work) check(ctx context.Context, a *cli.App) (err error) {
	if err := a.Check(checkKind); err != nil {
		return err
	}
	o, err := w.look(ctx, a, false)
	if err != nil {
		return err
	}
	client, err := a.Client()
	if err != nil {
		return err
	}
	balance, err := client.Accounts.Balance(ctx)
	if err != nil {
		return err
	}
	duplicates := w.plan.Duplicates()
	w.sayLines(a, duplicates, "has the recipient of an earlier row")
	w.sayLines(a, w.plan.Unnumbered(), "the reference has no number, so the broker may not be able to tell the outcome of a lost payment")
	o.sayExpired(a)
	after := balance - o.sum
	err = a.One(checkKind, output.Record{int64(o.Rows), o.Sum, int64(o.Done), o.Given, int64(len(duplicates)), balance, after})
	switch {
	case err != nil:
		return err
	case after < 0:
		err = fmt.Errorf("balance: %v too low", -after)
	case len(o.expired) > 0:
		err = errors.New(needsAnother)
	case o.taken > 0:
		err = errors.New(needsReference)
	}
	return unsettled(err, o.Unknown, w.thing, w.stays)
}

// sayLines says the same of some lines of the plan.
func (w *work) sayLines(a *cli.App, lines []int, text string) {
	for i, line := range lines {
		if i == 10 {
			a.Say("… and %d more", len(lines)-i)
			break
		}
		a.Say("%s:%d: %s", w.plan.Path, line, text)
	}
}

// run runs a plan to its end, after it was confirmed.
func (w *work) run(ctx context.Context, a *cli.App, adopt bool) (err error) {
	if err := a.Check(progressKind); err != nil {
		return err
	}
	if a.DryRun() {
		o, err := w.look(ctx, a, adopt)
		if err == nil {
			_, err = w.confirm(ctx, a, o, adopt)
			err = unsettled(err, o.Unknown, w.thing, "")
		}
		return err
	}
	job, err := w.open(ctx, plan.Journal(w.plan.Path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, job.Close()) }()
	client, err := a.Client()
	if err != nil {
		return err
	}
	if err := w.ready(ctx, job, client, adopt); err != nil {
		return err
	}
	if ok, err := w.confirm(ctx, a, w.outlook(job), adopt); !ok {
		return err
	}
	if err := w.plan.Save(); err != nil {
		return err
	}
	before, p := job.Rows(), job.Progress()
	bar := a.NewProgress(p.Rows, p.Done)
	bar.Update(p.Done, p.Given)
	p, err = job.Run(ctx, client, batch.Options{
		Adopt: adopt, OnProgress: func(p batch.Progress) { bar.Update(p.Done, p.Given) }, OnReconcile: w.saySettling(a),
	})
	bar.End()
	if adopt {
		w.sayAdopted(a, before, job.Rows())
	}
	w.problems(a, job)
	var earlier *batch.EarlierError
	switch {
	case errors.As(err, &earlier):
		return w.adoptable(err)
	case err != nil && p.Unknown > 0 && w.stays != "" && ctx.Err() == nil && stays(err):
		return inDoubt(err, p.Unknown, againHere+": it asks the broker first"+w.stays)
	case err != nil && p.Unknown > 0:
		return err
	case err != nil && ctx.Err() != nil:
		return cli.WithCode(cli.Interrupted, fmt.Errorf("interrupted: %w; %s", err, w.outlook(job).advice()))
	case err != nil:
		return fmt.Errorf("%w; %s", err, w.outlook(job).advice())
	}
	if err := a.Result(progressKind, progressRecord(p)); err != nil {
		return err
	}
	a.Say("%s", w.next)
	return nil
}

// maxProblems is how many rows a run names that are not done.
const maxProblems = 20

// problems says why rows are not done.
func (w *work) problems(a *cli.App, job *batch.Job) {
	said := 0
	for i, row := range job.Rows() {
		if row.State == batch.Done || row.Problem == "" {
			continue
		}
		if said++; said <= maxProblems {
			a.Say("%s:%d: %v: %s", w.plan.Path, w.plan.Rows[i].Line, row.State, output.Clean(row.Problem))
		}
	}
	if said > maxProblems {
		a.Say("… and %s", number(said-maxProblems, "more row"))
	}
}
