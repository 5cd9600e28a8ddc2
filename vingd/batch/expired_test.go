package batch_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

func openVouchers(t *testing.T, path string, plan []batch.Voucher) *batch.Job {
	t.Helper()
	job, err := batch.OpenVouchers(t.Context(), path, plan)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = job.Close() })
	return job
}

// No run sends a row whose voucher would have expired. The others are sent, and the refused ones fit into another plan.
func TestRun_ExpiredRows(t *testing.T) {
	s, dir := newScene(t, "vouchers", 0), t.TempDir()
	past := time.Now().Add(-time.Second)
	plan := []batch.Voucher{
		{Amount: 1, Expires: vingd.At(past)},
		{Amount: 2, Expires: vingd.At(past.Add(time.Hour))},
		{Amount: 4, Expires: vingd.Ago(time.Hour)},
		{Amount: 8},
		{Amount: 16, Expires: vingd.In(0)},
		{Amount: 32, Expires: vingd.In(time.Hour)},
	}
	want := batch.Progress{Rows: 6, Done: 3, Refused: 3, Sum: 63, Given: 42}
	for range 2 {
		job := openVouchers(t, filepath.Join(dir, "journal"), plan)
		if got := job.Progress(); got.Refused != 3 {
			t.Errorf("before the run: got %+v, want 3 rows refused", got)
		}
		got, err := job.Run(t.Context(), s.client, batch.Options{})
		var incomplete *batch.IncompleteError
		if got != want || !errors.As(err, &incomplete) || incomplete.Progress != want || !errors.Is(err, vingd.ErrInvalidArgument) {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
		says := "expires " + vingd.At(past).String() + ": must be in the future, the row is not sent"
		if rows := job.Rows(); rows[0].State != batch.Refused || rows[0].Problem != says || !rows[0].Sent.IsZero() {
			t.Errorf("got %+v, want %s", rows[0], says)
		}
		if err := job.Close(); err != nil {
			t.Fatal(err)
		}
	}
	job := openVouchers(t, filepath.Join(dir, "another"), []batch.Voucher{{Amount: 1}, {Amount: 4}, {Amount: 16}})
	if got, err := job.Run(t.Context(), s.client, batch.Options{}); err != nil || got.Given != 21 {
		t.Errorf("another plan: got %+v, %v, want 0.21 given", got, err)
	}
}

// A plan whose rows have all expired before any was sent may be changed.
func TestRun_ExpiredPlanMayChange(t *testing.T) {
	s, path := newScene(t, "vouchers", 0), filepath.Join(t.TempDir(), "journal")
	job := openVouchers(t, path, []batch.Voucher{{Amount: 1, Expires: vingd.Ago(time.Hour)}})
	if got, err := job.Run(t.Context(), s.client, batch.Options{}); !errors.Is(err, vingd.ErrInvalidArgument) || got.Refused != 1 {
		t.Errorf("got %+v, %v, want a refused row", got, err)
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	job = openVouchers(t, path, []batch.Voucher{{Amount: 1}})
	if got, err := job.Run(t.Context(), s.client, batch.Options{}); err != nil || got.Done != 1 {
		t.Errorf("got %+v, %v, want the row done", got, err)
	}
}

// The unknown rows of a journal are counted without its plan. A journal without a row has none.
func TestUnknownRows(t *testing.T) {
	dir := t.TempDir()
	fresh, err := bolt.Open(filepath.Join(dir, "fresh"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	unsent, text := filepath.Join(dir, "unsent"), []byte("This is no journal.")
	err = errors.Join(fresh.Close(), openVouchers(t, unsent, []batch.Voucher{{Amount: 1}}).Close(),
		os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600), os.WriteFile(filepath.Join(dir, "text"), text, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	for name, refused := range map[string]bool{"missing": false, "empty": false, "fresh": false, "unsent": false, "text": true, ".": true} {
		path := filepath.Join(dir, name)
		if n, err := batch.UnknownRows(path); n != 0 || (err != nil) != refused {
			t.Errorf("%s: got %d, %v, want an error %v", name, n, err, refused)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want no new file", err)
	}
	if info, err := os.Stat(filepath.Join(dir, "empty")); err != nil || info.Size() != 0 {
		t.Errorf("got %v, %v, want an empty file as before", info, err)
	}
}

// A row that expired while its outcome is unknown is looked up, and is not sent again.
func TestRun_ExpiredInDoubt(t *testing.T) {
	for name, made := range map[string]bool{"done": true, "not done": false} {
		s := newScene(t, "vouchers", 0)
		path := filepath.Join(t.TempDir(), "journal")
		job := openVouchers(t, path, []batch.Voucher{{Amount: 1, Expires: vingd.Ago(time.Second)}, {Amount: 2}})
		row := job.Rows()[0]
		row.State, row.Sent = batch.Unknown, time.Now()
		if err := job.Save(row); err != nil {
			t.Fatal(err)
		}
		if made {
			if _, err := s.client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 1, Description: row.Reference}); err != nil {
				t.Fatal(err)
			}
		}
		if err := job.Close(); err != nil {
			t.Fatal(err)
		}
		if n, err := batch.UnknownRows(path); n != 1 || err != nil {
			t.Errorf("%s: got %d, %v, want one unknown row", name, n, err)
		}
		job = openVouchers(t, path, []batch.Voucher{{Amount: 1, Expires: vingd.Ago(time.Second)}, {Amount: 2}})
		got, err := job.Run(t.Context(), s.client, batch.Options{})
		want := batch.Progress{Rows: 2, Done: 1, Refused: 1, Sum: 3, Given: 2}
		if made {
			want = batch.Progress{Rows: 2, Done: 2, Sum: 3, Given: 3}
		}
		if got != want || (err == nil) != made {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, want)
		}
		if n, err := batch.UnknownRows(path); !errors.Is(err, batch.ErrJournalInUse) {
			t.Errorf("%s: got %d, %v, want ErrJournalInUse", name, n, err)
		}
	}
}
