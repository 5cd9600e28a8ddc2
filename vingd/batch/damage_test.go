package batch_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// fill makes the journal of a list with a row of each state in turn, each written twice, and returns its rows.
func fill(t *testing.T, l *list) (path string, rows []batch.Row) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "journal")
	job, err := l.open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range job.Rows() {
		for _, row.State = range []batch.State{batch.Unknown, batch.State(i % 4)} {
			row.Sent = time.UnixMicro(1_700_000_000_000_000 + int64(i))
			if row.Code, row.Problem = "", "why"; row.State == batch.Done {
				row.Code, row.Transfer, row.Problem = vingd.VoucherCode(fmt.Sprintf("LXKG-TBR-%03d", i)), vingd.TransferID(i+1), ""
			}
			if err := job.Save(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	job = open(t, l, path)
	rows = job.Rows()
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	return path, rows
}

// assertRefusedOrSame fails the test if a damaged journal is opened with other rows than it had.
func assertRefusedOrSame(t *testing.T, l *list, path string, want []batch.Row, what string) (refused bool) {
	t.Helper()
	_, unread := batch.UnknownRows(path)
	job, err := l.open(t.Context(), path)
	if (err == nil) != (unread == nil) {
		t.Errorf("%s: got %v, and %v without the plan, want the same of both", what, err, unread)
	}
	if err != nil {
		if !strings.HasPrefix(err.Error(), "batch: journal "+path+": ") || errors.Is(err, batch.ErrJournalInUse) || errors.Is(err, batch.ErrOtherPlan) {
			t.Errorf("%s: got %v, want that the journal is damaged", what, err)
		}
		return true
	}
	if got := job.Rows(); !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: got rows %+v, want %+v", what, got, want)
	}
	if err := job.Close(); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	return false
}

// A journal of which a byte has changed is refused, or has the same rows. So is one whose rows need many pages. VINGD_BATCH_STRIDE
// is the distance between two bytes that are changed, beside the starts of pages.
func TestOpen_DamagedByte(t *testing.T) {
	step, masks := endure.Number(t, "VINGD_BATCH_STRIDE", 997), []byte{0xff, 0x01, 0x02, 0x08, 0x80}
	for _, n := range []int{3, 45} { // 45 rows need more than a page
		l := newVouchers(n)
		path, rows := fill(t, l)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		refused := 0
		for i := range content {
			if start := i % os.Getpagesize(); i%step > 0 && (start > 80 || start%endure.Rounds(3, 9) > 0) {
				continue // but the start of each page
			}
			mask := masks[i%len(masks)]
			write := func(b byte) {
				if _, err := file.WriteAt([]byte{b}, int64(i)); err != nil {
					t.Fatal(err)
				}
			}
			write(content[i] ^ mask)
			if assertRefusedOrSame(t, l, path, rows, fmt.Sprintf("byte %d of %d rows, mask %x", i, n, mask)) {
				refused++
			}
			write(content[i])
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, content) {
			t.Errorf("the journal has changed, %v", err)
		}
		if refused == 0 {
			t.Error("no damaged journal is refused")
		}
	}
}

// A journal that was cut off is refused, unless only its unused end is missing.
func TestOpen_CutOff(t *testing.T) {
	l := newVouchers(130)
	path, rows := fill(t, l)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for size := 1; size < len(content); size += endure.Rounds(509, 2029) {
		cut := filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(cut, content[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		if assertRefusedOrSame(t, l, cut, rows, fmt.Sprintf("%d bytes", size)) {
			refused++
		}
		if info, err := os.Stat(cut); err != nil || info.Size() < int64(size) {
			t.Errorf("%d bytes: the refused journal was changed: %v, %v", size, info, err)
		}
	}
	if refused < endure.Rounds(20, 5) {
		t.Errorf("%d journals are refused, want most of those that are cut off", refused)
	}
}

// A whole database that no run can have written is refused.
func TestOpen_DamagedJournal(t *testing.T) {
	key := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	head, rows := []byte("vingd batch 3"), []byte("vingd batch 3 rows")
	for name, damage := range map[string]func(tx *bolt.Tx) error{
		"no rows":    func(tx *bolt.Tx) error { return tx.DeleteBucket(rows) },
		"no head":    func(tx *bolt.Tx) error { return tx.DeleteBucket(head) },
		"empty head": func(tx *bolt.Tx) error { return tx.Bucket(head).Delete([]byte("head")) },
		"emptied":    func(tx *bolt.Tx) error { return errors.Join(tx.DeleteBucket(rows), tx.DeleteBucket(head)) },
		"row lost":   func(tx *bolt.Tx) error { return tx.Bucket(rows).Delete(key(2)) },
		"rows lost": func(tx *bolt.Tx) error {
			return errors.Join(tx.Bucket(rows).Delete(key(1)), tx.Bucket(rows).Delete(key(2)), tx.Bucket(rows).Delete(key(3)))
		},
		"rows swapped": func(tx *bolt.Tx) error {
			b := tx.Bucket(rows)
			first, second := bytes.Clone(b.Get(key(1))), bytes.Clone(b.Get(key(2)))
			return errors.Join(b.Put(key(1), second), b.Put(key(2), first))
		},
		"row copied": func(tx *bolt.Tx) error { return tx.Bucket(rows).Put(key(4), bytes.Clone(tx.Bucket(rows).Get(key(1)))) },
		"other key":  func(tx *bolt.Tx) error { return tx.Bucket(rows).Put([]byte("x"), nil) },
	} {
		l := newVouchers(3)
		path, was := fill(t, l)
		db, err := bolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Update(damage), db.Close()); err != nil {
			t.Fatal(err)
		}
		if !assertRefusedOrSame(t, l, path, was, name) {
			t.Errorf("%s: the journal is not refused", name)
		}
	}
	for name, row := range map[string]batch.Row{
		"row 0": {Number: 0, State: batch.Done}, "row 4": {Number: 4, State: batch.Done},
		"low state": {Number: 1, State: -1}, "high state": {Number: 1, State: 4},
	} {
		l := newVouchers(3)
		path := newJournal(t, l)
		job := open(t, l, path)
		if err := errors.Join(job.Save(row), job.Close()); err != nil {
			t.Fatal(err)
		}
		if !assertRefusedOrSame(t, l, path, nil, name) {
			t.Errorf("%s: the journal is not refused", name)
		}
	}
}

// The file of another program is refused, and stays as it is.
func TestOpen_OtherProgramsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purchases")
	other, err := paywall.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newVouchers(1).open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "not a journal") {
		t.Errorf("got %v, want that the file is another program's", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed, %v", err)
	}
}
