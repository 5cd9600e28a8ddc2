// Package postgres keeps the journal of a paywall in PostgreSQL, for several processes that serve the same buyers.
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL")) // or another driver of database/sql
//	...
//	err = postgres.Migrate(ctx, db)
//	...
//	journal, err := postgres.Open(ctx, db)
//
// A journal belongs to one account at one broker; see [paywall.Journal]. Give each of them a database, or a schema that the URL
// names by search_path. The schema must exist before Migrate is called.
//
// The program brings the driver. The package is tested with github.com/jackc/pgx/v5/stdlib and github.com/lib/pq.
//
// A failover to a replica that lags loses changes, and buyers may lose what they have paid for. Set
// synchronous_standby_names, so that a change is on a replica when it is acknowledged.
//
// Each call returns when its context ends, whatever the driver does. While the server is silent, a driver such as lib/pq keeps
// the connection of such a call: limit their number by [sql.DB.SetMaxOpenConns].
//
// Each operation is one statement of its own. The database may be behind PgBouncer in transaction mode.
package postgres

import (
	"context"
	"database/sql"
	_ "embed" // for Migration
	"errors"
	"fmt"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Migration is the SQL by which [Migrate] makes the tables, for those who run migrations themselves.
//
//go:embed migration.sql
var Migration string

// format is the format of the tables, as the migration stores it.
const format = 2

// migrationLock is an arbitrary number that only migrations of this package lock.
const migrationLock = 0x76696e6764

// Migrate makes the tables, unless they are there. Several processes may call it at once.
func Migrate(ctx context.Context, db *sql.DB) error {
	if _, err := within(ctx, func() (any, error) { return nil, migrate(ctx, db) }); err != nil {
		return fmt.Errorf("paywall: postgres: migrating: %w", err)
	}
	return nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it is over after a commit
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, Migration); err != nil {
		return err
	}
	return tx.Commit()
}

// A Journal is a [paywall.Journal] in PostgreSQL.
type Journal struct{ db *sql.DB }

var _ paywall.Journal = (*Journal)(nil)

// Open returns the journal in a database that [Migrate] has prepared.
//
// It returns an error if the tables are missing or of another format. It also returns an error if synchronous_commit is
// off: a crash of the server could then lose a change that it has acknowledged. The encoding of the database must be UTF8:
// another one cannot keep every context.
func Open(ctx context.Context, db *sql.DB) (*Journal, error) {
	if db == nil {
		return nil, errors.New("paywall: postgres: the database is nil")
	}
	if _, err := within(ctx, func() (any, error) { return nil, check(ctx, db) }); err != nil {
		return nil, fmt.Errorf("paywall: postgres: %w", err)
	}
	return &Journal{db}, nil
}

// check returns an error unless a database can keep a journal.
func check(ctx context.Context, db *sql.DB) error {
	var synchronous, encoding string
	const settings = "SELECT current_setting('synchronous_commit'), current_setting('server_encoding')"
	if err := db.QueryRowContext(ctx, settings).Scan(&synchronous, &encoding); err != nil {
		return err
	}
	if synchronous == "off" {
		return errors.New("synchronous_commit off: must be on, local, remote_write or remote_apply")
	}
	if encoding != "UTF8" && encoding != "SQL_ASCII" {
		return fmt.Errorf("server_encoding %s: must be UTF8", encoding)
	}
	var found int
	if err := db.QueryRowContext(ctx, "SELECT format FROM vingd_paywall_meta").Scan(&found); err != nil {
		return fmt.Errorf("reading the format (does the program call Migrate?): %w", err)
	}
	if found != format {
		return fmt.Errorf("format %d: must be %d; use the version of this package that made the tables", found, format)
	}
	return nil
}
