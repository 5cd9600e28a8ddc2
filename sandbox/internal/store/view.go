package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// View runs f in a transaction that only reads. f sees the database as of the beginning of View. Other transactions run at
// the same time, except while a small database in memory is read. It returns [ErrMoved] if the file is no longer at its path.
func (db *DB) View(f func(*Tx) error) error {
	ctx := context.Background()
	if db.path != "" {
		return db.withLog(func() error { return db.viewFile(f) })
	}
	db.mu.Lock()
	if db.conn == nil {
		db.mu.Unlock()
		return sql.ErrConnDone
	}
	pages, err := pageCount(ctx, db.conn)
	if err == nil && pages <= copiedPages {
		defer db.mu.Unlock() // copying so few pages would take longer than reading them
		return db.conn.transact(f)
	}
	db.mu.Unlock()
	if err != nil {
		return err
	}
	return db.viewCopy(ctx, f)
}

// viewFile is View of a file. One view runs at a time.
func (db *DB) viewFile(f func(*Tx) error) error {
	db.viewing.Lock()
	defer db.viewing.Unlock()
	if err := db.ready(); err != nil {
		return err
	}
	viewed := db.reader.view(f)
	// The next view reads the file, and not what is left in memory of this one.
	_, err := db.reader.ExecContext(context.Background(), "PRAGMA shrink_memory")
	return errors.Join(viewed, err)
}

// View is [DB.View] of the data file at path, whether a sandbox has it open or not. It returns an error if the file is not a
// data file of this version. It neither creates nor changes the file.
func View(path string, f func(*Tx) error) error {
	whole, err := resolve(path)
	if err == nil {
		err = reading(whole, func(ctx context.Context) error { return view(ctx, whole, f) })
	}
	if err != nil {
		return named(path, err)
	}
	return nil
}

func view(ctx context.Context, path string, f func(*Tx) error) error {
	c, err := connect(ctx, address(path, existing, patient, cached, queryOnly))
	if err != nil {
		return err
	}
	return errors.Join(c.view(f), c.close())
}

// view runs f in a transaction. Its first query fixes the time as of which f sees the database.
func (c *connection) view(f func(*Tx) error) error {
	return c.transact(func(tx *Tx) error {
		var any int
		if err := tx.Get("SELECT EXISTS (SELECT 1 FROM state)", nil, &any); err != nil {
			return err
		}
		return f(tx)
	})
}

// copiedPages is the number of pages that are copied at a time. Other transactions run in between.
const copiedPages = 1024

// viewCopy is View of a database in memory, which has one connection only: f reads a copy. A change during the copying is
// made in the copy too.
func (db *DB) viewCopy(ctx context.Context, f func(*Tx) error) error {
	var backup *sqlite.Backup
	err := db.raw(func(source backuper) (err error) {
		backup, err = source.NewBackup(memory)
		return err
	})
	if err != nil {
		return err
	}
	for more := true; more && err == nil; {
		err = db.raw(func(backuper) (err error) {
			more, err = backup.Step(copiedPages)
			return err
		})
	}
	if err != nil {
		return errors.Join(err, db.raw(func(backuper) error { return backup.Finish() }))
	}
	var copied driver.Conn
	if err := db.raw(func(backuper) (err error) {
		copied, err = backup.Commit()
		return err
	}); err != nil {
		return err
	}
	c, err := only(ctx, sql.OpenDB(connected{copied}))
	if err != nil {
		return err
	}
	return errors.Join(c.view(f), c.close())
}

// A backuper is the driver's connection.
type backuper interface {
	NewBackup(to string) (*sqlite.Backup, error)
	NewRestore(from string) (*sqlite.Backup, error)
}

// raw runs f on the driver's connection. No transaction runs at the same time.
func (db *DB) raw(f func(backuper) error) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.conn == nil {
		return sql.ErrConnDone
	}
	return db.conn.raw(f)
}

func (c *connection) raw(f func(backuper) error) error {
	return c.Raw(func(conn any) error {
		b, ok := conn.(backuper)
		if !ok {
			return fmt.Errorf("the driver's connection is %T, which cannot copy a database", conn)
		}
		return f(b)
	})
}

// connected is a connector that returns an open connection.
type connected struct{ conn driver.Conn }

// Connect returns the connection.
func (c connected) Connect(context.Context) (driver.Conn, error) { return c.conn, nil }

// Driver returns the driver.
func (connected) Driver() driver.Driver { return new(sqlite.Driver) }

func pageCount(ctx context.Context, c *connection) (n int64, err error) {
	err = c.QueryRowContext(ctx, "PRAGMA page_count").Scan(&n)
	return n, err
}
