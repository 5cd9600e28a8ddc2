package store_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

func mustOpen(t *testing.T, path string) *store.DB {
	t.Helper()
	db, err := store.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// exec runs a statement in its own transaction.
func exec(t *testing.T, db *store.DB, text string, args ...any) {
	t.Helper()
	if err := db.Transact(func(tx *store.Tx) error { _, err := tx.Exec(text, args...); return err }); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func scanOne[T any](row store.Row) (value T, err error) {
	err = row.Scan(&value)
	return value, err
}

// accounts returns the ids of the accounts that a test has added.
func accounts(tx *store.Tx) ([]int64, error) {
	return store.All(tx, scanOne[int64], "SELECT uid FROM accounts WHERE uid > 3 ORDER BY uid")
}

func checkAccounts(t *testing.T, db *store.DB, want ...int64) {
	t.Helper()
	err := db.Transact(func(tx *store.Tx) error {
		got, err := accounts(tx)
		if !slices.Equal(got, want) {
			t.Errorf("got accounts %v, want %v", got, want)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func add(tx *store.Tx, uid int64) error {
	_, err := tx.Exec("INSERT INTO accounts VALUES ($1, 0)", uid)
	return err
}

func TestTransact(t *testing.T) {
	for name, path := range map[string]string{"memory": "", "file": filepath.Join(t.TempDir(), "data")} {
		t.Run(name, func(t *testing.T) {
			db := mustOpen(t, path)
			failure := errors.New("no")
			committed := 0
			transact := func(uid int64, then error) error {
				return db.Transact(func(tx *store.Tx) error {
					tx.Committed(func() { committed++ })
					return errors.Join(add(tx, uid), then)
				})
			}
			if err := errors.Join(transact(11, nil), transact(13, nil)); err != nil {
				t.Fatal(err)
			}
			if err := transact(12, failure); !errors.Is(err, failure) {
				t.Errorf("got %v, want the function's error", err)
			}
			if err := transact(11, nil); err == nil {
				t.Error("an account was added twice")
			}
			if committed != 2 {
				t.Errorf("functions for a commit: %d were run, want 2", committed)
			}
			func() {
				defer func() { _ = recover() }()
				_ = db.Transact(func(tx *store.Tx) error {
					_, _ = tx.Exec("DELETE FROM accounts")
					panic("halfway")
				})
			}()
			checkAccounts(t, db, 11, 13)
			if err := errors.Join(db.Close(), db.Close()); err != nil {
				t.Errorf("closed twice: %v", err)
			}
			if err := transact(14, nil); err == nil {
				t.Error("a closed database runs a transaction")
			}
		})
	}
}

// Alone undoes the changes of its function, and no others.
func TestTx_Alone(t *testing.T) {
	db := mustOpen(t, "")
	failure := errors.New("no")
	err := db.Transact(func(tx *store.Tx) error {
		if tx.Changed() {
			t.Error("Changed reports true before any statement")
		}
		if err := add(tx, 11); err != nil {
			return err
		}
		if err := tx.Alone(func() error { return errors.Join(add(tx, 12), failure) }); !errors.Is(err, failure) {
			t.Errorf("got %v, want the function's error", err)
		}
		if !tx.Changed() {
			t.Error("Changed reports false after an account was added")
		}
		return tx.Alone(func() error { return add(tx, 13) })
	})
	if err != nil {
		t.Fatal(err)
	}
	checkAccounts(t, db, 11, 13)
}

func TestTx_State(t *testing.T) {
	db := mustOpen(t, "")
	err := db.Transact(func(tx *store.Tx) error {
		first, err := tx.Next("thing")
		second, err2 := tx.Next("thing")
		if first != 1 || second != 2 {
			t.Errorf("got ids %d and %d, want 1 and 2", first, second)
		}
		err = errors.Join(err, err2, tx.SetState("ahead", 7))
		ahead, err2 := tx.State("ahead")
		if ahead != 7 {
			t.Errorf("got %d, want 7", ahead)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Error(err)
	}
}

// Two databases in memory share nothing.
func TestOpen_MemoryIsPrivate(t *testing.T) {
	one, other := mustOpen(t, ""), mustOpen(t, "")
	exec(t, one, "INSERT INTO accounts VALUES (11, 0)")
	checkAccounts(t, other)
	checkAccounts(t, one, 11)
}

// Reset returns to the content of a new database, and is undone with its transaction.
func TestReset(t *testing.T) {
	for name, path := range map[string]string{"memory": "", "file": filepath.Join(t.TempDir(), "data")} {
		t.Run(name, func(t *testing.T) {
			db := mustOpen(t, path)
			content := func() string {
				var all []string
				err := db.Transact(func(tx *store.Tx) (err error) {
					all, err = store.All(tx, scanOne[string], `SELECT name || sql FROM sqlite_master WHERE sql IS NOT NULL UNION ALL
						SELECT name || value FROM state UNION ALL SELECT uid || balance FROM accounts ORDER BY 1`)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				return strings.Join(all, "\n")
			}
			fresh := content()
			exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
			exec(t, db, "UPDATE state SET value = value + 1")
			before := content()
			failure := errors.New("no")
			if err := db.Transact(func(tx *store.Tx) error { return errors.Join(tx.Reset(), failure) }); !errors.Is(err, failure) {
				t.Errorf("got %v, want the function's error", err)
			}
			if got := content(); got != before {
				t.Errorf("after a reset that failed: got %s\nwant %s", got, before)
			}
			if err := db.Transact(func(tx *store.Tx) error { return tx.Reset() }); err != nil {
				t.Fatal(err)
			}
			if got := content(); got != fresh {
				t.Errorf("after a reset: got %s\nwant %s", got, fresh)
			}
		})
	}
}

// The work of a reset grows no faster than the number of users.
func TestReset_ManyUsers(t *testing.T) {
	work := func(users int) int {
		db := mustOpen(t, "")
		exec(t, db, "WITH RECURSIVE ids (uid) AS (SELECT 11 UNION ALL SELECT uid + 1 FROM ids WHERE uid < $1) INSERT INTO accounts SELECT uid, 0 FROM ids", 10+users)
		exec(t, db, "INSERT INTO users (uid, name, created) SELECT uid, 'Ann', 0 FROM accounts WHERE uid > 10")
		before, err := db.Steps()
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Transact(func(tx *store.Tx) error { return tx.Reset() }); err != nil {
			t.Fatal(err)
		}
		after, err := db.Steps()
		if err != nil {
			t.Fatal(err)
		}
		return after - before
	}
	if few, many := work(100), work(1000); few == 0 || many > 15*few {
		t.Errorf("a reset takes %d steps with 100 users, and %d with 1000", few, many)
	}
}
