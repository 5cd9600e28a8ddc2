package store

import (
	"context"
	"errors"
)

// connect opens the connections to a file, and notes the log that SQLite opens.
func (db *DB) connect(ctx context.Context) (err error) {
	if db.conn, err = connect(ctx, address(db.path, existing, foreignKeys, immediate, patient, journaled, durable, cached)); err != nil {
		return err
	}
	if db.reader, err = connect(ctx, address(db.path, existing, patient, cached, queryOnly)); err != nil {
		return err
	}
	if err := db.reader.view(func(*Tx) error { return nil }); err != nil { // SQLite opens the log
		return err
	}
	db.held.follow(db.path) // first: a log that goes in between is not remembered
	db.place.remember()
	return nil
}

// withLog runs a transaction. If the log is gone, the transaction has not begun: it runs once the database has another log.
func (db *DB) withLog(run func() error) error {
	err := run()
	if !errors.Is(err, errLogGone) {
		return err
	}
	if err := db.renewLog(); err != nil {
		return err
	}
	return run()
}

// renewLog gives a database another log, if its own is gone. SQLite still has the deleted log open, so no row is lost.
func (db *DB) renewLog() error {
	db.viewing.Lock()
	defer db.viewing.Unlock()
	db.mu.Lock()
	defer db.mu.Unlock()
	if err := db.ready(); !errors.Is(err, errLogGone) {
		return err // or another transaction was here before
	}
	if err := db.disconnect(); err != nil {
		return err
	}
	return db.connect(context.Background())
}

// disconnect closes the connections. SQLite then puts the rows of its log into the file, and removes the log. If the file or the log
// is not at its place, disconnect puts the rows into the file itself. It removes another log that is there: SQLite would put the
// rows of that one into the file.
func (db *DB) disconnect() (err error) {
	if db.conn == nil {
		return nil
	}
	found := db.place.check()
	if found != nil {
		err = db.conn.checkpoint()
	}
	if err != nil && !db.closed {
		return err // the connection still has the rows
	}
	stale := err == nil && errors.Is(found, errLogGone)
	if db.closed {
		db.held.forget() // before SQLite removes the log
	}
	if db.reader != nil {
		err = errors.Join(err, db.reader.close())
	}
	err = errors.Join(err, db.conn.close())
	db.reader, db.conn = nil, nil
	if stale {
		err = errors.Join(err, db.place.removeLogs())
	}
	return errors.Join(ignore(found, errLogGone), err)
}
