package store

// Plan returns how SQLite reads a page of the list, which is not read by blocks.
func (l *List) Plan(t *Tx) ([]string, error) {
	text, args := l.pageQuery(betweenIDs, []any{0, int64(1) << 40}, chunk, false)
	return All(t, func(row Row) (detail string, err error) {
		var id, parent, unused int
		err = row.Scan(&id, &parent, &unused, &detail)
		return detail, err
	}, "EXPLAIN QUERY PLAN "+text, args...)
}
