package store_test

import (
	"errors"
	"os"
	command "os/exec"
	"path/filepath"
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

func insertAccount(t *testing.T, db *store.DB) {
	t.Helper()
	exec(t, db, "INSERT INTO accounts VALUES ((SELECT MAX(uid) FROM accounts) + 1, 0)")
}
