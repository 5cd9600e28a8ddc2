package store

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
)

//go:embed schema.sql
var schema string

// A data file says in its header what it is: the program that it is of, and the version of its schema.
const (
	applicationID = 0x56_49_4e_47 // "VING"
	version       = 2
)

// tables returns the sandbox's tables, each before those that it refers to.
func tables() []string {
	return []string{
		"voucher_log", "vouchers", "purchases", "orders", "objects", "huids", "user_identities", "user_permissions",
		"user_flags", "users", "transfers", "accounts", "state",
	}
}

// build makes the tables of an empty database, entirely or not at all.
func build(ctx context.Context, conn *sql.Conn) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it has no effect once the transaction is committed
	text := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; %s", applicationID, version, schema)
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	return tx.Commit()
}

// Reset makes the database as it was when it was new.
func (t *Tx) Reset() error {
	for _, table := range tables() {
		if _, err := t.Exec("DROP TABLE " + table); err != nil {
			return err
		}
	}
	_, err := t.conn.ExecContext(context.Background(), schema)
	return err
}
