package store

import (
	"encoding/json"
	"strconv"
)

// A Where is a set of conditions on rows. The zero Where matches every row.
type Where struct {
	conditions string
	args       []any
	plus       string // before the columns of the conditions that are added
}

// Unindexed keeps SQLite from looking up any condition that is added later. The conditions before it find the rows, and few of
// them. Without statistics SQLite may take an index by which it reads a million rows.
func (w *Where) Unindexed() { w.plus = "+" }

// Is requires a value in a column.
func (w *Where) Is(column string, value any) { w.add(column, " = ", value, "") }

// Among requires one of a few values in a column.
func (w *Where) Among(column string, values ...any) {
	written, err := json.Marshal(values)
	if err != nil {
		panic(err) // numbers and words can always be written
	}
	w.add(column, " IN (SELECT value FROM json_each(", string(written), "))")
}

// Between requires a number in a column that is above the one bound and below the other. Nil is no bound.
func (w *Where) Between(column string, above, below *int64) {
	if above != nil {
		w.add(column, " > ", *above, "")
	}
	if below != nil {
		w.add(column, " < ", *below, "")
	}
}

func (w *Where) add(column, operator string, value any, end string) {
	w.args = append(w.args, value)
	w.conditions += " AND " + w.plus + column + operator + placeholder(len(w.args)) + end
}

func placeholder(n int) string { return "$" + strconv.Itoa(n) }
