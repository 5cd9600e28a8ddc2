package store_test

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// foreign makes a SQLite file of another program.
func foreign(t *testing.T, path string, statements ...string) {
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

// content returns what tells two contents of a directory apart.
func content(t *testing.T, dir string) map[string][32]byte {
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
		t.Errorf("got %v, %v; want a file that nobody else reads", info, err)
	}
}

// An empty file is made a data file, and what is left of another one beside it is not taken for its own.
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

// What is not a data file of this version is refused by Open, View, Save and Restore, and stays as it is.
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
			foreign(t, path, "CREATE TABLE schema_version (version)", "INSERT INTO schema_version VALUES (0)")
		}, "is not a data file of a sandbox"},
		"another program's, with a log": {func(t *testing.T, path string) {
			t.Helper()
			foreign(t, path, "PRAGMA journal_mode = WAL", "CREATE TABLE accounts (uid)")
		}, "is not a data file of a sandbox"},
		"without tables": {func(t *testing.T, path string) {
			t.Helper()
			foreign(t, path, "CREATE TABLE x (y)", "DROP TABLE x")
		}, "is not a data file of a sandbox"},
		"older": {func(t *testing.T, path string) {
			t.Helper()
			foreign(t, path, "CREATE TABLE schema_version (version)", "CREATE TABLE voucher_log (id)")
		}, "is a data file of an older sandbox"},
		"newer": {func(t *testing.T, path string) {
			t.Helper()
			db := mustOpen(t, path)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			foreign(t, path, "PRAGMA user_version = 3", "PRAGMA journal_mode = DELETE")
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

// Two sandboxes on one file are one too many, by whatever name the second one knows it.
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

// View sees the database as it was when it began, keeps nobody waiting, and leaves a file that nobody has open as it is.
func TestView(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	for name, db := range map[string]*store.DB{"file": mustOpen(t, path), "memory": mustOpen(t, "")} {
		t.Run(name, func(t *testing.T) {
			// More than is read where it is, so that it is copied.
			exec(t, db, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
				INSERT INTO transfers SELECT i, 0, 2, 3, 0, 0, 0, hex(randomblob(8000)), 0, 0, '' FROM n`)
			exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
			err := db.View(func(tx *store.Tx) error {
				exec(t, db, "INSERT INTO accounts VALUES (12, 0)") // which would wait for ever, if it had to
				got, err := accounts(tx)
				if len(got) != 1 {
					t.Errorf("got accounts %v, want what there was at the beginning", got)
				}
				if _, err := tx.Exec("DELETE FROM accounts WHERE uid = 11"); name == "file" && err == nil {
					t.Error("a view has changed the file")
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

func TestView_LeavesFileAsItIs(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "data")
	db := mustOpen(t, path)
	exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := content(t, dir)
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
	for name, sum := range content(t, dir) {
		if before[name] != sum {
			t.Errorf("%s is another than before", name)
		}
	}
	if err := store.View(filepath.Join(dir, "none"), func(*store.Tx) error { return nil }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that there is no such file", err)
	}
}

// What is saved while a sandbox writes is whole, and what is restored is what was saved.
func TestSaveAndRestore(t *testing.T) {
	dir := t.TempDir()
	path, saved, restored := filepath.Join(dir, "data"), filepath.Join(dir, "it's saved"), filepath.Join(dir, "restored")
	db := mustOpen(t, path)
	exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
	if err := store.Save(path, saved); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(saved); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v; want a file that nobody else reads", info, err)
	}
	if err := store.Save(path, saved); err == nil || !strings.Contains(err.Error(), saved+": exists") {
		t.Errorf("got %v, want that the file exists", err)
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
		t.Errorf("got %v, want a refusal", err)
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
