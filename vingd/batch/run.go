package batch

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/vingd/vingd-api-go/vingd"
)

// workers is how many rows are in flight at a time.
const workers = 4

// Options change how a job runs.
//
// Run calls one callback at a time, in the order of the changes to the rows, and the row waits until its callback returns.
// A callback may call Rows and Progress of the job. If it calls Close, the run ends.
type Options struct {
	// Adopt marks rows as done that the broker already has from another journal. Without it, Run returns an
	// [*EarlierError] for them.
	Adopt bool
	// OnProgress is called each time the outcome of a row becomes known. Optional.
	OnProgress func(Progress)
	// OnReconcile is called with each row whose outcome is unknown before Run asks the broker for it, which may take minutes. Optional.
	OnReconcile func(Row)
}

// An IncompleteError is returned as [*IncompleteError] by [Job.Run] if the run ended with rows left. Run the job again to go on. It is a
// [vingd.ErrOutcomeUnknown] if the outcome of a row is unknown.
type IncompleteError struct {
	Progress

	cause error
}

// Error returns a message with the number of rows that are left, and the reason.
func (e *IncompleteError) Error() string {
	text := fmt.Sprintf("batch: %d of %d rows done", e.Done, e.Rows)
	if e.Refused > 0 {
		text += fmt.Sprintf(", %d refused", e.Refused)
	}
	if e.Unknown > 0 {
		text += fmt.Sprintf(", %d unknown", e.Unknown)
	}
	return text + ": " + e.cause.Error()
}

// Unwrap returns the error that ended the run, or else that of the first row that is not done.
func (e *IncompleteError) Unwrap() error { return e.cause }

// Is reports whether target is [vingd.ErrOutcomeUnknown] and the outcome of a row is unknown.
func (e *IncompleteError) Is(target error) bool {
	return target == vingd.ErrOutcomeUnknown && e.Unknown > 0
}

// Run sends every row that is not done, which moves or reserves its amount. It first calls Reconcile for the rows
// whose outcome is unknown. It returns nil if all rows are done, an [*EarlierError] if another journal has given
// them out, and an [*IncompleteError] if rows are left.
//
// Run looks up unresolved rows again at the end, because the new rows may prove that the broker keeps references.
//
// Run does not send a row whose voucher would have expired. That row, or one that the broker refuses, such as a reward to a
// user that it does not know, does not end the run. Up to nine rows whose outcome stays unknown do not end it either. While the
// broker responds, however slowly, Run waits for the outcome of a row: up to twenty minutes beyond the settle time.
//
// A failure that would repeat for the next row ends the run, such as a low balance, a missing permission or a failing broker. A rate
// limit, which is status 429, or 503 from a proxy, slows the rows down. If no row passes for twenty minutes, Run gives up.
//
// When ctx ends, Run completes the calls in flight and returns. It returns [ErrOtherAccount] if the journal belongs to another
// account than that of client. During another run of the job, or during CheckEarlier, it returns [ErrJournalInUse].
func (j *Job) Run(ctx context.Context, client *vingd.Client, options Options) (Progress, error) {
	if !j.running.TryLock() {
		return j.Progress(), fmt.Errorf("batch: journal %s: %w", j.path, ErrJournalInUse)
	}
	defer j.running.Unlock()
	if err := j.begin(ctx, client, options); err != nil {
		p, err := j.Progress(), fmt.Errorf("journal %s: %w", j.path, err)
		if earlier := (*EarlierError)(nil); p.Done == p.Rows || p.Unknown == 0 && (errors.As(err, &earlier) || errors.Is(err, ErrOtherAccount)) {
			return p, fmt.Errorf("batch: %w", err)
		}
		return p, &IncompleteError{p, err}
	}
	r := &run{job: j, client: client, options: options, stop: make(chan struct{}), pace: pace{turn: make(chan struct{}, 1)}, failed: map[int]error{}}
	unknown := func(row *Row) bool { return row.State == Unknown }
	settle := func(ctx context.Context, item item, row *Row) { r.settle(ctx, item, row, nil) }
	// First, so that a look-up does not meet rows that are sent at the same time. The doubts do not end the run, because another
	// row may be what clears them. If they are many, the first further one does.
	r.isEarlier = true
	r.each(ctx, unknown, settle)
	r.isEarlier, r.doubts = false, min(r.doubts, maxDoubts-1)
	settled := j.Progress()
	r.each(ctx, func(row *Row) bool { return row.State == Pending || row.State == Refused }, r.send)
	if j.Progress().Done > settled.Done { // the rows that were sent may show that the broker keeps references
		r.doubts = 0
		r.each(ctx, unknown, settle)
		r.each(ctx, func(row *Row) bool { return row.State == Pending }, r.send)
	}
	p := j.Progress()
	if p.Done == p.Rows {
		return p, nil
	}
	cause := r.fatal
	if cause == nil {
		cause = context.Cause(ctx)
	}
	for _, row := range j.Rows() {
		if cause == nil && row.State != Done {
			cause = r.failed[row.Number]
		}
	}
	return p, &IncompleteError{p, cause}
}

// begin makes sure that the account is the journal's, and that no other journal has given out the plan.
func (j *Job) begin(ctx context.Context, client *vingd.Client, options Options) error {
	profile, err := profileOf(ctx, client)
	if err == nil {
		err = j.bind(identity(profile))
	}
	if err == nil {
		err = j.lookForEarlier(ctx, client, profile.UID, options.Adopt)
	}
	return err
}

// A run is one run of a job.
type run struct {
	job     *Job
	client  *vingd.Client
	options Options

	calling sync.Mutex // held while callbacks are called

	once  sync.Once
	stop  chan struct{} // closed when no further row must be sent
	fatal error         // why; valid once the workers have ended

	pace pace

	isEarlier bool // whether the rows of earlier runs are settled

	// Guarded by the job's mutex.
	failed map[int]error // of rows that do not end the run, by number
	doubts int           // rows that stayed unknown after they were looked up
	due    []func()      // callbacks that are to be called
}

// each calls do for each row that is chosen, by several workers, until the run is ended.
func (r *run) each(ctx context.Context, chosen func(*Row) bool, do func(context.Context, item, *Row)) {
	numbers := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for n := range numbers {
				row := r.job.at(n)
				do(ctx, r.job.plan.rows[n], &row)
			}
		})
	}
	defer wg.Wait()
	defer close(numbers)
	rows := r.job.Rows()
	for i := range rows {
		if !chosen(&rows[i]) {
			continue
		}
		if r.ended(ctx) {
			return
		}
		select {
		case numbers <- i:
		case <-r.stop:
			return
		case <-ctx.Done():
			return
		}
	}
}

// ended reports whether no further row must be sent.
func (r *run) ended(ctx context.Context) bool {
	select {
	case <-r.stop:
		return true
	default:
		return ctx.Err() != nil
	}
}

// end lets no further row be sent.
func (r *run) end(err error) {
	r.once.Do(func() {
		r.fatal = err
		close(r.stop)
	})
}
