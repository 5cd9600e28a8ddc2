package store

import (
	"reflect"

	sqlite3 "modernc.org/sqlite/lib"
)

// Plan returns how SQLite reads a page of the list, which is not read by blocks.
func (l *List) Plan(t *Tx) ([]string, error) {
	text, args := l.pageQuery(betweenIDs, []any{0, int64(1) << 40}, chunk, upward)
	return All(t, func(row Row) (detail string, err error) {
		var id, parent, unused int
		err = row.Scan(&id, &parent, &unused, &detail)
		return detail, err
	}, "EXPLAIN QUERY PLAN "+text, args...)
}

// Replanned returns how often SQLite planned a prepared statement again.
func (db *DB) Replanned() (int, error) { return db.count(sqlite3.SQLITE_STMTSTATUS_REPREPARE) }

// Steps returns how many instructions SQLite has run for the prepared statements.
func (db *DB) Steps() (int, error) { return db.count(sqlite3.SQLITE_STMTSTATUS_VM_STEP) }

// count adds up a counter of the prepared statements.
func (db *DB) count(counter int32) (n int, err error) {
	err = db.conn.Raw(func(conn any) error {
		driver := reflect.ValueOf(conn).Elem()
		thread := driver.FieldByName("tls")
		thread = reflect.NewAt(thread.Type(), thread.Addr().UnsafePointer()).Elem() // as if it were exported
		call := func(f any, args ...any) reflect.Value {
			values := []reflect.Value{thread}
			for _, arg := range args {
				values = append(values, reflect.ValueOf(arg))
			}
			return reflect.ValueOf(f).Call(values)[0]
		}
		handle := uintptr(driver.FieldByName("db").Uint())
		for statement := uintptr(0); ; {
			statement = uintptr(call(sqlite3.Xsqlite3_next_stmt, handle, statement).Uint())
			if statement == 0 {
				return nil
			}
			n += int(call(sqlite3.Xsqlite3_stmt_status, statement, counter, int32(0)).Int())
		}
	})
	return n, err
}

// Connections returns the number of open connections.
func (db *DB) Connections() (n int) {
	for _, c := range []*connection{db.conn, db.reader} {
		n += c.pool.Stats().OpenConnections
	}
	return n
}

// Reading exports reading.
var Reading = reading
