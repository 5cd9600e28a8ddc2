package store_test

import (
	"os"
	"testing"
)

// A reader refuses a file whose newest rows are in a log that was deleted, until the sandbox has another log.
func TestView_LogGone(t *testing.T) {
	for _, log := range []string{"-wal", "-shm"} {
		path, _ := newPlace(t)
		db := mustOpen(t, path)
		insertAccount(t, db)
		checkChild(t, path, "the new account")
		if err := os.Remove(path + log); err != nil {
			t.Fatal(err)
		}
		const refused = "in use, in use, in use"
		checkChild(t, path, refused)
		if got := readEverywhere(t, path); got != refused {
			t.Errorf("%s: got %s, want %s", log, got, refused)
		}
		checkAccounts(t, db, 4)
		checkChild(t, path, "the new account")
		if got := readEverywhere(t, path); got != "the new account" {
			t.Errorf("%s: got %s", log, got)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		checkChild(t, path, "the new account")
	}
}
