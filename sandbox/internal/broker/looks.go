package broker

import (
	"math"
	"strconv"
	"strings"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// A Kind is a kind of things that pages show.
type Kind string

// The kinds.
const (
	Accounts  Kind = "accounts"
	Objects   Kind = "objects"
	Orders    Kind = "orders"
	Purchases Kind = "purchases"
	Vouchers  Kind = "vouchers"
	Transfers Kind = "transfers"
)

// A Look selects the rows that a page lists.
type Look struct {
	// Text must be the row's id, or a part of one of its texts. The case of ASCII letters does not count. Optional.
	Text string
	// Of and ID are the thing that the row must belong to. Optional.
	Of Kind
	ID int64
	// Before is above the ids of all rows. If zero, there is no bound.
	Before int64
	// Limit is how many rows there are at most.
	Limit int
}

// A Page holds rows, newest first.
type Page[T any] struct {
	Rows []T
	// Older is the Before of the page that follows. If zero, there is none.
	Older int64
}

// A view is how pages read a table. In its conditions, @ is the value that is looked for.
type view[T any] struct {
	table, id, columns string
	// one is the word for one row.
	one string
	// where is a condition on every row. Optional.
	where string
	// texts are the columns that a text is looked for in.
	texts []string
	// of has the condition for each kind that a row can belong to.
	of   map[Kind]string
	scan func(*step) func(store.Row) (T, error)
	key  func(T) int64
}

// A look reads rows in order of their ids, without an index. It reads lookedAt rows in a step, and other steps go on in
// between. It ends after maxSteps steps.
const (
	lookedAt = 4096
	maxSteps = 16
)

// look returns a page. The page may have fewer rows than the limit, even zero, although older rows follow.
func (v *view[T]) look(b *Broker, l Look) (page Page[T], err error) {
	before := l.Before
	if before == 0 {
		before = math.MaxInt64
	}
	var found []T
	for range maxSteps {
		next, err := inStep(b, func(s *step) (w window[T], err error) { return v.read(s, l, before, l.Limit+1-len(found)) })
		if err != nil {
			return Page[T]{}, err
		}
		found, before = append(found, next.rows...), next.floor
		if len(found) > l.Limit {
			found = found[:l.Limit]
			return Page[T]{found, v.key(found[l.Limit-1])}, nil
		}
		if before == 0 {
			break
		}
	}
	return Page[T]{found, before}, nil
}

// A window is the matches among the next rows of a table. The floor is the least id of those rows, or zero if it is the
// least of all.
type window[T any] struct {
	rows  []T
	floor int64
}

func (v *view[T]) read(s *step, l Look, before int64, limit int) (w window[T], err error) {
	floor := "SELECT CASE COUNT(*) WHEN $2 THEN MIN(id) ELSE 0 END FROM (SELECT " + v.id + " AS id" + v.from() + v.order() + "$2)"
	if err := s.Get(floor, []any{before, lookedAt}, &w.floor); err != nil {
		return w, err
	}
	text, args, err := v.query(l, before, w.floor, limit)
	if err != nil {
		return w, err
	}
	w.rows, err = store.All(s.Tx, v.scan(s), text, args...)
	return w, err
}

// from reads the rows below $1. NOT INDEXED makes SQLite read them in order of their ids. By an index it would read and sort
// all rows that match.
func (v *view[T]) from() string { return " FROM " + v.table + " NOT INDEXED WHERE " + v.id + " < $1" }

func (v *view[T]) order() string { return " ORDER BY " + v.id + " DESC LIMIT " }

// query returns the query for the rows of a look below an id and from another, and its arguments.
func (v *view[T]) query(l Look, before, floor int64, limit int) (text string, args []any, err error) {
	text, args = "SELECT "+v.columns+v.from()+" AND "+v.id+" >= $2", []any{before, floor}
	if v.where != "" {
		text += " AND " + v.where
	}
	bind := func(condition string, value any) {
		args = append(args, value)
		text += " AND (" + strings.ReplaceAll(condition, "@", placeholder(args)) + ")"
	}
	if l.Text != "" {
		conditions := []string{"CAST(" + v.id + " AS TEXT) = @"}
		for _, column := range v.texts {
			conditions = append(conditions, "instr(lower("+column+"), lower(@)) > 0")
		}
		bind(strings.Join(conditions, " OR "), l.Text)
	}
	if l.Of != "" {
		condition, ok := v.of[l.Of]
		if !ok {
			return "", nil, refuse(ErrInvalid, "%s: must not be looked for by %s", v.table, string(l.Of))
		}
		bind(condition, l.ID)
	}
	args = append(args, limit)
	return text + v.order() + placeholder(args), args, nil
}

// placeholder returns the placeholder of the last argument.
func placeholder(args []any) string { return "$" + strconv.Itoa(len(args)) }

// find returns the row with an id.
func (v *view[T]) find(b *Broker, id int64) (T, error) {
	return inStep(b, func(s *step) (T, error) {
		text := "SELECT " + v.columns + " FROM " + v.table + " WHERE " + v.id + " = $1"
		if v.where != "" {
			text += " AND " + v.where
		}
		found, ok, err := store.Find(s.Tx, v.scan(s), text, id)
		if err == nil && !ok {
			err = refuse(ErrNotFound, "there is no %s %d", v.one, id)
		}
		return found, err
	})
}
