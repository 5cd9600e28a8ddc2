package store_test

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// writeForeign makes a SQLite file of another program.
func writeForeign(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// sums returns the SHA-256 of each file of a directory, by its name.
func sums(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string][32]byte)
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name()] = sha256.Sum256(text)
	}
	return all
}

func TestOpen_CreatesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a file?#% name")
	for range 2 {
		db := mustOpen(t, path)
		exec(t, db, "INSERT INTO accounts VALUES ((SELECT MAX(uid) FROM accounts) + 1, 0)")
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	checkAccounts(t, mustOpen(t, path), 4, 5)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v; want a file that only the user may read", info, err)
	}
}

// Open makes a data file of an empty file, and does not use what a deleted data file left beside it.
func TestOpen_NewFileOfAnOldName(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "data")
	db := mustOpen(t, path)
	exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
	log, err := os.ReadFile(path + "-wal") // the account is in it
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"data": "", "data-wal": string(log), "data-new": "half", "data-new-journal": "half"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	checkAccounts(t, mustOpen(t, path))
}

// Open, View, Save and Restore refuse a file that is not a data file of this version, and leave it unchanged.
func TestOpen_RefusesOtherFiles(t *testing.T) {
	for name, test := range map[string]struct {
		make func(t *testing.T, path string)
		want string
	}{
		"text": {func(t *testing.T, path string) {
			t.Helper()
			if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "is not a data file of a sandbox"},
		"another program's": {func(t *testing.T, path string) {
			t.Helper()
			writeForeign(t, path, "CREATE TABLE schema_version (version)", "INSERT INTO schema_version VALUES (0)")
		}, "is not a data file of a sandbox"},
		"another program's, with a log": {func(t *testing.T, path string) {
			t.Helper()
			writeForeign(t, path, "PRAGMA journal_mode = WAL", "CREATE TABLE accounts (uid)")
		}, "is not a data file of a sandbox"},
		"without tables": {func(t *testing.T, path string) {
			t.Helper()
			writeForeign(t, path, "CREATE TABLE x (y)", "DROP TABLE x")
		}, "is not a data file of a sandbox"},
		"older": {func(t *testing.T, path string) {
			t.Helper()
			writeForeign(t, path, "CREATE TABLE schema_version (version)", "CREATE TABLE voucher_log (id)")
		}, "is a data file of an older sandbox"},
		"newer": {func(t *testing.T, path string) {
			t.Helper()
			db := mustOpen(t, path)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			writeForeign(t, path, "PRAGMA user_version = 3", "PRAGMA journal_mode = DELETE")
		}, "is a data file of version 3, and this sandbox reads version 2"},
		"directory": {func(t *testing.T, path string) {
			t.Helper()
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "is not a file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path, saved, other := filepath.Join(dir, "data"), filepath.Join(t.TempDir(), "saved"), filepath.Join(t.TempDir(), "other")
			test.make(t, path)
			kept := func() string { text, _ := os.ReadFile(path); return string(text) }
			before := kept()
			_, opened := store.Open(path)
			viewed := store.View(path, func(*store.Tx) error { return nil })
			for what, err := range map[string]error{
				"Open": opened, "View": viewed, "Save": store.Save(path, saved), "Restore": store.Restore(path, other),
			} {
				if err == nil || !strings.Contains(err.Error(), path+": "+test.want) {
					t.Errorf("%s: got %v, want that %s %s", what, err, path, test.want)
				}
			}
			if kept() != before {
				t.Error("the file was changed")
			}
			for _, made := range []string{saved, other} {
				if _, err := os.Stat(made); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("%s was made", made)
				}
			}
		})
	}
	nowhere := filepath.Join(t.TempDir(), "nowhere", "data")
	if _, err := store.Open(nowhere); err == nil || !strings.Contains(err.Error(), nowhere) {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

// Only one sandbox opens a file, whatever path a second one gives.
func TestOpen_OwnsFile(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "data"), filepath.Join(dir, "link")
	db := mustOpen(t, path)
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{path, link, filepath.Join(dir, ".", "data")} {
		if _, err := store.Open(name); !errors.Is(err, store.ErrInUse) {
			t.Errorf("%s: got %v, want ErrInUse", name, err)
		}
		if err := store.Restore(path, name); !errors.Is(err, store.ErrInUse) {
			t.Errorf("restore %s: got %v, want ErrInUse", name, err)
		}
	}
	exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	checkAccounts(t, mustOpen(t, link), 11)
}

// SQLite finds the log of a file by its name. Under two names it would be two databases, which overwrite each other.
func TestOpen_HardLink(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "data"), filepath.Join(dir, "link")
	db := mustOpen(t, path)
	exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
	if err := os.Link(path, link); err != nil || runtime.GOOS == "windows" {
		t.Skip("needs hard links, and a system that counts them", err)
	}
	_, opened := store.Open(link)
	for what, err := range map[string]error{
		"Open": opened, "View": store.View(link, func(*store.Tx) error { return nil }),
		"Save": store.Save(link, filepath.Join(dir, "saved")), "Restore": store.Restore(path, link),
	} {
		if err == nil || !strings.Contains(err.Error(), ": has 2 names") {
			t.Errorf("%s: got %v, want that the file has two names", what, err)
		}
	}
	checkAccounts(t, db, 11)
	if err := errors.Join(os.Remove(link), db.Close()); err != nil {
		t.Fatal(err)
	}
	checkAccounts(t, mustOpen(t, path), 11)
}

// View sees the database as of its beginning, blocks no transaction, and changes nothing.
func TestView(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	for name, db := range map[string]*store.DB{"file": mustOpen(t, path), "memory": mustOpen(t, "")} {
		t.Run(name, func(t *testing.T) {
			// More pages than View reads without copying them.
			exec(t, db, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
				INSERT INTO transfers SELECT i, 0, 2, 3, 0, 0, 0, hex(randomblob(8000)), 0, 0, '' FROM n`)
			exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
			err := db.View(func(tx *store.Tx) error {
				exec(t, db, "INSERT INTO accounts VALUES (12, 0)") // hangs if View blocks transactions
				got, err := accounts(tx)
				if len(got) != 1 {
					t.Errorf("got accounts %v, want 11, as at the beginning", got)
				}
				if _, err := tx.Exec("DELETE FROM accounts WHERE uid = 11"); name == "file" && err == nil {
					t.Error("View changed the file")
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			checkAccounts(t, db, 11, 12)
			failure := errors.New("no")
			if err := db.View(func(*store.Tx) error { return failure }); !errors.Is(err, failure) {
				t.Errorf("got %v, want the function's error", err)
			}
		})
	}
}

func TestView_FileUnchanged(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "data")
	db := mustOpen(t, path)
	exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := sums(t, dir)
	err := store.View(path, func(tx *store.Tx) error {
		got, err := accounts(tx)
		if len(got) != 1 {
			t.Errorf("got accounts %v, want 11", got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for name, sum := range sums(t, dir) {
		if before[name] != sum {
			t.Errorf("%s was changed", name)
		}
	}
	if err := store.View(filepath.Join(dir, "none"), func(*store.Tx) error { return nil }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want os.ErrNotExist", err)
	}
}

// Save copies a file that a sandbox has open, and Restore returns to the saved content.
func TestSave_Restored(t *testing.T) {
	dir := t.TempDir()
	path, saved, restored := filepath.Join(dir, "data"), filepath.Join(dir, "it's saved"), filepath.Join(dir, "restored")
	db := mustOpen(t, path)
	exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
	if err := store.Save(path, saved); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(saved); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v; want a file that only the user may read", info, err)
	}
	if err := store.Save(path, saved); err == nil || !strings.Contains(err.Error(), saved+": exists") {
		t.Errorf("got %v, want an error that the file exists", err)
	}
	exec(t, db, "INSERT INTO accounts VALUES (12, 0)")
	if err := store.Restore(saved, restored); err != nil { // where there was none
		t.Fatal(err)
	}
	checkAccounts(t, mustOpen(t, restored), 11)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Restore(path, path); err == nil || !strings.Contains(err.Error(), "must not be the file that is restored from") {
		t.Errorf("got %v, want an error that the files are the same", err)
	}
	checkAccounts(t, mustOpen(t, saved), 11)
}

func TestRestore_Overwrites(t *testing.T) {
	dir := t.TempDir()
	path, saved := filepath.Join(dir, "data"), filepath.Join(dir, "saved")
	db := mustOpen(t, path)
	exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
	if err := store.Save(path, saved); err != nil {
		t.Fatal(err)
	}
	exec(t, db, "INSERT INTO accounts VALUES (12, 0)")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Restore(saved, path); err != nil {
		t.Fatal(err)
	}
	again := mustOpen(t, path)
	checkAccounts(t, again, 11)
	if err := again.View(store.Whole); err != nil {
		t.Error(err)
	}
}

// A reader says that SQLite cannot write beside a data file, such as on a read-only file system. It is a data file nevertheless.
func TestView_NothingBeside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	if err := errors.Join(mustOpen(t, path).Close(), os.Mkdir(path+"-wal", 0o700)); err != nil { // also for root
		t.Fatal(err)
	}
	read := func(*store.Tx) error { return nil }
	if err := store.View(path, read); err == nil || !strings.Contains(err.Error(), "must be where SQLite can write beside it") {
		t.Errorf("got %v", err)
	}
}
