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
	place *place // of the file, or nil

	mu     sync.Mutex
	conn   *connection // or nil if the database is closed, or its log is gone
	closed bool

	// reader is a second connection to a file, for [DB.View]. It is open as long as conn: a later connection could reach another
	// file at the path.
	viewing sync.Mutex
	reader  *connection
}

// A connection is one connection to a database.
type connection struct {
	*sql.Conn

	pool *sql.DB // of this connection
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
	if path == "" {
		// A database in memory ends with its connection.
		if db.conn, err = connect(ctx, memory); err != nil {
			return err
		}
		return build(ctx, db.conn.Conn)
	}
	if err := db.claim(ctx, path); err != nil {
		return err
	}
	return db.connect(ctx)
}

// claim locks a file for this database.
func (db *DB) claim(ctx context.Context, path string) (err error) {
	if db.path, err = resolve(path); err != nil {
		return err
	}
	if db.owner, err = own(ctx, db.path); err != nil {
		return err
	}
	if err := create(ctx, db.path); err != nil {
		return err
	}
	if err := identify(ctx, db.path); err != nil {
		return err
	}
	if db.held, err = claimFile(db.path); err != nil {
		return err
	}
	db.place, err = placeOf(db.path) // before SQLite opens the file
	return err
}

// connect opens one connection to a database. Its pool never opens another one.
func connect(ctx context.Context, address string) (*connection, error) {
	pool, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	return only(ctx, pool)
}

// only returns a pool's one connection, and closes the pool if there is none. The connection has no temporary files: an image from
// scratch has no directory for them.
func only(ctx context.Context, pool *sql.DB) (*connection, error) {
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA temp_store = MEMORY"); err != nil {
		return nil, errors.Join(err, conn.Close(), pool.Close())
	}
	return &connection{conn, pool, make(map[string]*sql.Stmt)}, nil
}

// Close closes the database. The content of a database in memory is lost. Close returns [ErrMoved] if the file is no longer at
// its path. All rows are in the file nevertheless, wherever it is.
func (db *DB) Close() error {
	db.viewing.Lock()
	defer db.viewing.Unlock()
	db.mu.Lock()
	defer db.mu.Unlock()
	db.closed = true
	err := db.disconnect()
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
	return errors.Join(err, ignore(c.Close(), sql.ErrConnDone), c.pool.Close())
}

// Transact runs f in a transaction. No other transaction runs at the same time. If f returns an error, all changes of f are
// undone. Otherwise they are committed. A file keeps them even if the process is killed or the machine loses power. Transact
// returns [ErrMoved] if the file is no longer at its path.
func (db *DB) Transact(f func(*Tx) error) error {
	return db.withLog(func() error {
		db.mu.Lock()
		defer db.mu.Unlock()
		if err := db.ready(); err != nil {
			return err
		}
		return db.conn.transact(f)
	})
}

// ready returns an error unless the database is open and at its place. Its caller holds mu or viewing.
func (db *DB) ready() error {
	if db.closed {
		return sql.ErrConnDone
	}
	return db.place.check()
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
