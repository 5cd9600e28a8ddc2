package store_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// skipOnWindows skips a test that renames an open file, which Windows refuses.
func skipOnWindows(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not rename an open file")
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// mustSave makes a closed data file with the accounts.
func mustSave(t *testing.T, path string, uids ...int64) {
	t.Helper()
	db := mustOpen(t, path)
	for _, uid := range uids {
		exec(t, db, "INSERT INTO accounts VALUES ($1, 0)", uid)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// moves are ways to put something else at the place of a data file. Each returns a function that puts the file back.
func moves() map[string]func(t *testing.T, path, seed string) (back func()) {
	away := func(t *testing.T, path string) func() {
		t.Helper()
		rename(t, path, path+"-away")
		return func() { rename(t, path+"-away", path) }
	}
	return map[string]func(t *testing.T, path, seed string) func(){
		"renamed": func(t *testing.T, path, _ string) func() { return away(t, path) },
		"replaced": func(t *testing.T, path, seed string) func() {
			back := away(t, path)
			rename(t, seed, path)
			return back
		},
		"in a directory that was renamed": func(t *testing.T, path, _ string) func() { return away(t, filepath.Dir(path)) },
		"in a directory that was made anew": func(t *testing.T, path, seed string) func() {
			dir := filepath.Dir(path)
			back := away(t, dir)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			rename(t, seed, path)
			return func() {
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
				back()
			}
		},
	}
}

// newPlace returns the path of a data file in a directory of its own, and a closed data file with account 21 elsewhere.
func newPlace(t *testing.T) (path, seed string) {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "dir")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	seed = filepath.Join(root, "seed")
	mustSave(t, seed, 21)
	return filepath.Join(dir, "data"), seed
}

func viewAccounts(db *store.DB) (got []int64, err error) {
	err = db.View(func(tx *store.Tx) (err error) {
		got, err = accounts(tx)
		return errors.Join(err, store.Whole(tx))
	})
	return got, err
}

// While another file is at its path, a database refuses every transaction and leaves that file alone. It has lost no row when its
// file is back.
func TestDB_FileMoved(t *testing.T) {
	skipOnWindows(t)
	for name, move := range moves() {
		t.Run(name, func(t *testing.T) {
			path, seed := newPlace(t)
			db := mustOpen(t, path)
			exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
			back := move(t, path, seed)
			before := sumsBeside(t, path)
			for range 2 {
				_, viewed := viewAccounts(db)
				for what, err := range map[string]error{"View": viewed, "Transact": db.Transact(func(tx *store.Tx) error { return add(tx, 12) })} {
					if !errors.Is(err, store.ErrMoved) || !strings.Contains(err.Error(), "data file data was replaced or renamed") {
						t.Errorf("%s: got %v, want ErrMoved", what, err)
					}
				}
			}
			if after := sumsBeside(t, path); !maps.Equal(after, before) {
				t.Error("the files at the path of the data file have changed")
			}
			back()
			exec(t, db, "INSERT INTO accounts VALUES (13, 0)")
			checkAccounts(t, db, 11, 13)
			if got, err := viewAccounts(db); len(got) != 2 || err != nil {
				t.Errorf("got accounts %v, %v", got, err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			checkAccounts(t, mustOpen(t, path), 11, 13)
		})
	}
}

// sumsBeside returns the SHA-256 of each file in the directory of path, or nothing if there is no directory. It leaves out the
// index of the log, in which SQLite notes its locks.
func sumsBeside(t *testing.T, path string) map[string][32]byte {
	t.Helper()
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); err != nil {
		return nil
	}
	all := sums(t, dir)
	delete(all, filepath.Base(path)+"-shm")
	return all
}

// Close puts all rows into a file that was moved, and leaves the file at its path as it is.
func TestClose_FileMoved(t *testing.T) {
	skipOnWindows(t)
	for name, move := range moves() {
		t.Run(name, func(t *testing.T) {
			path, seed := newPlace(t)
			db := mustOpen(t, path)
			exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
			back := move(t, path, seed)
			if err := db.Close(); !errors.Is(err, store.ErrMoved) {
				t.Errorf("Close: got %v, want ErrMoved", err)
			}
			if _, err := os.Stat(path); err == nil {
				there := mustOpen(t, path)
				checkAccounts(t, there, 21)
				if err := there.Close(); err != nil {
					t.Fatal(err)
				}
			}
			back()
			for _, log := range []string{path + "-wal", path + "-shm"} { // the file needs no log
				if err := os.Remove(log); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
			}
			checkAccounts(t, mustOpen(t, path), 11)
		})
	}
}

// Close removes no files of another database that was made at the same path since.
func TestClose_OtherDatabaseAtPath(t *testing.T) {
	skipOnWindows(t)
	path, _ := newPlace(t)
	db := mustOpen(t, path)
	exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
	dir := filepath.Dir(path)
	rename(t, dir, dir+"-away")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	other := mustOpen(t, path)
	exec(t, other, "INSERT INTO accounts VALUES (12, 0)")
	before := sumsBeside(t, path)
	if err := db.Close(); !errors.Is(err, store.ErrMoved) {
		t.Errorf("got %v, want ErrMoved", err)
	}
	if after := sumsBeside(t, path); !maps.Equal(after, before) {
		t.Errorf("Close has changed the files of the other database: got %v, want %v", after, before)
	}
	checkAccounts(t, other, 12)
	checkAccounts(t, mustOpen(t, filepath.Join(dir+"-away", "data")), 11)
}

// A transaction that has begun reads and writes the open file to its end: database/sql connects to no other.
func TestDB_FileReplacedWithinTransaction(t *testing.T) {
	skipOnWindows(t)
	for name, run := range map[string]func(*store.DB, func(*store.Tx) error) error{"View": (*store.DB).View, "Transact": (*store.DB).Transact} {
		t.Run(name, func(t *testing.T) {
			path, seed := newPlace(t)
			db := mustOpen(t, path)
			exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
			var before map[string][32]byte
			err := run(db, func(tx *store.Tx) error {
				rename(t, path, path+"-away")
				rename(t, seed, path)
				before = sumsBeside(t, path)
				got, err := accounts(tx)
				if len(got) != 1 || got[0] != 11 {
					t.Errorf("got accounts %v, want 11", got)
				}
				return errors.Join(err, store.Whole(tx))
			})
			if err != nil {
				t.Error(err)
			}
			if after := sumsBeside(t, path); !maps.Equal(after, before) {
				t.Error("the files at the path of the data file have changed")
			}
			if opened := db.Connections(); opened > 2 {
				t.Errorf("%d connections, want one that writes and one that reads", opened)
			}
			rename(t, path+"-away", path)
			checkAccounts(t, db, 11)
		})
	}
}

// A database stays with its file when the symbolic link that led to it leads elsewhere, also if the file was made through the link.
func TestDB_LinkFlipped(t *testing.T) {
	dir := t.TempDir()
	first, second, link := filepath.Join(dir, "first"), filepath.Join(dir, "second"), filepath.Join(dir, "link")
	if err := errors.Join(os.Mkdir(first, 0o700), os.Mkdir(second, 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(first, link); err != nil {
		t.Skip(err)
	}
	path := filepath.Join(link, "data")
	db := mustOpen(t, path)
	exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
	if err := errors.Join(os.Remove(link), os.Symlink(second, link)); err != nil {
		t.Fatal(err)
	}
	if got, err := viewAccounts(db); len(got) != 1 || err != nil {
		t.Errorf("got accounts %v, %v; want 11", got, err)
	}
	if files := sums(t, second); len(files) > 0 {
		t.Errorf("there are %d files where the link leads now, want none", len(files))
	}
	other := mustOpen(t, path)
	exec(t, other, "INSERT INTO accounts VALUES (12, 0)")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(second, "data-lock")); err != nil {
		t.Errorf("Close has removed the lock file of another database: %v", err)
	}
	checkAccounts(t, other, 12)
	checkAccounts(t, mustOpen(t, filepath.Join(first, "data")), 11)
}

// The file is made where a symbolic link leads, and the link stays.
func TestDB_LinkToNothing(t *testing.T) {
	dir := t.TempDir()
	target, link, further := filepath.Join(dir, "volume", "data"), filepath.Join(dir, "link"), filepath.Join(dir, "further")
	if err := os.Mkdir(filepath.Dir(target), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(filepath.Join("volume", "data"), link), os.Symlink(link, further)); err != nil {
		t.Skip(err)
	}
	db := mustOpen(t, further)
	exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, further} {
		if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more: %v", path, err)
		}
	}
	checkAccounts(t, mustOpen(t, target), 11)
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(loop); err == nil {
		t.Error("a link to itself was opened")
	}
}
