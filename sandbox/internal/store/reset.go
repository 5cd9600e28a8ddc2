package store

import (
	"context"
	"io/fs"
)

// Reset makes the database as it was when it was new.
func (t *Tx) Reset() error {
	tables, err := All(t, scanText, selectTablesYoungestFirst)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if table == "schema_version" {
			continue
		}
		if _, err := t.Exec("DROP TABLE " + table); err != nil {
			return err
		}
	}
	migrations := schema()
	files, err := fs.Glob(migrations, "*.sql")
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := fs.ReadFile(migrations, file)
		if err != nil {
			return err
		}
		if _, err := t.db.conn.ExecContext(context.Background(), string(text)); err != nil {
			return err
		}
	}
	return nil
}
