package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A block is 8192 ids. In an index that has the block before a time, one lookup finds whether a block has a match.
const blockBits = 13

// pageBlocks is the number of blocks after which a page ends, if it has an id by then. With few matches in each block, a page
// of one block would have few ids.
const pageBlocks = 32

// betweenIDs bounds the ids of a page that is not read by blocks.
const betweenIDs = "id > $%d AND id < $%d"

// An order says which ids a page has if there are more than it may have.
type order int

const (
	upward    order = iota // those next to the lower bound
	downward               // those next to the upper bound
	unordered              // any: SQLite does not look at the others
)

func (o order) String() string { return [...]string{" ORDER BY id", " ORDER BY id DESC", ""}[o] }

// read returns up to n ids between two bounds, sorted. It returns no ids only if there are none. ended reports whether there are
// no more.
func (l *List) read(t *Tx, low, high int64, n int, by order) (ids []int64, ended bool, err error) {
	if low+1 >= high {
		return nil, true, nil
	}
	if !l.blocks {
		ids, err = l.readPage(t, betweenIDs, []any{low, high}, n, by)
		return ids, len(ids) < n, err
	}
	block, last := (low+1)>>blockBits, (high-1)>>blockBits
	down := by == downward
	if down {
		block, last = last, block
	}
	for blocks := 1; ; blocks++ {
		// The plus keeps SQLite from looking the id up instead of the block.
		found, err := l.readPage(t, "block = $%d AND +id > $%d AND +id < $%d", []any{block, low, high}, n, by)
		if err != nil {
			return nil, false, err
		}
		if n -= len(found); down {
			ids = append(found, ids...)
		} else {
			ids = append(ids, found...)
		}
		if ended = block == last && n > 0; ended || n == 0 || blocks >= pageBlocks && len(ids) > 0 {
			return ids, ended, nil
		}
		if block, err = l.nextBlock(t, block, last, down); err != nil {
			return nil, false, err
		}
	}
}

// readPage returns the ids of one page, in order.
func (l *List) readPage(t *Tx, bounds string, args []any, n int, by order) (ids []int64, err error) {
	text, args := l.pageQuery(bounds, args, n, by)
	var found string
	if err := t.Get("SELECT json_group_array(id) FROM ("+text+")", args, &found); err != nil {
		return nil, err
	}
	err = json.Unmarshal([]byte(found), &ids)
	slices.Sort(ids)
	return ids, err
}

// pageQuery returns a query for the ids of one page, with its arguments. SQLite would plan the query again for each number in
// the LIMIT, if there were no plus before it.
func (l *List) pageQuery(bounds string, args []any, n int, by order) (string, []any) {
	args = append(slices.Concat(l.args, args), n)
	return fmt.Sprintf("SELECT id FROM %s WHERE %s%s%s LIMIT +$%d", l.table, numbered(bounds, len(l.args)), l.conditions, by, len(args)), args
}

// nextBlock returns the first block with a match between block and last, or last if there is none.
func (l *List) nextBlock(t *Tx, block, last int64, down bool) (next int64, err error) {
	step, furthest := "n + 1", "MAX"
	if down {
		step, furthest = "n - 1", "MIN"
	}
	text := fmt.Sprintf(`WITH RECURSIVE blocks (n) AS (SELECT $%[1]d + 0 UNION ALL
		SELECT %[3]s FROM blocks WHERE n <> $%[2]d AND NOT EXISTS (SELECT 1 FROM %[4]s WHERE block = n%[5]s)) SELECT %[6]s(n) FROM blocks`,
		len(l.args)+1, len(l.args)+2, step, l.table, l.conditions, furthest)
	first := block + 1
	if down {
		first = block - 1
	}
	err = t.Get(text, append(slices.Clone(l.args), first, last), &next)
	return next, err
}

// numbered replaces each %d of a condition by the number of an argument. The numbers begin after the given one.
func numbered(condition string, after int) string {
	numbers := make([]any, strings.Count(condition, "%d"))
	for i := range numbers {
		numbers[i] = after + i + 1
	}
	return fmt.Sprintf(condition, numbers...)
}

// since returns the first id whose time is at or after a time. In the column, a row with a higher id must not have an
// earlier time. If there is no such id, since returns the next id that will be given out, or a later one.
func (l *List) since(t *Tx, column string, at int64) (id int64, err error) {
	low, high := int64(1), int64(0)
	if err := t.Get("SELECT COALESCE(MAX(id), 0) + 1 FROM "+l.table, nil, &high); err != nil {
		return 0, err
	}
	next := "SELECT id, " + column + " FROM " + l.table + " WHERE id >= $1 ORDER BY id LIMIT 1"
	for low < high {
		middle := low + (high-low)/2
		var found, its int64
		if err := t.Get(next, []any{middle}, &found, &its); err != nil {
			return 0, err
		}
		if its >= at {
			high = middle
		} else {
			low = found + 1
		}
	}
	return low, nil
}

// Rows returns the rows of a table that have these ids, converted by scan and ordered by the column order.
func Rows[T any](t *Tx, scan func(Row) (T, error), table, columns, order string, ids []int64) ([]T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	written := []byte{'['}
	for _, id := range ids {
		written = append(strconv.AppendInt(written, id, 10), ',')
	}
	written[len(written)-1] = ']'
	text := "SELECT " + columns + " FROM " + table + " WHERE id IN (SELECT value FROM json_each($1)) ORDER BY " + order
	return All(t, scan, text, string(written))
}
