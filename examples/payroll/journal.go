package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/vingd/vingd-api-go/vingd"
)

// A journal remembers which rewards were sent, and which are paid. What it was told is on the disk when it returns. Only
// one process at a time has it open: a job that is killed lets go of it.
type journal struct{ db *sql.DB }

// An entry is what the journal knows of a reward.
type entry struct {
	sent time.Time // when it was sent first; zero when it was not
	paid bool
}

const (
	createTable = `BEGIN EXCLUSIVE;
		CREATE TABLE IF NOT EXISTS rewards (reference TEXT PRIMARY KEY, sent INTEGER NOT NULL, transfer INTEGER);
		COMMIT`
	selectEntry = "SELECT sent, transfer IS NOT NULL FROM rewards WHERE reference = $1"
	insertEntry = "INSERT INTO rewards (reference, sent) VALUES ($1, $2) ON CONFLICT DO NOTHING"
	updateEntry = "UPDATE rewards SET transfer = $2 WHERE reference = $1"
)

// openJournal opens the journal in a file, which it creates if there is none.
func openJournal(ctx context.Context, path string) (*journal, error) {
	pragmas := url.Values{"_pragma": {"locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: pragmas.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // which holds the lock
	if _, err := db.ExecContext(ctx, createTable); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: is there another job? %w", path, err), db.Close())
	}
	return &journal{db}, nil
}

func (j *journal) close() error { return j.db.Close() }

// find returns what is known of a reward.
func (j *journal) find(ctx context.Context, reference string) (e entry, err error) {
	var sent int64
	err = j.db.QueryRowContext(ctx, selectEntry, reference).Scan(&sent, &e.paid)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return entry{}, nil
	case err != nil:
		return entry{}, err
	}
	e.sent = time.UnixMicro(sent)
	return e, nil
}

// sending writes down that a reward is about to be sent. The time of the first attempt stands.
func (j *journal) sending(ctx context.Context, reference string, at time.Time) error {
	_, err := j.db.ExecContext(ctx, insertEntry, reference, at.UnixMicro())
	return err
}

// paid writes down that a reward is paid, also when the job is told to end meanwhile.
func (j *journal) paid(ctx context.Context, reference string, by vingd.TransferID) error {
	_, err := j.db.ExecContext(context.WithoutCancel(ctx), updateEntry, reference, int64(by))
	return err
}
