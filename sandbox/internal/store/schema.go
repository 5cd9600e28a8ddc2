package store

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
)

//go:embed schema.sql
var schema string

// The header of a data file holds the id of the program and the version of the schema.
const (
	applicationID = 0x56_49_4e_47 // "VING"
	version       = 2
)

// tables returns the sandbox's tables. A table comes before those that it refers to.
func tables() []string {
	return []string{
		"voucher_log", "vouchers", "purchases", "orders", "objects", "huids", "user_identities", "user_permissions",
		"user_flags", "users", "transfers", "accounts", "state",
	}
}

// build creates the tables of an empty database, entirely or not at all.
func build(ctx context.Context, conn *sql.Conn) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // Rollback has no effect after Commit
	text := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; %s", applicationID, version, schema)
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	return tx.Commit()
}

// Reset empties the database: its content is that of a new one.
func (t *Tx) Reset() error {
	// To drop a row of users, SQLite looks for the users that have it as their delegate. Without an index it would read all.
	if _, err := t.Exec("CREATE INDEX users_delegate ON users (delegate)"); err != nil {
		return err
	}
	for _, table := range tables() {
		if _, err := t.Exec("DROP TABLE " + table); err != nil {
			return err
		}
	}
	_, err := t.conn.ExecContext(context.Background(), schema)
	return err
}
