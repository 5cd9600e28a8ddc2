package store

import (
	"strconv"
	"strings"
)

// A List selects rows of a table by conditions, in an order, and of those the first and the last so many.
type List struct {
	// Order are the columns to order by, one at least. They tell any two rows apart.
	Order []string
	// First and Last bound how many rows there are from either end: a row is within both. Nil is no bound.
	First, Last *int64

	conditions []string
	args       []any
	table      string
	columns    string
}

// From returns the list with the table that it is of, and what is wanted of each row.
func (l List) From(table, columns string) List {
	l.table, l.columns = table, columns
	return l
}

// Where adds a condition: a column, an operator and what is on its right.
func (l *List) Where(column, operator string, value any) {
	l.conditions = append(l.conditions, column+" "+operator+" "+l.arg(value))
}

// arg adds an argument, and returns how the statement names it.
func (l *List) arg(value any) string {
	l.args = append(l.args, value)
	return "$" + strconv.Itoa(len(l.args))
}

// Listed returns what scan makes of each row of a list. It reads no rows but those.
func Listed[T any](t *Tx, scan func(Row) (T, error), l List) ([]T, error) {
	text, args := l.statement()
	return All(t, scan, text, args...)
}

// statement returns the list's query. Only columns and operators are written into it, never a value:
// so there are few different ones.
func (l List) statement() (text string, args []any) {
	up, down := strings.Join(l.Order, ", "), strings.Join(l.Order, " DESC, ")+" DESC"
	filtered := l.table
	if len(l.conditions) > 0 {
		filtered += " WHERE " + strings.Join(l.conditions, " AND ")
	}
	switch {
	case l.Last != nil && l.First != nil:
		filtered = l.table + " WHERE id IN (SELECT id FROM (SELECT id FROM " + filtered + " ORDER BY " + up + " LIMIT " + l.arg(*l.First) + ") AS firsts)" +
			" AND id IN (SELECT id FROM (SELECT id FROM " + filtered + " ORDER BY " + down + " LIMIT " + l.arg(*l.Last) + ") AS lasts)"
	case l.Last != nil:
		filtered = "(SELECT * FROM " + filtered + " ORDER BY " + down + " LIMIT " + l.arg(*l.Last) + ") AS lasts"
	}
	text = "SELECT " + l.columns + " FROM " + filtered + " ORDER BY " + up
	if l.First != nil && l.Last == nil {
		text += " LIMIT " + l.arg(*l.First)
	}
	return text, l.args
}
