package batch_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// A callback may look at the job, and none runs while another does.
func TestRun_CallbacksReadJob(t *testing.T) {
	for _, kind := range []string{"rewards", "vouchers"} {
		s := newScene(t, kind, 20)
		s.fail("rewardUser", sandbox.Fault{HangUp: true, Count: 3})
		s.fail("createVoucher", sandbox.Fault{HangUp: true, Count: 3})
		job := open(t, s.list, filepath.Join(t.TempDir(), "journal"))
		var running atomic.Int32
		var settling int
		var done []int
		call := func(during func()) {
			if running.Add(1) > 1 {
				t.Error("got two callbacks at a time")
			}
			during()
			running.Add(-1)
		}
		_, err := job.Run(t.Context(), s.client, batch.Options{
			OnProgress: func(p batch.Progress) {
				call(func() {
					if now := job.Progress(); now.Done < p.Done {
						t.Errorf("got %+v after %+v", now, p)
					}
					done = append(done, p.Done)
				})
			},
			OnReconcile: func(row batch.Row) {
				call(func() {
					if now := job.Rows()[row.Number-1]; now != row || now.State != batch.Unknown {
						t.Errorf("got row %+v, want %+v", now, row)
					}
					settling++
				})
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSorted(done) || done[len(done)-1] != 20 {
			t.Errorf("got progress %v, want each change in its order", done)
		}
		if settling == 0 {
			t.Error("got no row whose outcome is looked up")
		}
	}
}

// A job has one run at a time: a second one sends nothing, also from a callback.
func TestRun_WhileRunning(t *testing.T) {
	for _, kind := range []string{"rewards", "vouchers"} {
		s := newScene(t, kind, 20)
		job := open(t, s.list, filepath.Join(t.TempDir(), "journal"))
		again := make(chan error, 40)
		run := func(ctx context.Context) {
			if p, err := job.Run(ctx, s.client, batch.Options{}); !errors.Is(err, batch.ErrJournalInUse) {
				again <- errors.Join(err, errors.New(p.Given.String()))
			}
		}
		p, err := job.Run(t.Context(), s.client, batch.Options{OnProgress: func(batch.Progress) {
			run(t.Context())
			beside := make(chan struct{})
			go func() { defer close(beside); run(t.Context()) }()
			<-beside
		}})
		if err != nil || p.Done != 20 {
			t.Fatalf("got %+v, %v", p, err)
		}
		close(again)
		for err := range again {
			t.Errorf("got a second run that ended with %v, want ErrJournalInUse", err)
		}
		s.assertOnce(s.list, s.before)
		if _, err := job.Run(t.Context(), s.client, batch.Options{}); err != nil {
			t.Errorf("got %v from a run after the first", err)
		}
	}
}
