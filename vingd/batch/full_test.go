package batch_test

import (
	"path/filepath"
	"runtime"
	"testing"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// The disk is full at one size of the journal after the other. A run that says it is done has kept every row. After any
// other run, the next one completes it.
func TestRun_DiskFull(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no ulimit here")
	}
	const rows = 130 // more than a page of the journal has
	step := endure.Rounds(32, 96)
	if endure.Whole() {
		step = 1
	}
	failed := 0
	for blocks, full := 16, true; full; blocks += step {
		s, dir := newScene(t, "vouchers", rows), t.TempDir()
		s.list.write(t, dir)
		_, err := s.runErrand(errand{Dir: dir, Endpoint: s.endpoint(), Blocks: blocks}, "")
		full = err != nil
		job := open(t, s.list, filepath.Join(dir, "journal"))
		switch p := job.Progress(); {
		case !full && p.Done != rows:
			t.Errorf("%d blocks: the run says done, and the journal has %+v", blocks, p)
		case full && p.Done == rows:
			t.Errorf("%d blocks: the run fails with all rows done: %v", blocks, err)
		case full && p.Done > 0:
			failed++
		}
		if _, err := job.Run(t.Context(), s.client, batch.Options{}); err != nil {
			t.Errorf("%d blocks: the next run: %v", blocks, err)
		}
		s.assertOnce(s.list, s.before)
	}
	if failed == 0 {
		t.Error("the disk was never full in the middle of a run")
	}
}
