package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// temporaries returns the temporary files that SQLite has open in this process.
func temporaries() (all []string) {
	descriptors, _ := filepath.Glob("/proc/self/fd/*")
	for _, d := range descriptors {
		if name, err := os.Readlink(d); err == nil && strings.Contains(name, "etilqs_") {
			all = append(all, name)
		}
	}
	return all
}

// sorted sorts more than the cache holds. It returns an error if SQLite sorts in a file.
func sorted(tx *store.Tx) error {
	var found []string
	var once sync.Once
	_, err := store.All(tx, func(row store.Row) (length int, err error) {
		once.Do(func() { found = temporaries() })
		err = row.Scan(&length)
		return length, err
	}, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
		SELECT length(b) FROM (SELECT randomblob(4000) AS b FROM n ORDER BY b)`)
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("SQLite sorts in %v", found)
	}
	return err
}

// changed changes rows in a way that can be undone within a transaction. It returns an error if SQLite keeps the old ones in a file.
func changed(tx *store.Tx) error {
	if _, err := tx.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
		INSERT INTO accounts SELECT i + 10, 0 FROM n`); err != nil {
		return err
	}
	return tx.Alone(func() error {
		_, err := tx.Exec("UPDATE accounts SET balance = 1 WHERE uid > 3")
		if found := temporaries(); err == nil && len(found) > 0 {
			err = fmt.Errorf("SQLite keeps a journal in %v", found)
		}
		return err
	})
}

// SQLite has no temporary files: the image of the sandbox has no directory for them.
func TestDB_NoTemporaryFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	file, memory := mustOpen(t, path), mustOpen(t, "")
	for name, err := range map[string]error{
		"the file's writer":       file.Transact(sorted),
		"the file's journal":      file.Transact(changed),
		"the file's reader":       file.View(sorted),
		"another process":         store.View(path, sorted),
		"the memory's writer":     memory.Transact(sorted),
		"the memory's journal":    memory.Transact(changed),
		"the memory's large copy": memory.View(sorted),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
