package store

import "errors"

// Audit runs queries that each find a line of what is wrong, or nothing. It returns the first line as an error.
func Audit(t *Tx, queries []string) error {
	for _, query := range queries {
		line, found, err := Find(t, scanText, query)
		if err != nil {
			return err
		}
		if found {
			return errors.New(line)
		}
	}
	return nil
}

func scanText(row Row) (text string, err error) {
	err = row.Scan(&text)
	return text, err
}
