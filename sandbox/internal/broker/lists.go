package broker

import (
	"iter"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// chunks returns the next rows of a list, and whether there may be more. It may return no rows although there are more.
type chunks[T any] func(*step) (rows []T, more bool, err error)

// stream returns the rows of a list. It reads each chunk in its own step. Other steps run in between, and a list takes no
// more memory than a chunk. A row has the content of the time when its chunk was read. Rows that are added after the
// first step are not in the list. begin runs in the first step.
func stream[T any](b *Broker, begin func(*step) (chunks[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		bound := b
		if b.until == nil {
			bound = b.UntilReset()
		}
		var next chunks[T]
		for more := true; more; {
			rows, err := inStep(bound, func(s *step) (rows []T, err error) {
				if next == nil {
					if next, err = begin(s); err != nil {
						return nil, err
					}
				}
				rows, more, err = next(s)
				return rows, err
			})
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// inOrder returns the rows of a list, converted by scan, in order of their ids.
func inOrder[T any](l *store.List, table, columns string, scan func(store.Row) (T, error)) chunks[T] {
	return func(s *step) ([]T, bool, error) {
		ids, more, err := l.Next(s.Tx)
		if err != nil {
			return nil, false, err
		}
		rows, err := store.Rows(s.Tx, scan, table, columns, "id", ids)
		return rows, more, err
	}
}

// whole returns all rows of chunks, in one step.
func whole[T any](s *step, next chunks[T]) (all []T, err error) {
	for more := true; more; {
		var rows []T
		if rows, more, err = next(s); err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}
