package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

var (
	// ErrJournalInUse means that another process has the journal open, or that another run of the job goes on.
	ErrJournalInUse = errors.New("another run has it open")
	// ErrOtherPlan means that the journal belongs to another plan. It is returned for a plan that was changed after rows of
	// it were sent.
	ErrOtherPlan = errors.New("it belongs to another plan, or the plan was changed")
	// ErrOtherAccount means that the journal belongs to another account.
	ErrOtherAccount = errors.New("it belongs to another account")
)

// A State is the state of a row.
type State int

// The states of a row.
const (
	// Pending: the row was not sent, or it is certain that it was not done.
	Pending State = iota
	// Refused: the broker refused this row, and the next run sends it again. Or no run of this plan sends it: its voucher would
	// have expired, or the broker has its reference for another amount.
	Refused
	// Unknown: the row was sent, and its outcome is unknown. Money may have moved. The next run asks the broker.
	Unknown
	// Done: the row is done.
	Done
)

// String returns "pending", "refused", "unknown" or "done".
func (s State) String() string {
	switch s {
	case Pending:
		return "pending"
	case Refused:
		return "refused"
	case Unknown:
		return "unknown"
	case Done:
		return "done"
	}
	return fmt.Sprintf("State(%d)", int(s))
}

// A Row is a row of the plan, and its outcome.
type Row struct {
	Number    int // in the plan, from 1
	Amount    vingd.Cents
	Reference string
	State     State
	Sent      time.Time         // when the row was sent last; zero if it was not
	Code      vingd.VoucherCode // of a voucher that is done
	Transfer  vingd.TransferID  // of a row that is done: the transfer that moved or reserved the money
	Problem   string            // why the row is not done

	taken bool // whether it is refused because the broker has its reference for another amount
}

// A Progress counts the rows of a job by their states.
type Progress struct {
	Rows, Done, Refused, Unknown int         // numbers of rows; the others are Pending
	Sum                          vingd.Cents // the amounts of all rows
	Given                        vingd.Cents // the amounts of the rows that are done
}

// A Job is a plan with its journal. It has one run at a time.
type Job struct {
	path    string
	plan    *plan
	journal *journal
	running sync.RWMutex // held by the run, and shared by checks

	mu       sync.Mutex // guards what follows, the journal's account, and writes to the journal
	rows     []Row
	progress Progress
}

// OpenRewards opens the job that gives out rewards, with its journal in a file. It creates a missing file with mode 0600, and
// refuses a file that others can read. Close the job when done.
//
// It returns [ErrJournalInUse] if another process has the journal open, and [ErrOtherPlan] if the journal belongs to other rows.
// It returns [vingd.ErrInvalidArgument] for a row that cannot be sent, and creates no file.
func OpenRewards(ctx context.Context, journal string, rewards []Reward) (*Job, error) {
	p, err := planRewards(slices.Clone(rewards))
	if err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	return open(ctx, journal, p)
}

// OpenVouchers opens the job that makes vouchers. Otherwise it is like [OpenRewards].
func OpenVouchers(ctx context.Context, journal string, vouchers []Voucher) (*Job, error) {
	p, err := planVouchers(slices.Clone(vouchers))
	if err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	return open(ctx, journal, p)
}

func open(ctx context.Context, path string, p *plan) (*Job, error) {
	if ctx == nil {
		return nil, fmt.Errorf("batch: %w: ctx is nil", vingd.ErrInvalidArgument)
	}
	journal, err := openJournal(ctx, path, p)
	if err != nil {
		return nil, fmt.Errorf("batch: journal %s: %w", path, err)
	}
	job := &Job{path: path, plan: p, journal: journal, rows: make([]Row, len(p.rows))}
	for i, item := range p.rows {
		job.rows[i] = Row{Number: i + 1, Amount: item.amount(), Reference: item.reference()}
	}
	if err := journal.load(job.rows); err != nil {
		return nil, fmt.Errorf("batch: journal %s: %w", path, errors.Join(err, journal.close()))
	}
	now := time.Now()
	for i := range job.rows {
		row := &job.rows[i]
		if row.taken {
			p.rows[i] = &takenItem{p.rows[i], row.Problem}
		}
		if row.State == Pending || row.State == Refused {
			if refusal := p.rows[i].refusal(now); refusal != "" {
				row.State, row.Problem = Refused, refusal
			}
		}
		job.progress.count(&job.rows[i], 1)
	}
	return job, nil
}

// CheckAccount returns [ErrOtherAccount] if the journal belongs to another account than that of client. A journal without
// a row that was sent belongs to none.
func (j *Job) CheckAccount(ctx context.Context, client *vingd.Client) error {
	profile, err := profileOf(ctx, client)
	if err == nil {
		j.mu.Lock()
		if own := j.journal.account; own != "" && own != identity(profile) {
			err = ErrOtherAccount
		}
		j.mu.Unlock()
	}
	if err != nil {
		return fmt.Errorf("batch: journal %s: %w", j.path, err)
	}
	return nil
}

// profileOf returns the profile of the client's account, also if it must wait for a rate limit.
func profileOf(ctx context.Context, client *vingd.Client) (profile *vingd.Profile, err error) {
	err = limitWaits.patiently(ctx, func() error {
		profile, err = client.Users.Profile(ctx)
		return err
	})
	return profile, err
}

// bind makes the journal that of an account, or returns [ErrOtherAccount] if it is that of another one.
func (j *Job) bind(account string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch j.journal.account {
	case account:
		return nil
	case "":
		return j.journal.bind(account)
	default:
		return ErrOtherAccount
	}
}

// Rows returns the rows, in the order of the plan.
func (j *Job) Rows() []Row {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.rows)
}

// Progress returns how far the job is.
func (j *Job) Progress() Progress {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.progress
}

// at returns a row, by its place from 0.
func (j *Job) at(n int) Row {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.rows[n]
}

// set sets a row. The caller holds the mutex.
func (j *Job) set(row Row) {
	j.progress.count(&j.rows[row.Number-1], -1)
	j.rows[row.Number-1] = row
	j.progress.count(&row, 1)
}

// count counts a row in, or for -1 out.
func (p *Progress) count(r *Row, by int) {
	p.Rows += by
	p.Sum += r.Amount * vingd.Cents(by)
	switch r.State {
	case Done:
		p.Done += by
		p.Given += r.Amount * vingd.Cents(by)
	case Refused:
		p.Refused += by
	case Unknown:
		p.Unknown += by
	case Pending:
	}
}

// Close closes the journal.
func (j *Job) Close() error { return j.journal.close() }
