package paywall_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd/paywall"
	"github.com/vingd/vingd-api-go/vingd/paywall/journaltest"
)

// openFile opens a journal in a file, and closes it with the test.
func openFile(t testing.TB, path string) *paywall.File {
	t.Helper()
	file, err := paywall.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	return file
}

func TestMemory_Contract(t *testing.T) {
	journaltest.Run(t, func(*testing.T) paywall.Journal { return paywall.NewMemory() })
}

func TestFile_Contract(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) paywall.Journal { return openFile(t, filepath.Join(t.TempDir(), "journal")) })
}

// put stores new entries, of which concurrent ones share a write to the disk.
func put(t testing.TB, j paywall.Journal, entries ...paywall.Entry) {
	t.Helper()
	var all sync.WaitGroup
	for _, entry := range entries {
		all.Go(func() {
			if ok, err := j.Swap(t.Context(), entry); err != nil || !ok {
				t.Errorf("Swap: got %t, %v", ok, err)
			}
		})
	}
	all.Wait()
}

// A change that the file does not take is a failure. It is not said to be done, nor to be refused.
func TestFile_WriteFails(t *testing.T) {
	file, err := paywall.OpenJournal(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if ok, err := file.Swap(t.Context(), paywall.Entry{State: paywall.StateClaimed}); ok || err == nil {
		t.Errorf("Swap: got %t, %v", ok, err)
	}
	if _, err := file.Find(t.Context(), paywall.Key{}); err == nil {
		t.Error("Find returns no error")
	}
	if err := file.Purge(t.Context(), time.Now()); err == nil {
		t.Error("Purge returns no error")
	}
}

func TestFile_Reopened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	file, err := paywall.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	want := paywall.Entry{Key: paywall.Key{1}, State: paywall.StateDue, Until: time.Now().UTC().Round(0)}
	put(t, file, want)
	want.Version = 1
	if second, err := paywall.OpenJournal(path); !errors.Is(err, paywall.ErrJournalInUse) {
		t.Errorf("a second process gets %v, %v, want ErrJournalInUse", second, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	file = openFile(t, path)
	for _, state := range []paywall.State{paywall.StateCommitted, paywall.StateExpired} { // within one bucket, and between two
		if got, err := file.Find(t.Context(), want.Key); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
		want.State = state
		if ok, err := file.Swap(t.Context(), want); err != nil || !ok {
			t.Errorf("Swap: got %t, %v", ok, err)
		}
		want.Version++
	}
	for entry, err := range file.Unfinished(t.Context()) {
		t.Errorf("got %+v, %v, want nothing unfinished", entry, err)
	}
}

// edit changes the database of a journal that is closed.
func edit(t testing.TB, path string, change func(tx *bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(change), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenJournal_OfSomethingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	file, err := paywall.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	refused := func(what, word string) {
		t.Helper()
		if file, err := paywall.OpenJournal(path); err == nil || !strings.Contains(err.Error(), word) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, %v, want an error with %q and the path", what, file, err, word)
		}
	}
	edit(t, path, func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("final")) })
	refused("a file without its entries", "damaged")
	edit(t, path, func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte("vingd paywall journal 3"))
	})
	refused("another format", `format "vingd paywall journal 3": must be "vingd paywall journal 4"; use the version of this package that wrote it, or another file`)
	edit(t, path, func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("meta")) })
	refused("another database", "not a journal")
	if err := os.WriteFile(path, []byte(hex.Dump(make([]byte, 9000))), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("a text", "")
	path = filepath.Join(path, "nowhere", "journal")
	refused("a folder that is missing", "")
}

// A file that is cut off, or has pages of zeros or noise, makes errors, which say what to do. It never ends the process.
func TestFile_Damaged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	file, err := paywall.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	var entries []paywall.Entry
	for i := range 1000 {
		entries = append(entries, paywall.Entry{Key: paywall.Key{byte(i), byte(i >> 8)}, State: paywall.StateDue, Until: time.Now().UTC()})
	}
	put(t, file, entries...)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page, failed := os.Getpagesize(), 0
	random := rand.New(rand.NewPCG(1, 2))
	rounds := endure.Rounds(60, 24)
	for round := range rounds {
		bad := bytes.Clone(good)
		at := page * random.IntN(len(bad)/page)
		switch round % 3 {
		case 0:
			bad = bad[:at]
		case 1:
			clear(bad[at : at+page])
		case 2:
			for i := range page {
				bad[at+i] = byte(random.Uint32())
			}
		}
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := use(t, path, entries); err != nil {
			failed++
			if !strings.Contains(err.Error(), "journal") {
				t.Errorf("the error is %v", err)
			}
		}
	}
	if failed < rounds/3 {
		t.Errorf("of %d damages, %d make errors", rounds, failed)
	}
}

// A file that is damaged while it is open makes errors as well. No call waits forever, and the file can be opened again.
func TestFile_DamagedWhileOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	file, err := paywall.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	entry := paywall.Entry{Key: paywall.Key{1}, State: paywall.StateClaimed, Until: time.Now().UTC()}
	put(t, file, entry)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad, heads := bytes.Clone(good), 2*os.Getpagesize() // the library has read them
	for i := range bad[heads:] {
		bad[heads+i] = 0xa5
	}
	if err := overwrite(path, bad); err != nil {
		t.Fatal(err)
	}
	used := make(chan error, 1)
	go func() { used <- useFile(t, file, []paywall.Entry{entry, entry}) }()
	select {
	case err := <-used:
		if err == nil || !strings.Contains(err.Error(), "restore a backup") {
			t.Errorf("got %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("a call waits forever")
	}
	if ok, err := file.Swap(t.Context(), paywall.Entry{Key: paywall.Key{2}, State: paywall.StateClaimed}); ok || err == nil {
		t.Errorf("Swap: got %t, %v", ok, err)
	}
	if err := overwrite(path, good); err != nil {
		t.Fatal(err)
	}
	file = openFile(t, path)
	if found, err := file.Find(t.Context(), entry.Key); err != nil || found.State != paywall.StateClaimed {
		t.Errorf("got %+v, %v", found, err)
	}
}

// overwrite overwrites the begin of a file.
func overwrite(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// manyEntries opens a new journal, and puts entries into it that take many pages.
func manyEntries(t *testing.T, path string) (*paywall.File, []paywall.Entry) {
	t.Helper()
	file, err := paywall.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	entries := make([]paywall.Entry, 500)
	for i := range entries {
		entries[i] = paywall.Entry{Key: paywall.Key{byte(i), byte(i >> 8)}, State: paywall.StateClaimed, Until: time.Now().UTC().Add(time.Hour)}
	}
	put(t, file, entries...)
	return file, entries
}

// use opens a journal and does everything with it.
func use(t *testing.T, path string, entries []paywall.Entry) error {
	t.Helper()
	file, err := paywall.OpenJournal(path)
	if err != nil {
		return err
	}
	var some []paywall.Entry
	for i := 0; i < len(entries); i += 100 {
		some = append(some, entries[i])
	}
	return useFile(t, file, some)
}

// useFile does everything with a journal, and closes it.
func useFile(t *testing.T, file *paywall.File, entries []paywall.Entry) error {
	var all []error
	for _, entry := range entries {
		_, err := file.Find(t.Context(), entry.Key)
		_, failed := file.Swap(t.Context(), paywall.Entry{Key: entry.Key, Version: 1, State: paywall.StateCommitted})
		all = append(all, err, failed)
	}
	for _, err := range file.Unfinished(t.Context()) {
		all = append(all, err)
	}
	return errors.Join(append(all, file.Purge(t.Context(), time.Now()), file.Close())...)
}

// One entry that cannot be read is an error of its own, and does not hide the others.
func TestFile_UnreadableEntry(t *testing.T) {
	file := openFile(t, filepath.Join(t.TempDir(), "journal"))
	var entries []paywall.Entry
	for i := range 5 {
		entries = append(entries, paywall.Entry{Key: paywall.Key{byte(i)}, State: paywall.StateDue, Until: time.Now().UTC()})
	}
	put(t, file, entries...)
	if err := file.Edit(func(tx *bolt.Tx) error {
		open := tx.Bucket([]byte("open"))
		other := bytes.Replace(open.Get(entries[1].Key[:]), []byte(`"object":0`), []byte(`"object":1`), 1)
		return errors.Join(open.Put(entries[1].Key[:], other), open.Put(entries[3].Key[:], nil), open.Put([]byte("short"), []byte("12345678{}")))
	}); err != nil {
		t.Fatal(err)
	}
	got := ""
	for entry, err := range file.Unfinished(t.Context()) {
		got += fmt.Sprint(entry.Key[0], err == nil, " ")
	}
	if want := "0 true 1 false 2 true 3 false 4 true 115 false "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := file.Purge(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	for _, entry := range []paywall.Entry{entries[1], entries[3]} {
		if _, err := file.Find(t.Context(), entry.Key); err == nil || !strings.Contains(err.Error(), entry.Key.String()) {
			t.Errorf("got %v, want an error with the key", err)
		}
	}
	if ok, err := file.Swap(t.Context(), entries[1]); ok || err == nil { // "not swapped" would say that it was read
		t.Errorf("Swap: got %t, %v", ok, err)
	}
}

// A call whose context is done reads nothing, and says so. An entry that cannot be written as JSON is refused.
func TestFile_InvalidCalls(t *testing.T) {
	file := openFile(t, filepath.Join(t.TempDir(), "journal"))
	entry := paywall.Entry{Key: paywall.Key{1}, State: paywall.StateVerified, Until: time.Now().UTC()}
	put(t, file, entry)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := file.Purge(ctx, entry.Until.Add(time.Hour)); !errors.Is(err, context.Canceled) {
		t.Errorf("Purge: got %v", err)
	}
	n := 0
	for entry, err := range file.Unfinished(ctx) {
		if n++; !errors.Is(err, context.Canceled) {
			t.Errorf("Unfinished: got %+v, %v", entry, err)
		}
	}
	if n != 1 {
		t.Errorf("Unfinished returns %d entries", n)
	}
	entry.Key, entry.Until = paywall.Key{2}, time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	if ok, err := file.Swap(t.Context(), entry); ok || err == nil {
		t.Errorf("Swap: got %t, %v", ok, err)
	}
	if found, err := file.Find(t.Context(), entry.Key); err != nil || found.Version != 0 {
		t.Errorf("Find: got %+v, %v", found, err)
	}
}

// A swap that is refused, and a purge without anything to remove, write nothing to the disk.
func TestFile_WritesNoMoreThanItMust(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	file := openFile(t, path)
	entry := paywall.Entry{Key: paywall.Key{1}, State: paywall.StateDue, Until: time.Now().UTC()}
	put(t, file, entry)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := file.Swap(t.Context(), entry); ok || err != nil {
		t.Errorf("Swap: got %t, %v", ok, err)
	}
	if err := file.Purge(t.Context(), entry.Until.Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file is changed, %v", err)
	}
}

// A disk that fails while the file is open makes every change an error. Reads go on.
func TestFile_DiskFails(t *testing.T) {
	file, err := paywall.OpenJournal(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	entry := paywall.Entry{Key: paywall.Key{1}, State: paywall.StateVerified, Until: time.Now().UTC()}
	put(t, file, entry)
	if err := file.LoseDisk(); err != nil {
		t.Fatal(err)
	}
	if err := file.Purge(t.Context(), entry.Until.Add(time.Hour)); err == nil {
		t.Error("Purge returns no error")
	}
	for version := range int64(2) {
		to := paywall.Entry{Key: paywall.Key{byte(2 - version)}, Version: version, State: paywall.StateClaimed}
		if ok, err := file.Swap(t.Context(), to); ok || err == nil {
			t.Errorf("Swap: got %t, %v", ok, err)
		}
	}
	if found, err := file.Find(t.Context(), entry.Key); err != nil || found.State != paywall.StateVerified {
		t.Errorf("Find: got %+v, %v", found, err)
	}
	if err := file.Close(); err == nil {
		t.Error("Close returns no error")
	}
}

// A journal is damaged: a part of a page is zeroed, or one bit differs. It cannot be opened, or it has all its entries.
func TestOpenJournal_DamagedEntry(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	file, entries := manyEntries(t, path)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size, refused := os.Getpagesize(), 0
	random := rand.New(rand.NewPCG(3, 4))
	damage := func(what string, at, length int, bit byte) {
		bad := bytes.Clone(good)
		if clear(bad[at : at+length]); length == 0 {
			bad[at] ^= bit
		}
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := paywall.OpenJournal(path)
		if err != nil {
			refused++
			return
		}
		for _, entry := range entries {
			if found, err := file.Find(t.Context(), entry.Key); err != nil || found.State != paywall.StateClaimed || found.Version != 1 || !found.Until.Equal(entry.Until) {
				t.Errorf("%s at %d: got %+v, %v", what, at, found, err)
				break
			}
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
	stride := endure.Rounds(1, 4)
	for at := 2 * size; at < len(good); at += stride * size {
		damage("half a page is zeroed", at+size/2, size/2, 0)
		damage("one bit is other", at+8+random.IntN(200), 0, 1<<random.IntN(8)) // the heads of pages and of elements
		damage("one bit is other", at+random.IntN(size), 0, 1<<random.IntN(8))
	}
	if refused < len(entries)/20/stride {
		t.Errorf("%d damages are refused", refused)
	}
}

// A journal of which a page is damaged or missing is refused when it is opened, and not by the first buyer who needs it.
func TestOpenJournal_DamagedPage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	file, entries := manyEntries(t, path)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size, refused := os.Getpagesize(), 0
	for page := range len(good) / size {
		bad := slices.Concat(good[:page*size], bytes.Repeat([]byte{0xa5}, 64), good[page*size+64:])
		for _, data := range [][]byte{bad, good[:page*size]} {
			if len(data) == 0 {
				continue // an empty file becomes a journal
			}
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			file, err := paywall.OpenJournal(path)
			if err != nil {
				if !strings.Contains(err.Error(), path) {
					t.Errorf("page %d: the error is %v", page, err)
				}
				refused++
				continue
			}
			for _, entry := range entries { // the page is free
				if found, err := file.Find(t.Context(), entry.Key); err != nil || found.State != paywall.StateClaimed {
					t.Errorf("page %d: got %+v, %v", page, found, err)
					break
				}
			}
			if err := file.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if refused < len(entries)/20 {
		t.Errorf("%d damages are refused", refused)
	}
}
