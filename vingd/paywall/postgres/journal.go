package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// batch is how many rows one statement reads or removes.
const batch = 1000

const (
	findRow   = "SELECT key, version, entry FROM vingd_paywall WHERE key = $1"
	insertRow = "INSERT INTO vingd_paywall (key, version, state, until, entry) VALUES ($1, 1, $2, $3, $4) ON CONFLICT (key) DO NOTHING"
	updateRow = "UPDATE vingd_paywall SET version = version + 1, state = $2, until = $3, entry = $4 WHERE key = $1 AND version = $5"
	deleteRow = "DELETE FROM vingd_paywall WHERE key = $1 AND version = $2"
	openRows  = "SELECT key, version, entry FROM vingd_paywall " +
		"WHERE state IN ('claimed', 'verified', 'due') AND key > $1 ORDER BY key LIMIT $2"
	purgeRows = "DELETE FROM vingd_paywall WHERE key IN (SELECT key FROM vingd_paywall " +
		"WHERE state <> 'due' AND until < $1 ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED)"
)

// Find returns the entry of a key.
func (j *Journal) Find(ctx context.Context, key paywall.Key) (paywall.Entry, error) {
	entry, err := run(ctx, func() (paywall.Entry, error) {
		return scan(j.db.QueryRowContext(ctx, findRow, key[:]))
	})
	if errors.Is(err, sql.ErrNoRows) {
		return paywall.Entry{Key: key}, nil
	}
	return entry, named(err)
}

// Swap stores an entry if the stored one has its version.
func (j *Journal) Swap(ctx context.Context, to paywall.Entry) (swapped bool, err error) {
	value, err := json.Marshal(to)
	if err != nil {
		return false, named(err)
	}
	query, args := updateRow, []any{to.Key[:], string(to.State), to.Until, string(value), to.Version}
	switch {
	case to.State == paywall.StateAbsent:
		query, args = deleteRow, []any{to.Key[:], to.Version}
	case to.Version == 0:
		query, args = insertRow, args[:4]
	}
	rows, err := j.exec(ctx, query, args...)
	return rows == 1 && err == nil, named(err)
}

// exec runs a statement, and returns how many rows it has changed.
func (j *Journal) exec(ctx context.Context, query string, args ...any) (rows int64, err error) {
	return run(ctx, func() (int64, error) {
		result, err := j.db.ExecContext(ctx, query, args...)
		if err != nil {
			return 0, err
		}
		return result.RowsAffected()
	})
}

// Unfinished returns the entries that are not final. It holds no connection while the caller uses one.
func (j *Journal) Unfinished(ctx context.Context) iter.Seq2[paywall.Entry, error] {
	return func(yield func(paywall.Entry, error) bool) {
		for after := []byte{}; ; {
			rows, err := j.unfinished(ctx, after)
			if err != nil {
				yield(paywall.Entry{}, named(err))
				return
			}
			for _, row := range rows {
				if !yield(row.entry, named(row.err)) {
					return
				}
			}
			if len(rows) < batch {
				return
			}
			after = slices.Clone(rows[len(rows)-1].entry.Key[:])
		}
	}
}

// A row is an entry, or why it cannot be read.
type row struct {
	entry paywall.Entry
	err   error
}

// unfinished returns the batch after a key.
func (j *Journal) unfinished(ctx context.Context, after []byte) ([]row, error) {
	return run(ctx, func() (all []row, err error) {
		rows, err := j.db.QueryContext(ctx, openRows, after, batch)
		if err != nil {
			return nil, err
		}
		defer rows.Close() //nolint:errcheck // Err says it
		for rows.Next() {
			entry, err := scan(rows)
			if entry.Key == (paywall.Key{}) && err != nil {
				return nil, err
			}
			all = append(all, row{entry, err})
		}
		return all, rows.Err()
	})
}

// Purge removes the entries whose Until is before a time, except those in StateDue. It skips rows that are in use: the
// next purge removes them.
func (j *Journal) Purge(ctx context.Context, before time.Time) error {
	for {
		rows, err := j.exec(ctx, purgeRows, before, batch)
		if err != nil || rows < batch {
			return named(err)
		}
	}
}

// scan reads a row. The key is set though the entry cannot be read.
func scan(from interface{ Scan(...any) error }) (paywall.Entry, error) {
	var key, value []byte
	var version int64
	if err := from.Scan(&key, &version, &value); err != nil {
		return paywall.Entry{}, err
	}
	var entry paywall.Entry
	err := json.Unmarshal(value, &entry)
	if err != nil {
		entry = paywall.Entry{}
		err = fmt.Errorf("entry %x: %w", key, err)
	}
	copy(entry.Key[:], key)
	entry.Version = version
	return entry, err
}

// run runs a statement, once more if the server has rolled it back for the sake of another one.
func run[T any](ctx context.Context, statement func() (T, error)) (T, error) {
	return within(ctx, func() (T, error) {
		for {
			value, err := statement()
			var state interface{ SQLState() string }
			if ctx.Err() != nil || !errors.As(err, &state) || state.SQLState() != "40001" && state.SQLState() != "40P01" {
				return value, err
			}
		}
	})
}

// within makes a call, and returns when ctx ends at the latest. A driver may wait for longer: lib/pq waits for the response to
// its cancel request. The result is lost then, and the call may still be done.
func within[T any](ctx context.Context, call func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ended := make(chan result, 1)
	go func() {
		value, err := call()
		ended <- result{value, err}
	}()
	select {
	case r := <-ended:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("paywall: postgres: %w", err)
}
