package store_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	command "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// openedByChild is an environment variable. With it, TestOpen_OtherPathOfOpenFile opens the file of that path.
const openedByChild = "VINGD_SANDBOX_OPEN"

// A data file that a sandbox has open is in use under any other path, in this process and in another. A refusal leaves SQLite's
// locks as they are.
func TestOpen_OtherPathOfOpenFile(t *testing.T) {
	if path := os.Getenv(openedByChild); path != "" {
		db, err := store.Open(path)
		if !errors.Is(err, store.ErrInUse) {
			t.Errorf("in another process: got %v, want ErrInUse", err)
		}
		if err == nil {
			checkAccounts(t, db)
		}
		return
	}
	dir := t.TempDir()
	path, moved, saved := filepath.Join(dir, "data"), filepath.Join(dir, "moved"), filepath.Join(dir, "saved")
	db := mustOpen(t, path)
	if err := errors.Join(db.Close(), os.Rename(path, moved)); err != nil {
		t.Fatal(err)
	}
	db = mustOpen(t, moved) // a file that is closed can be renamed
	insertAccount(t, db)
	if err := os.Rename(moved, path); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := store.Open(path); !errors.Is(err, store.ErrInUse) {
			t.Errorf("got %v, want ErrInUse", err)
		}
		child := command.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOpen_OtherPathOfOpenFile$")
		child.Env = append(os.Environ(), openedByChild+"="+path)
		if out, err := child.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	if err := store.Save(moved, saved); err != nil {
		t.Errorf("while it is open: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	checkAccounts(t, mustOpen(t, moved), 4)
}

// viewedByChild is an environment variable. With it, TestView_OtherPathOfOpenFile reads the file of that path.
const viewedByChild = "VINGD_SANDBOX_VIEW"

// A reader refuses a file that a sandbox has open by another name. The newest content is in a log beside that
// name. It reads the file by another path to the same directory.
func TestView_OtherPathOfOpenFile(t *testing.T) {
	if path := os.Getenv(viewedByChild); path != "" {
		fmt.Println(readEverywhere(t, path)) // for the parent
		return
	}
	dir := t.TempDir()
	first, second, link := filepath.Join(dir, "first"), filepath.Join(dir, "second"), filepath.Join(dir, "link")
	path := filepath.Join(first, "data")
	if err := errors.Join(os.Mkdir(first, 0o700), os.Symlink(second, link)); err != nil {
		t.Fatal(err)
	}
	db := mustOpen(t, path)
	insertAccount(t, db)
	read := func(path, want string) {
		t.Helper()
		if got := readEverywhere(t, path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
		checkChild(t, path, want)
	}
	read(path, "the new account")
	moved := filepath.Join(first, "moved")
	rename(t, path, moved)
	read(moved, "in use, in use, in use")
	away := filepath.Join(dir, "data")
	rename(t, moved, away)
	read(away, "in use, in use, in use")
	rename(t, away, path)
	rename(t, first, second) // with the log
	read(filepath.Join(second, "data"), "the new account")
	read(filepath.Join(link, "data"), "the new account")
	rename(t, second, first)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	rename(t, path, away)
	read(away, "the new account")
}

// checkChild compares how another process reads the file at path.
func checkChild(t *testing.T, path, want string) {
	t.Helper()
	child := command.CommandContext(t.Context(), os.Args[0], "-test.run=^TestView_OtherPathOfOpenFile$")
	child.Env = append(os.Environ(), viewedByChild+"="+path)
	if out, err := child.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), want+"\n") {
		t.Errorf("%s: in another process: got %s, %v, want %s", path, out, err, want)
	}
}

// A reader refuses a file that has replaced the one that a sandbox has open: the log at its path is that of the sandbox. It
// would put the log into the file, and remove it.
func TestView_ReplacedFile(t *testing.T) {
	path, seed := newPlace(t)
	db := mustOpen(t, path)
	exec(t, db, "INSERT INTO accounts VALUES (11, 0)")
	away := path + "-away"
	rename(t, path, away)
	rename(t, seed, path)
	before := sumsBeside(t, path)
	const refused = "in use, in use, in use"
	checkChild(t, path, refused)
	if got := readEverywhere(t, path); got != refused {
		t.Errorf("got %s, want %s", got, refused)
	}
	if after := sumsBeside(t, path); !maps.Equal(after, before) {
		t.Error("a reader has changed the files")
	}
	rename(t, path, seed)
	rename(t, away, path)
	checkAccounts(t, db, 11)
	insertAccount(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	rename(t, path, away)
	mustSave(t, path, 4)
	checkChild(t, path, "the new account")
}

// readEverywhere says how View, Save and Restore read the file at path, which has one account.
func readEverywhere(t *testing.T, path string) string {
	t.Helper()
	dir := t.TempDir()
	saved, restored := filepath.Join(dir, "saved"), filepath.Join(dir, "restored")
	outcomes := []error{store.View(path, func(tx *store.Tx) error { return nil }), store.Save(path, saved), store.Restore(path, restored)}
	if outcomes[0] != nil || outcomes[1] != nil || outcomes[2] != nil {
		var words []string
		for _, err := range outcomes {
			word := fmt.Sprint(err)
			if errors.Is(err, store.ErrInUse) {
				word = "in use"
			}
			words = append(words, word)
		}
		return strings.Join(words, ", ")
	}
	for _, path := range []string{path, saved, restored} {
		accounts := 0
		if err := store.View(path, func(tx *store.Tx) error {
			return tx.Get("SELECT COUNT(*) FROM accounts WHERE uid = 4", nil, &accounts)
		}); err != nil || accounts != 1 {
			return fmt.Sprintf("%s: %d new accounts, %v", path, accounts, err)
		}
	}
	return "the new account"
}

func insertAccount(t *testing.T, db *store.DB) {
	t.Helper()
	exec(t, db, "INSERT INTO accounts VALUES ((SELECT MAX(uid) FROM accounts) + 1, 0)")
}

// A process that is started at the moment has the open files of this one until its program runs. The locks end with Close.
func TestClose_FilesOfStartedProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	db := mustOpen(t, path)
	const open = "/proc/self/fd"
	entries, err := os.ReadDir(open)
	if err != nil {
		t.Skip(err)
	}
	copied := 0
	for _, entry := range entries {
		name, _ := os.Readlink(filepath.Join(open, entry.Name()))
		fd, err := strconv.Atoi(entry.Name())
		if err != nil || name != path && name != filepath.Dir(path) {
			continue
		}
		inherited, err := syscall.Dup(fd)
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(inherited) //nolint:errcheck // nothing was written
		copied++
	}
	if copied == 0 {
		t.Fatal("no file is open")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = store.Open(path); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
