package paywall_test

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Both journals keep what the interface promises.
func TestJournals(t *testing.T) {
	file, err := paywall.OpenJournal(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, journal := range map[string]paywall.Journal{"memory": paywall.NewMemory(), "file": file} {
		t.Run(name, func(t *testing.T) { testJournal(t, journal) })
	}
}

func testJournal(t *testing.T, j paywall.Journal) {
	key := paywall.Key{1, 2, 3}
	now := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	swap := func(from paywall.State, to paywall.Entry, want bool) {
		t.Helper()
		if swapped, err := j.Swap(t.Context(), from, to); err != nil || swapped != want {
			t.Errorf("from %q to %q: got %t, %v, want %t", from, to.State, swapped, err, want)
		}
	}
	is := func(want paywall.Entry) {
		t.Helper()
		if got, err := j.Find(t.Context(), want.Key); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
	unfinished := func(want int) {
		t.Helper()
		if got, err := j.Unfinished(t.Context()); err != nil || len(got) != want {
			t.Errorf("got %+v, %v, want %d", got, err, want)
		}
	}
	is(paywall.Entry{Key: key})
	swap(paywall.Claimed, paywall.Entry{Key: key, State: paywall.Verified, Until: now}, false)
	is(paywall.Entry{Key: key})
	swap(paywall.Absent, paywall.Entry{Key: key, State: paywall.Claimed, Object: 5, Until: now}, true)
	swap(paywall.Absent, paywall.Entry{Key: key, State: paywall.Claimed, Object: 6, Until: now}, false)
	is(paywall.Entry{Key: key, State: paywall.Claimed, Object: 5, Until: now})
	unfinished(1)
	swap(paywall.Claimed, paywall.Entry{Key: key}, true)
	is(paywall.Entry{Key: key})
	unfinished(0)
	swap(paywall.Absent, paywall.Entry{Key: key, State: paywall.Claimed, Object: 5, Until: now}, true)
	full := paywall.Entry{
		Key: key, State: paywall.Verified, Object: 5, Order: 6, Purchase: 7, Transfer: 8, Buyer: "a1", Context: "shelf \x00 3",
		Price: 200, Checked: true, Delivered: true, Until: now,
	}
	swap(paywall.Claimed, full, true)
	is(full)
	full.State = paywall.Committed
	swap(paywall.Verified, full, true)
	is(full)
	unfinished(0)
	full.Delivered = false
	swap(paywall.Committed, full, true)
	is(full)
	swap(paywall.Absent, paywall.Entry{Key: paywall.Key{9}, State: paywall.Due, Until: now}, true)
	for _, before := range []time.Time{now, now.Add(1)} {
		is(full)
		if err := j.Purge(t.Context(), before); err != nil {
			t.Error(err)
		}
	}
	is(paywall.Entry{Key: key})
	unfinished(1)

	var won atomic.Int32
	var race sync.WaitGroup
	for range 64 {
		race.Go(func() {
			swapped, err := j.Swap(t.Context(), paywall.Absent, paywall.Entry{Key: paywall.Key{7}, State: paywall.Claimed, Until: now})
			if err != nil {
				t.Error(err)
			}
			if swapped {
				won.Add(1)
			}
		})
	}
	race.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 64 claimed a token", won.Load())
	}
}

// A purge of many goes through them all.
func TestPurgeMany(t *testing.T) {
	file, err := paywall.OpenJournal(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it is thrown away
	now := time.Now()
	var all sync.WaitGroup
	for i := range 2500 {
		all.Go(func() { // together they take few writes to the disk
			entry := paywall.Entry{Key: paywall.Key{byte(i), byte(i >> 8)}, State: paywall.Refused, Until: now.Add(time.Duration(i%3-1) * time.Hour)}
			if ok, err := file.Swap(t.Context(), paywall.Absent, entry); err != nil || !ok {
				t.Error(ok, err)
			}
		})
	}
	all.Wait()
	if err := file.Purge(t.Context(), now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for i := range 2500 {
		entry, err := file.Find(t.Context(), paywall.Key{byte(i), byte(i >> 8)})
		if err != nil || (entry.State == paywall.Refused) != (i%3 == 2) {
			t.Fatalf("entry %d: got %+v, %v", i, entry, err)
		}
	}
}

// A journal's file keeps what it was told, belongs to one process, and is not taken for something else.
func TestJournalFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	file, err := paywall.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	want := paywall.Entry{Key: paywall.Key{1}, State: paywall.Due, Until: time.Now().UTC().Round(0)}
	if _, err := file.Swap(t.Context(), paywall.Absent, want); err != nil {
		t.Fatal(err)
	}
	if second, err := paywall.OpenJournal(path); !errors.Is(err, paywall.ErrJournalInUse) {
		t.Errorf("got %v, %v, want that it is in use", second, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if file, err = paywall.OpenJournal(path); err != nil {
		t.Fatal(err)
	}
	if got, err := file.Unfinished(t.Context()); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}

	edit := func(change func(tx *bolt.Tx) error) {
		t.Helper()
		db, err := bolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Update(change), db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	edit(func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte("another")) })
	if _, err := paywall.OpenJournal(path); err == nil {
		t.Error("another format is taken")
	}
	edit(func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("meta")) })
	if _, err := paywall.OpenJournal(path); err == nil {
		t.Error("another database is taken")
	}
	if err := os.WriteFile(path, []byte(hex.Dump(make([]byte, 9000))), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := paywall.OpenJournal(path); err == nil {
		t.Error("a text is taken")
	}
	if _, err := paywall.OpenJournal(filepath.Join(path, "nowhere", "journal")); err == nil {
		t.Error("a folder that is not there is taken")
	}
}
