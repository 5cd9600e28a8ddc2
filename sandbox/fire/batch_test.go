package fire_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// mostRuns is how many runs a job may take.
const mostRuns = 200

// mostRows is how many rows all jobs have at most. Few runs of a longer job end before a fault.
const mostRows = 2000

// TestBatch runs jobs of rewards and of vouchers while connections, streams and responses fail, over each wire, with clocks
// apart. After each run the ledger must have each row as the job says, and in the end each row once.
func TestBatch(t *testing.T) {
	if testing.Short() {
		t.Skip("left to make fire")
	}
	t.Parallel()
	kinds := []string{"rewards", "vouchers"}
	rows := min(max(numberOfCalls(t)/10, 200), mostRows) / (len(kinds) * len(skews))
	seed := uint64(endure.Number(t, seedVariable, 1))
	var jobs []*batchJob
	t.Run("jobs", func(t *testing.T) {
		for i, skew := range skews {
			for k, kind := range kinds {
				l := newLanes(t, skew, wire((i+k)%int(wires)), rand.New(rand.NewPCG(seed, uint64(len(jobs)))))
				j := newBatchJob(t, kind, rows, l)
				jobs = append(jobs, j)
				t.Run(fmt.Sprintf("%s over %v, clocks apart %v", kind, l.wire, skew), func(t *testing.T) {
					t.Parallel()
					defer l.close(t)
					j.play(t)
				})
			}
		}
	})
	var calls, lookUps, runs, unknown int
	for _, j := range jobs {
		calls, lookUps, runs, unknown = calls+j.lanes.calls, lookUps+j.lanes.lookUps, runs+j.runs, unknown+j.unknown
	}
	rows *= len(jobs)
	t.Logf("%d rows in %d runs: faults struck %d calls that move money, and %d look-ups; %d rows were unknown after a run", rows, runs, calls, lookUps, unknown)
	if calls < rows/10 || lookUps == 0 || runs == len(jobs) {
		t.Error("too few faults struck")
	}
}

// A batchJob is a job with its broker.
type batchJob struct {
	lanes         *laneTransport
	kind          string
	before        vingd.Cents // the seller's balance
	open          func(context.Context) (*batch.Job, error)
	runs, unknown int
}

func newBatchJob(t *testing.T, kind string, rows int, l *laneTransport) *batchJob {
	t.Helper()
	j := &batchJob{lanes: l, kind: kind, before: must(l.sandbox.Balance(l.sandbox.Seller()))}
	var rewards []batch.Reward
	var vouchers []batch.Voucher
	for i := range rows {
		amount := vingd.Cents(50 + i%50)
		vouchers = append(vouchers, batch.Voucher{Amount: amount, Message: "Enjoy!"})
		if kind == "rewards" {
			user := must(l.direct.Users.Create(t.Context(), vingd.UserParams{}))
			rewards = append(rewards, batch.Reward{User: user, Amount: amount, Reference: reference(i)})
		}
	}
	journal := filepath.Join(t.TempDir(), "journal")
	j.open = func(ctx context.Context) (*batch.Job, error) {
		if kind == "rewards" {
			return batch.OpenRewards(ctx, journal, rewards)
		}
		return batch.OpenVouchers(ctx, journal, vouchers)
	}
	return j
}

// play runs the job until each row is done.
func (j *batchJob) play(t *testing.T) {
	t.Helper()
	for done := false; !done && !t.Failed(); j.runs++ {
		if j.runs == mostRuns {
			t.Fatalf("the job has not ended after %d runs", mostRuns)
		}
		done = j.run(t)
	}
}

// run runs the job once, and reports whether it says that each row is done.
func (j *batchJob) run(t *testing.T) bool {
	t.Helper()
	job := must(j.open(t.Context()))
	client := must(vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(j.lanes.endpoint), vingd.WithLoopbackHTTP(),
		vingd.WithRetries(0), vingd.WithSettleTime(0), vingd.WithHTTPClient(&http.Client{Transport: j.lanes})))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p, err := job.Run(ctx, client, batch.Options{OnProgress: func(batch.Progress) {
		if j.lanes.random(40) == 0 {
			cancel()
		}
	}})
	rows := job.Rows()
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	j.unknown += p.Unknown
	if (err == nil) != (p.Done == p.Rows) || errors.Is(err, vingd.ErrOutcomeUnknown) && p.Unknown == 0 {
		t.Errorf("the run returns %+v, %v", p, err)
	}
	j.judge(t, rows)
	return err == nil
}

// A batchEntry is a row as the ledger has it.
type batchEntry struct {
	amount   vingd.Cents
	transfer vingd.TransferID
	code     vingd.VoucherCode
}

// judge compares what a job says of its rows with the ledger.
func (j *batchJob) judge(t *testing.T, rows []batch.Row) {
	t.Helper()
	ledger, paid := j.ledger(t), vingd.Cents(0)
	for _, row := range rows {
		entries := ledger[row.Reference]
		delete(ledger, row.Reference)
		for _, e := range entries {
			paid += e.amount
		}
		switch row.State {
		case batch.Done:
			if want := (batchEntry{row.Amount, row.Transfer, row.Code}); len(entries) != 1 || entries[0] != want {
				t.Errorf("row %d is said to be done as %+v, and the ledger has %+v", row.Number, want, entries)
			}
		case batch.Unknown:
			if len(entries) > 1 {
				t.Errorf("row %d is unknown, and the ledger has %+v", row.Number, entries)
			}
		default:
			if len(entries) > 0 {
				t.Errorf("row %d is %v (%s), and the ledger has %+v", row.Number, row.State, row.Problem, entries)
			}
		}
	}
	if len(ledger) > 0 {
		t.Errorf("the ledger has %d rows that are not of the job, such as %+v", len(ledger), ledger)
	}
	if left := must(j.lanes.sandbox.Balance(j.lanes.sandbox.Seller())); left != j.before-paid {
		t.Errorf("the seller has %v left, and rows of %v were paid from %v", left, paid, j.before)
	}
}

// ledger returns what the broker has, by reference.
func (j *batchJob) ledger(t *testing.T) map[string][]batchEntry {
	t.Helper()
	ledger := map[string][]batchEntry{}
	if j.kind == "vouchers" {
		for _, v := range must(j.lanes.direct.Vouchers.List(t.Context(), vingd.VoucherFilter{})) {
			ledger[v.Description] = append(ledger[v.Description], batchEntry{v.Amount, v.Transfer, v.Code})
		}
		return ledger
	}
	for _, transfer := range must(j.lanes.direct.Transfers.List(t.Context(), vingd.TransferFilter{From: j.lanes.sandbox.Seller()})) {
		var note struct{ Message string }
		must(0, json.Unmarshal([]byte(transfer.Description), &note))
		ledger[note.Message] = append(ledger[note.Message], batchEntry{transfer.Amount, transfer.ID, ""})
	}
	return ledger
}
