package store

// A Fault is a line of text that an audit found.
type Fault string

// Error returns the line.
func (f Fault) Error() string { return string(f) }

// Audit runs queries. Each query finds a line of text that describes a fault, or no row. Audit returns the first line as a
// [Fault]. Any other error means that the audit did not end.
func Audit(t *Tx, queries []string) error {
	for _, query := range queries {
		line, found, err := Find(t, scanText, query)
		if err != nil {
			return err
		}
		if found {
			return Fault(line)
		}
	}
	return nil
}

// Whole returns an error unless tables and indexes agree and every reference leads to a row.
func Whole(t *Tx) error {
	return Audit(t, []string{
		"SELECT 'the database is damaged: ' || integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok' LIMIT 1",
		`SELECT 'table ' || "table" || ', row ' || COALESCE(rowid, 0) || ': refers to a row of ' || parent || ' that does not exist'
		FROM pragma_foreign_key_check LIMIT 1`,
	})
}

func scanText(row Row) (text string, err error) {
	err = row.Scan(&text)
	return text, err
}
