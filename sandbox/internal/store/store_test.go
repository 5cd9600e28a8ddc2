package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

func migrations(texts ...string) fs.FS {
	files := make(fstest.MapFS)
	for i, text := range texts {
		files["000"+string(rune('1'+i))+"_x.sql"] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

// names returns what the table that the tests make holds.
func names(t *testing.T, db *store.DB) (all []string) {
	t.Helper()
	err := db.Transact(func(tx *store.Tx) (err error) {
		all, err = store.All(tx, func(row store.Row) (name string, err error) {
			err = row.Scan(&name)
			return name, err
		}, "SELECT name FROM things ORDER BY name")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func add(db *store.DB, name string, then error) error {
	return db.Transact(func(tx *store.Tx) error {
		if _, err := tx.Exec("INSERT INTO things (name) VALUES ($1)", name); err != nil {
			return err
		}
		return then
	})
}

const things = "CREATE TABLE things (name TEXT NOT NULL UNIQUE)"

func TestMigrations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a file?#% name")
	version1 := migrations(things)
	version2 := migrations(things, "INSERT INTO things VALUES ('new'); ALTER TABLE things ADD COLUMN size BIGINT NOT NULL DEFAULT 7")
	broken := migrations(things, "INSERT INTO things VALUES ('half'); INSERT INTO nothing VALUES (1)")

	db, err := store.OpenWith(path, version1)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(add(db, "old", nil), db.Close()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v; want a file that nobody else reads", info, err)
	}
	// A migration that fails has done nothing.
	if _, err := store.OpenWith(path, broken); err == nil || !strings.Contains(err.Error(), "0002_x.sql") {
		t.Errorf("got %v, want the migration's name", err)
	}
	for range 2 { // the second time there is nothing to do
		if db, err = store.OpenWith(path, version2); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(names(t, db), " "); got != "new old" {
			t.Errorf("got %q", got)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, err = store.OpenWith(path, version1)
	if err == nil || !strings.Contains(err.Error(), "is of version 2, and this program knows none above 1") {
		t.Errorf("got %v, want a refusal of the newer version", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(dir, "foreign")
	db, err := store.OpenWith(foreign, migrations(things))
	if err == nil { // a database without a version
		err = errors.Join(db.Transact(func(tx *store.Tx) error {
			_, err := tx.Exec("DROP TABLE schema_version")
			return err
		}), db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, foreign, dir, filepath.Join(dir, "nowhere", "data")} {
		if db, err := store.Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, %v; want an error that names it", path, db, err)
		}
	}
}

func TestTransact(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "data")} {
		db, err := store.OpenWith(path, migrations(things))
		if err != nil {
			t.Fatal(err)
		}
		failure := errors.New("no")
		if err := errors.Join(add(db, "a", nil), add(db, "c", nil)); err != nil {
			t.Fatal(err)
		}
		if err := add(db, "b", failure); !errors.Is(err, failure) {
			t.Errorf("got %v", err)
		}
		if err := add(db, "a", nil); err == nil {
			t.Error("a name is taken twice")
		}
		// Alone undoes what it did, and nothing else.
		err = db.Transact(func(tx *store.Tx) error {
			_, err := tx.Exec("INSERT INTO things (name) VALUES ('d')")
			alone := tx.Alone(func() error {
				_, err := tx.Exec("INSERT INTO things (name) VALUES ('e')")
				return errors.Join(failure, err)
			})
			if !errors.Is(alone, failure) {
				t.Errorf("got %v", alone)
			}
			return err
		})
		if got := strings.Join(names(t, db), ""); err != nil || got != "acd" {
			t.Errorf("got %s, error %v", got, err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = db.Transact(func(tx *store.Tx) error {
				_, _ = tx.Exec("DELETE FROM things")
				panic("halfway")
			})
		}()
		if got := strings.Join(names(t, db), ""); got != "acd" {
			t.Errorf("after a panic: got %s", got)
		}
		if err := errors.Join(db.Close(), db.Close()); err != nil {
			t.Errorf("closed twice: %v", err)
		}
		if err := add(db, "z", nil); err == nil {
			t.Error("a closed database takes more")
		}
	}
}

// A database in memory is nobody else's.
func TestMemoryIsPrivate(t *testing.T) {
	var all []*store.DB
	for range 2 {
		db, err := store.OpenWith("", migrations(things))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, db)
	}
	if err := add(all[0], "a", nil); err != nil {
		t.Fatal(err)
	}
	if got := names(t, all[1]); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	if err := errors.Join(all[0].Close(), all[1].Close()); err != nil {
		t.Error(err)
	}
}

// given returns a bound, or nil for zero.
func given(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

func TestList(t *testing.T) {
	db, err := store.OpenWith("", migrations("CREATE TABLE things (id BIGINT, name TEXT); INSERT INTO things VALUES (1, 'a'), (2, 'b'), (3, 'a'), (4, 'a'), (5, 'a')"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it is in memory
	tests := []struct {
		first, last int64
		want        string
	}{
		{0, 0, "1345"}, {2, 0, "13"}, {0, 2, "45"}, {3, 2, "4"}, {2, 3, "3"}, {1, 1, ""}, {9, 9, "1345"}, {4, 4, "1345"}, {1 << 62, 1 << 62, "1345"},
	}
	for _, test := range tests {
		l := store.List{Order: []string{"name", "id"}, First: given(test.first), Last: given(test.last)}
		l.Where("name", "=", "a")
		l.Where("id", "<", 9)
		err := db.Transact(func(tx *store.Tx) error {
			ids, err := store.Listed(tx, func(row store.Row) (id string, err error) {
				err = row.Scan(&id)
				return id, err
			}, l.From("things", "id"))
			if got := strings.Join(ids, ""); got != test.want {
				text, _ := l.From("things", "id").Statement()
				t.Errorf("first %d, last %d: got %s, want %s by %s", test.first, test.last, got, test.want, text)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
