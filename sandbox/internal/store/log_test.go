package store_test

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// losses are ways to lose the log of an open data file. The file has account 11, and then account 13.
func losses() map[string]func(t *testing.T, path string) {
	remove := func(names ...string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			t.Helper()
			for _, name := range names {
				if err := os.Remove(path + name); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return map[string]func(*testing.T, string){
		"the log":   remove("-wal"),
		"the index": remove("-shm"),
		"both":      remove("-wal", "-shm"),
		"both, and the log is an earlier one": func(t *testing.T, path string) {
			t.Helper()
			remove("-wal", "-shm")(t, path)
			rename(t, path+"-earlier", path+"-wal")
		},
	}
}

// openLogged opens a new data file with accounts 11 and 13, and keeps a copy of the log that has only the first.
func openLogged(t *testing.T, path string) *store.DB {
	t.Helper()
	db := mustOpen(t, path)
	exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
	log, err := os.ReadFile(path + "-wal")
	if err == nil {
		err = os.WriteFile(path+"-earlier", log, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, "INSERT INTO accounts VALUES (13, 0)")
	return db
}

// checkCopy fails the test unless a machine that stops now keeps these accounts.
func checkCopy(t *testing.T, path string, want ...int64) {
	t.Helper()
	dir, _ := newPlace(t)
	for _, name := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + name)
		if err != nil && (name == "" || !errors.Is(err, os.ErrNotExist)) {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	checkAccounts(t, mustOpen(t, dir), want...)
}

// A database whose log is gone puts its rows into the file, and goes on with another log.
func TestDB_LogGone(t *testing.T) {
	skipOnWindows(t)
	for name, lose := range losses() {
		t.Run(name, func(t *testing.T) {
			path, _ := newPlace(t)
			db := openLogged(t, path)
			lose(t, path)
			if got, err := viewAccounts(db); !slices.Equal(got, []int64{11, 13}) || err != nil {
				t.Errorf("View: got %v, %v", got, err)
			}
			checkCopy(t, path, 11, 13)
			exec(t, db, "INSERT INTO accounts VALUES (14, 0)")
			checkCopy(t, path, 11, 13, 14)
			if err := errors.Join(os.Remove(path+"-wal"), os.Remove(path+"-shm")); err != nil {
				t.Fatal(err)
			}
			exec(t, db, "INSERT INTO accounts VALUES (15, 0)")
			checkCopy(t, path, 11, 13, 14, 15)
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			checkAccounts(t, mustOpen(t, path), 11, 13, 14, 15)
		})
	}
}

// Close puts all rows into the file if the log is gone, and leaves no log of another time beside it.
func TestClose_LogGone(t *testing.T) {
	skipOnWindows(t)
	for name, lose := range losses() {
		t.Run(name, func(t *testing.T) {
			path, _ := newPlace(t)
			db := openLogged(t, path)
			lose(t, path)
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			checkAccounts(t, mustOpen(t, path), 11, 13)
		})
	}
}

// A transaction works again once a log can be made again.
func TestDB_NoOtherLog(t *testing.T) {
	skipOnWindows(t)
	path, _ := newPlace(t)
	db := openLogged(t, path)
	if err := errors.Join(os.Remove(path+"-wal"), os.Mkdir(path+"-wal", 0o700), os.Mkdir(path+"-wal/x", 0o700)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := db.Transact(func(tx *store.Tx) error { return add(tx, 12) }); err == nil {
			t.Error("a transaction without a log was committed")
		}
	}
	if err := os.RemoveAll(path + "-wal"); err != nil {
		t.Fatal(err)
	}
	exec(t, db, "INSERT INTO accounts VALUES (14, 0)")
	checkCopy(t, path, 11, 13, 14)
}
