package store

import (
	"database/sql"
	"fmt"
	"time"
)

// Time returns a scanner that reads a time, stored as microseconds since 1970 in UTC, into t.
func Time(t *time.Time) sql.Scanner { return timeScanner{t} }

type timeScanner struct{ into *time.Time }

// Scan sets the time.
func (s timeScanner) Scan(value any) error {
	micros, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T, must be a whole number of microseconds", value)
	}
	*s.into = time.UnixMicro(micros).UTC()
	return nil
}

// Zero returns a scanner that reads a value into v, and null as the zero value.
func Zero[T any](v *T) sql.Scanner { return zeroScanner[T]{v} }

type zeroScanner[T any] struct{ into *T }

// Scan sets the value.
func (s zeroScanner[T]) Scan(value any) error {
	var scanned sql.Null[T]
	if err := scanned.Scan(value); err != nil {
		return err
	}
	*s.into = scanned.V
	return nil
}

// OrNull returns v, or null for the zero value.
func OrNull[T comparable](v T) sql.Null[T] {
	var zero T
	return sql.Null[T]{V: v, Valid: v != zero}
}
