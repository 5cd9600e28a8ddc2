package store

import (
	"database/sql"
	"errors"
	"slices"
)

// A Scan selects rows of a table in the order of an index. The first column of the index is a text that is different in each
// row. The index has all columns of the scan's conditions. A Scan reads the whole index, some thousand entries at a time.
type Scan struct {
	Where

	table, index, column string

	after string
}

// NewScan returns a scan of a table by an index. column is the first column of the index.
func NewScan(table, index, column string) *Scan {
	return &Scan{table: table, index: index, column: column}
}

// scanned is the number of entries of the index that are read at a time.
const scanned = 4096

// NextRows returns the next rows, converted by scan, and whether there may be more. It may return no rows although there are
// more. text returns a row's value in the first column of the index.
func NextRows[T any](t *Tx, s *Scan, columns string, scan func(Row) (T, error), text func(T) string) (rows []T, more bool, err error) {
	from := " FROM " + s.table + " INDEXED BY " + s.index + " WHERE " + s.column + " > "
	end := "\U0010ffff"
	err = t.Get("SELECT "+s.column+from+"$1 ORDER BY "+s.column+" LIMIT 1 OFFSET $2", []any{s.after, scanned}, &end)
	if more = err == nil; !more && !errors.Is(err, sql.ErrNoRows) {
		return nil, false, err
	}
	n := len(s.args)
	// See pageQuery for the plus.
	rows, err = All(t, scan, "SELECT "+columns+from+placeholder(n+1)+" AND "+s.column+" <= "+placeholder(n+2)+s.conditions+
		" ORDER BY "+s.column+" LIMIT +"+placeholder(n+3), append(slices.Clone(s.args), s.after, end, chunk)...)
	if err != nil {
		return nil, false, err
	}
	if s.after = end; len(rows) == chunk {
		s.after, more = text(rows[chunk-1]), true
	}
	return rows, more, nil
}
