package store

import (
	"context"
	"database/sql"
	"errors"
)

// A Tx is a transaction. It is valid until the function that received it returns.
type Tx struct {
	conn      *connection
	changed   bool
	committed []func()
}

// Changed reports whether the transaction may have changed something.
func (t *Tx) Changed() bool { return t.changed }

// Committed registers f to run after the transaction is committed and before another begins.
func (t *Tx) Committed(f func()) { t.committed = append(t.committed, f) }

// A Row is a row that a query found.
type Row interface {
	// Scan copies the row's columns. It returns [sql.ErrNoRows] if the query found no row.
	Scan(into ...any) error
}

// Exec runs a statement, and returns the number of rows that it changed.
func (t *Tx) Exec(text string, args ...any) (changed int64, err error) {
	statement, err := t.prepare(text)
	if err != nil {
		return 0, err
	}
	t.changed = true
	result, err := statement.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Get runs a query, and scans its first row. It returns [sql.ErrNoRows] if there is none.
func (t *Tx) Get(text string, args []any, into ...any) error {
	statement, err := t.prepare(text)
	if err != nil {
		return err
	}
	return statement.QueryRowContext(context.Background(), args...).Scan(into...)
}

// Find runs a query, and returns its first row, converted by scan. ok reports whether there is a row.
func Find[T any](t *Tx, scan func(Row) (T, error), text string, args ...any) (found T, ok bool, err error) {
	statement, err := t.prepare(text)
	if err != nil {
		return found, false, err
	}
	found, err = scan(statement.QueryRowContext(context.Background(), args...))
	if errors.Is(err, sql.ErrNoRows) {
		return found, false, nil
	}
	return found, err == nil, err
}

// All runs a query, and returns its rows, converted by scan.
func All[T any](t *Tx, scan func(Row) (T, error), text string, args ...any) (all []T, err error) {
	statement, err := t.prepare(text)
	if err != nil {
		return nil, err
	}
	rows, err := statement.QueryContext(context.Background(), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err returns the error
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Alone runs f within the transaction. If f returns an error, Alone undoes the changes of f, and no others.
func (t *Tx) Alone(f func() error) error {
	if _, err := t.Exec("SAVEPOINT alone"); err != nil {
		return err
	}
	failed := f()
	if failed != nil {
		if _, err := t.Exec("ROLLBACK TO SAVEPOINT alone"); err != nil {
			return errors.Join(err, failed)
		}
	}
	if _, err := t.Exec("RELEASE SAVEPOINT alone"); err != nil {
		return errors.Join(err, failed)
	}
	return failed
}

// prepare returns the statement with this text, prepared on the connection of the transaction.
func (t *Tx) prepare(text string) (*sql.Stmt, error) {
	if statement, ok := t.conn.prepared[text]; ok {
		return statement, nil
	}
	statement, err := t.conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	t.conn.prepared[text] = statement
	return statement, nil
}

// Next returns the next number of a counter.
func (t *Tx) Next(counter string) (n int64, err error) {
	t.changed = true
	err = t.Get("UPDATE state SET value = value + 1 WHERE name = $1 RETURNING value", []any{counter}, &n)
	return n, err
}

// State returns a value of the state.
func (t *Tx) State(name string) (value int64, err error) {
	err = t.Get("SELECT value FROM state WHERE name = $1", []any{name}, &value)
	return value, err
}

// SetState sets a value of the state.
func (t *Tx) SetState(name string, value int64) error {
	_, err := t.Exec("UPDATE state SET value = $2 WHERE name = $1", name, value)
	return err
}
