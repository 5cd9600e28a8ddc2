// Package store keeps the sandbox's state in a database of SQLite, in memory or in a file.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// A DB is an open database. It runs one transaction at a time, and is safe for concurrent use.
type DB struct {
	path  string // of the file, or empty
	owner *owner // of the file, or nil
	held  *claim // of the file, or nil
	pool  *sql.DB

	mu   sync.Mutex
	conn *connection
}

// A connection is one connection to a database.
type connection struct {
	*sql.Conn

	// prepared holds each statement that was ever run, by its text.
	prepared map[string]*sql.Stmt
}

// Open opens the data file at path, which it creates if there is none. If path is empty, it opens a new database in memory.
// It returns [ErrInUse] if another sandbox has the file open, and an error if the file is not a data file of this version.
func Open(path string) (*DB, error) {
	ctx := context.Background()
	db := &DB{}
	if err := db.open(ctx, path); err != nil {
		return nil, errors.Join(named(path, err), db.Close())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, path string) (err error) {
	address := memory
	if path != "" {
		if address, err = db.claim(ctx, path); err != nil {
			return err
		}
	}
	if db.pool, err = sql.Open("sqlite", address); err != nil {
		return err
	}
	// The one connection stays open until Close: a database in memory ends with its connection.
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		return err
	}
	db.conn = &connection{conn, make(map[string]*sql.Stmt)}
	if path == "" {
		return build(ctx, conn)
	}
	return nil
}

// claim locks a file for this database, and returns the address to connect to.
func (db *DB) claim(ctx context.Context, path string) (string, error) {
	var err error
	if db.path, err = resolve(path); err != nil {
		return "", err
	}
	if db.owner, err = own(ctx, db.path); err != nil {
		return "", err
	}
	if err := create(ctx, db.path); err != nil {
		return "", err
	}
	if err := identify(ctx, db.path); err != nil {
		return "", err
	}
	if db.held, err = claimFile(db.path); err != nil {
		return "", err
	}
	return address(db.path, foreignKeys, immediate, patient, journaled, durable, cached), nil
}

// Close closes the database. The content of a database in memory is lost.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	var err error
	if db.conn != nil {
		err = db.conn.close()
	}
	if db.pool != nil {
		err = errors.Join(err, db.pool.Close())
	}
	if db.held != nil {
		err = errors.Join(err, db.held.release()) // after SQLite has closed the file
		db.held = nil
	}
	if db.owner != nil {
		err = errors.Join(err, db.owner.release())
		db.owner = nil
	}
	return err
}

// close closes the statements and the connection. If a statement stayed open, SQLite would not move the content of its log
// into the file.
func (c *connection) close() error {
	var err error
	for _, statement := range c.prepared {
		err = errors.Join(err, statement.Close())
	}
	clear(c.prepared)
	return errors.Join(err, ignore(c.Close(), sql.ErrConnDone))
}

// Transact runs f in a transaction. No other transaction runs at the same time. If f returns an error, all changes of f are
// undone. Otherwise they are committed. A file keeps them even if the process is killed or the machine loses power.
func (db *DB) Transact(f func(*Tx) error) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.conn.transact(f)
}

func (c *connection) transact(f func(*Tx) error) error {
	tx, err := c.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // Rollback has no effect after Commit
	t := &Tx{conn: c}
	if err := f(t); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	for _, committed := range t.committed {
		committed()
	}
	return nil
}

func named(path string, err error) error {
	if path == "" {
		path = "database in memory"
	}
	return fmt.Errorf("%s: %w", path, err)
}
