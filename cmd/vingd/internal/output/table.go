package output

import (
	"io"
	"strings"
	"unicode/utf8"
)

// held is how many rows decide the widths of a table's columns. Later rows are printed at once.
const held = 200

// A table is printed in constant memory.
type table struct {
	w      io.Writer
	bold   bool
	rows   [][]string
	widths []int // nil until they are decided
	titled bool  // the first row is the header
}

// head begins the table with the names of its columns.
func (t *table) head(names []string) error {
	t.titled = true
	upper := make([]string, len(names))
	for i, name := range names {
		upper[i] = strings.ToUpper(name)
	}
	return t.row(upper)
}

func (t *table) row(cells []string) error {
	if t.widths != nil {
		return t.print(cells, false)
	}
	t.rows = append(t.rows, cells)
	if len(t.rows) < held {
		return nil
	}
	return t.flush()
}

// flush decides the widths, and prints the rows so far.
func (t *table) flush() error {
	if len(t.rows) == 0 {
		return nil
	}
	t.widths = make([]int, len(t.rows[0]))
	for _, cells := range t.rows {
		for i, cell := range cells {
			t.widths[i] = max(t.widths[i], utf8.RuneCountInString(cell))
		}
	}
	for i, cells := range t.rows {
		if err := t.print(cells, i == 0 && t.titled && t.bold); err != nil {
			return err
		}
	}
	t.rows = nil
	return nil
}

func (t *table) print(cells []string, bold bool) error {
	var b strings.Builder
	for i, cell := range cells {
		b.WriteString(cell)
		if i < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", max(t.widths[i]-utf8.RuneCountInString(cell), 0)+2))
		}
	}
	line := strings.TrimRight(b.String(), " ")
	if bold {
		line = "\x1b[1m" + line + "\x1b[m"
	}
	_, err := io.WriteString(t.w, line+"\n")
	return err
}
