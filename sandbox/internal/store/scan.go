package store

import (
	"database/sql"
	"errors"
	"slices"
)

// A Scan selects rows of a table in the order of an index, which begins with a text that is another in each row and has all
// columns that the scan is narrowed by. It reads the whole index, some thousand entries at a time.
type Scan struct {
	Where

	table, index, column string

	after string
}

// NewScan returns a scan of a table by an index, in order of its first column.
func NewScan(table, index, column string) *Scan {
	return &Scan{table: table, index: index, column: column}
}

// scanned is how many entries of the index are read at a time.
const scanned = 4096

// NextRows returns what scan makes of the next rows, of which text returns the first column of the index, and whether there
// may be more. There may be none yet.
func NextRows[T any](t *Tx, s *Scan, columns string, scan func(Row) (T, error), text func(T) string) (rows []T, more bool, err error) {
	from := " FROM " + s.table + " INDEXED BY " + s.index + " WHERE " + s.column + " > "
	end := "\U0010ffff"
	err = t.Get("SELECT "+s.column+from+"$1 ORDER BY "+s.column+" LIMIT 1 OFFSET $2", []any{s.after, scanned}, &end)
	if more = err == nil; !more && !errors.Is(err, sql.ErrNoRows) {
		return nil, false, err
	}
	n := len(s.args)
	rows, err = All(t, scan, "SELECT "+columns+from+placeholder(n+1)+" AND "+s.column+" <= "+placeholder(n+2)+s.conditions+
		" ORDER BY "+s.column+" LIMIT "+placeholder(n+3), append(slices.Clone(s.args), s.after, end, chunk)...)
	if err != nil {
		return nil, false, err
	}
	if s.after = end; len(rows) == chunk {
		s.after, more = text(rows[chunk-1]), true
	}
	return rows, more, nil
}
