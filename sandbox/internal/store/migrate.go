package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed migrations/*.sql
var embedded embed.FS

// schema returns the migrations of the sandbox: files whose names, in order, say which version each makes of the one before.
func schema() fs.FS {
	migrations, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // the name is a valid one
	}
	return migrations
}

// migrate brings the database to the newest version, entirely or not at all.
func migrate(ctx context.Context, conn *sql.Conn, migrations fs.FS) error {
	files, err := fs.Glob(migrations, "*.sql")
	if err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it has no effect once the transaction is committed
	version, err := versionOf(ctx, tx)
	if err != nil {
		return err
	}
	if version > len(files) {
		return fmt.Errorf("is of version %d, and this program knows none above %d: it must be opened by a newer one", version, len(files))
	}
	for _, file := range files[version:] {
		text, err := fs.ReadFile(migrations, file)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("migration %s: %w", file, err)
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE schema_version SET version = $1", len(files)); err != nil {
		return err
	}
	return tx.Commit()
}

// versionOf returns the version of the database, which is 0 for an empty one. It refuses one that is somebody else's.
func versionOf(ctx context.Context, tx *sql.Tx) (version int, err error) {
	n, err := tables(ctx, tx)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		_, err := tx.ExecContext(ctx, "CREATE TABLE schema_version (version BIGINT NOT NULL); INSERT INTO schema_version VALUES (0)")
		return 0, err
	}
	if err := tx.QueryRowContext(ctx, "SELECT version FROM schema_version").Scan(&version); err != nil {
		return 0, fmt.Errorf("is no data file of a sandbox: %w", err)
	}
	return version, nil
}
