package store

import "math"

// A List selects rows of a table, in order of their ids. It reads one page of ids at a time, which takes a few milliseconds
// however many rows there are. Other transactions run between the pages. A List holds the ids of one page, and no rows.
type List struct {
	Where

	table string
	// blocks is set if the list reads the index block by block, and not in order of the ids.
	blocks bool
	// low and high bound the ids. Neither is within the bounds.
	low, high int64
	// first and last are numbers of rows, from the beginning and from the end. The list has the rows that are within both.
	// Nil is no bound.
	first, last *int64

	begun, done bool
	down        *walk   // from the end, over the rows that last counts
	up          *walk   // from the beginning, over the rows that first counts and last does not
	page        []int64 // ids that were read and not yet returned
	ended       bool    // whether page holds the last ids
}

// A walk counts rows from one end of a list: how many are left to count, and the id to go on from.
type walk struct{ left, from int64 }

// [List.Next] returns at most chunk ids, and reads at most pageSize.
const (
	chunk    = 256
	pageSize = 8192
)

// From returns a list of all rows of a table, or of those that first and last count. The conditions of the list need an
// index on their columns:
//   - If blocks is set, the index has the column block too, and the column of [Where.Between] is its last one.
//   - Otherwise the index has no other column.
func From(table string, blocks bool, first, last *int64) *List {
	return &List{table: table, blocks: blocks, first: first, last: last, high: math.MaxInt64}
}

// None empties the list.
func (l *List) None() { l.done = true }

// Made is like [Where.Between], for a column of times. It needs no index: a row with a higher id must not have an earlier
// time.
func (l *List) Made(t *Tx, column string, after, before *int64) error {
	if after != nil {
		id, err := l.since(t, column, *after+1)
		if err != nil {
			return err
		}
		l.low = id - 1
	}
	if before != nil {
		id, err := l.since(t, column, *before)
		if err != nil {
			return err
		}
		l.high = id
	}
	return nil
}

// Next returns the next ids of the list, in order, and whether there may be more. It may return no ids although there are
// more.
func (l *List) Next(t *Tx) (ids []int64, more bool, err error) {
	if l.done {
		return nil, false, nil
	}
	size := pageSize
	if !l.begun {
		if err := l.begin(t); err != nil {
			return nil, false, err
		}
		size = chunk // the first ids are returned without reading a whole page
	}
	if walking, err := l.bound(t); walking || l.done || err != nil {
		return nil, walking, err
	}
	if len(l.page) == 0 && !l.ended {
		if l.page, l.ended, err = l.read(t, l.low, l.high, size, upward); err != nil {
			return nil, false, err
		}
	}
	ids = l.page[:min(len(l.page), chunk)]
	l.page = l.page[len(ids):]
	if l.first != nil {
		ids = ids[:min(int64(len(ids)), *l.first)]
		l.first = new(*l.first - int64(len(ids)))
		l.ended = l.ended || *l.first == 0
	}
	if len(ids) > 0 {
		l.low = ids[len(ids)-1]
	}
	l.done = l.ended && (len(l.page) == 0 || l.first != nil && *l.first == 0)
	return ids, !l.done, nil
}

// begin sets the end of the list: rows that are added later are not in it.
func (l *List) begin(t *Tx) error {
	var end int64
	if err := t.Get("SELECT COALESCE(MAX(id), 0) + 1 FROM "+l.table, nil, &end); err != nil {
		return err
	}
	l.begun, l.high = true, min(l.high, end)
	if l.last != nil {
		l.down = &walk{*l.last, l.high}
		if l.first != nil {
			l.up, l.first = &walk{*l.first, l.low}, nil
		}
	}
	return nil
}

// bound counts one more page of rows towards the bound that last sets. Then it counts the rows before this bound: the list
// begins with so many rows less of those that first counts. It reports whether rows are left to count.
func (l *List) bound(t *Tx) (walking bool, err error) {
	if w := l.down; w != nil {
		begins := w.from == l.high
		ids, ended, err := l.read(t, l.low, w.from, int(min(w.left, pageSize)), downward)
		if err != nil {
			return false, err
		}
		switch w.left -= int64(len(ids)); {
		case w.left == 0:
			l.down, l.low = nil, ids[0]-1
		case ended:
			l.down = nil
		default:
			w.from = ids[0]
			return true, nil
		}
		if begins { // one page has all rows: none is looked for again
			l.page, l.ended = ids, true
		}
	}
	if w := l.up; w != nil {
		by := upward
		if l.blocks && w.left <= pageSize {
			by = unordered // it is enough to know that there are so many
		}
		ids, ended, err := l.read(t, w.from, l.low+1, int(min(w.left, pageSize)), by)
		if err != nil {
			return false, err
		}
		switch w.left -= int64(len(ids)); {
		case w.left == 0:
			l.done = true
		case ended:
			l.up, l.first = nil, &w.left
		default:
			w.from = ids[len(ids)-1]
			return true, nil
		}
	}
	return false, nil
}
