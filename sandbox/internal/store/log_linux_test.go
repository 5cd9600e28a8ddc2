package store_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
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

// A reader that loses the log while it reads may see old pages and new ones. It does not take them for damage.
func TestReading_LogReplaced(t *testing.T) {
	for _, lost := range [][]string{nil, {"-wal"}, {"-shm"}, {"-wal", "-shm"}} {
		path, _ := newPlace(t)
		db := mustOpen(t, path)
		insertAccount(t, db)
		err := store.Reading(path, func(context.Context) error {
			for _, log := range lost {
				if err := os.Remove(path + log); err != nil {
					t.Fatal(err)
				}
			}
			checkAccounts(t, db, 4) // the database goes on with another log
			return store.Fault("account 4 is wrong")
		})
		if isFault := errors.As(err, new(store.Fault)); err == nil || isFault != (lost == nil) {
			t.Errorf("without %v: got %v", lost, err)
		}
	}
}
