// Package store keeps the sandbox's state in a SQL database: SQLite, in memory or in a file.
//
// What is particular to SQLite is in sqlite.go. Every other statement of the sandbox is SQL that PostgreSQL understands too.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// A DB is an open database. It makes one transaction at a time, and is safe for concurrent use.
type DB struct {
	pool *sql.DB

	mu   sync.Mutex
	conn *sql.Conn
	// prepared holds, by its text, each statement that was ever run.
	prepared map[string]*sql.Stmt
}

// Open opens the database in the file at path, which it creates if there is none, or for an empty path a new one in memory.
// It brings a file of an older version up to date, and refuses one of a newer version.
func Open(path string) (*DB, error) { return open(path, schema()) }

func open(path string, migrations fs.FS) (*DB, error) {
	ctx := context.Background()
	pool, err := connect(path)
	if err != nil {
		return nil, err
	}
	// The one connection stays open as long as the database: with it, a database in memory would go.
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(named(path, err), pool.Close())
	}
	db := &DB{pool: pool, conn: conn, prepared: make(map[string]*sql.Stmt)}
	if err := migrate(ctx, conn, migrations); err != nil {
		return nil, errors.Join(named(path, err), db.Close())
	}
	return db, nil
}

// Close closes the database. What is in a file stays there, and what is in memory is gone.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	var err error
	for _, statement := range db.prepared {
		// One that stays open would keep SQLite from moving what is in the log into the file.
		err = errors.Join(err, statement.Close())
	}
	clear(db.prepared)
	return errors.Join(err, ignoreClosed(db.conn.Close()), db.pool.Close())
}

func ignoreClosed(err error) error {
	if errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

// Transact runs f in a transaction, alone. If f returns an error nothing of what it did stays; else all of it does, and
// when it is in a file, also after the process is killed or the machine loses its power.
func (db *DB) Transact(f func(*Tx) error) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	tx, err := db.conn.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it has no effect once the transaction is committed
	if err := f(&Tx{db}); err != nil {
		return err
	}
	return tx.Commit()
}

func named(path string, err error) error {
	if path == "" {
		path = "database in memory"
	}
	return fmt.Errorf("%s: %w", path, err)
}
