package store

import "io/fs"

// OpenWith is [Open] with other migrations.
func OpenWith(path string, migrations fs.FS) (*DB, error) { return open(path, migrations) }

// Statement returns a list's query.
func (l List) Statement() (text string, args []any) { return l.statement() }
