package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// A thing is a row of the table that the tests list.
type thing struct {
	id, kind, at, until int64
	code                string
}

// newThings returns a database with n things. Their ids are far apart, so that they are in many blocks.
func newThings(t *testing.T, n int) (*store.DB, []thing) {
	t.Helper()
	db := mustOpen(t, "")
	for _, statement := range []string{
		`CREATE TABLE things (id INTEGER PRIMARY KEY, kind INTEGER, at INTEGER, until INTEGER, code TEXT,
			block INTEGER GENERATED ALWAYS AS (id >> 13) VIRTUAL)`,
		"CREATE INDEX things_kind ON things (kind)",
		"CREATE INDEX things_until ON things (block, kind, until)",
		"CREATE INDEX things_code ON things (code, kind, until)",
	} {
		exec(t, db, statement)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var all []thing
	err := db.Transact(func(tx *store.Tx) error {
		one := thing{}
		for range n {
			one = thing{one.id + 1 + random.Int64N(900), random.Int64N(3), one.at + random.Int64N(2), random.Int64N(20), fmt.Sprintf("%010d", random.Int64N(1e10))}
			all = append(all, one)
			if _, err := tx.Exec("INSERT INTO things VALUES ($1, $2, $3, $4, $5)", one.id, one.kind, one.at, one.until, one.code); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return db, all
}

func scanThing(row store.Row) (one thing, err error) {
	err = row.Scan(&one.id, &one.kind, &one.at, &one.until, &one.code)
	return one, err
}

const thingColumns = "id, kind, at, until, code"

func bound(t *rapid.T, name string, most int64) *int64 {
	return rapid.Ptr(rapid.Int64Range(-1, most), true).Draw(t, name)
}

func outside(value int64, above, below *int64) bool {
	return above != nil && value <= *above || below != nil && value >= *below
}

// A list has the rows that meet all of its conditions, in order, read by blocks or not.
func TestList(t *testing.T) {
	db, all := newThings(t, 2000)
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.Ptr(rapid.Int64Range(0, 3), true).Draw(rt, "kind")
		above, below := bound(rt, "above", 20), bound(rt, "below", 21)
		after, before := bound(rt, "after", 1100), bound(rt, "before", 1100)
		count := rapid.Ptr(rapid.OneOf(rapid.Int64Range(1, 5), rapid.Int64Range(1, 3000)), true)
		first, last := count.Draw(rt, "first"), count.Draw(rt, "last")
		blocks := rapid.Bool().Draw(rt, "blocks")

		want := slices.DeleteFunc(slices.Clone(all), func(one thing) bool {
			return kind != nil && one.kind != *kind || outside(one.until, above, below) || outside(one.at, after, before)
		})
		low, high := 0, len(want)
		if last != nil {
			low = max(0, len(want)-int(*last))
		}
		if first != nil {
			high = min(len(want), int(*first))
		}
		want = want[min(low, high):high]

		l := store.From("things", blocks, first, last)
		if kind != nil {
			l.Is("kind", *kind)
		} else {
			l.Among("kind", 0, 1, 2)
		}
		l.Between("until", above, below)
		if err := db.Transact(func(tx *store.Tx) error { return l.Made(tx, "at", after, before) }); err != nil {
			rt.Fatal(err)
		}
		var got []thing
		for more := true; more; {
			var rows []thing
			err := db.Transact(func(tx *store.Tx) (err error) {
				var ids []int64
				if ids, more, err = l.Next(tx); err != nil {
					return err
				}
				rows, err = store.Rows(tx, scanThing, "things", thingColumns, "id", ids)
				return err
			})
			if err != nil || len(rows) > 256 {
				rt.Fatalf("got %d rows, %v", len(rows), err)
			}
			got = append(got, rows...)
		}
		if !slices.Equal(got, want) {
			rt.Errorf("got %d rows, want %d", len(got), len(want))
		}
	})
}

// A step of a list reads several blocks if few rows of each match.
func TestList_FewSteps(t *testing.T) {
	db, _ := newThings(t, 2000) // about 110 blocks, with 6 of a kind in each
	for _, test := range []struct {
		first, last *int64
		want        int // steps up to the first row
	}{
		{nil, nil, 1},
		{new(int64(10)), nil, 1},
		{nil, new(int64(100)), 2},
		{new(int64(400)), new(int64(400)), 5},
	} {
		l, steps := store.From("things", true, test.first, test.last), 0
		l.Is("kind", 1)
		var ids []int64
		for more := true; more && len(ids) == 0; {
			err := db.Transact(func(tx *store.Tx) (err error) {
				steps++
				ids, more, err = l.Next(tx)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if steps > test.want || len(ids) < 10 {
			t.Errorf("first %v, last %v: got %d rows after %d steps, want 10 rows or more after %d", test.first != nil, test.last != nil, len(ids), steps, test.want)
		}
	}
}

// SQLite plans each query of a list and of a scan once. It plans a query again if the number in its LIMIT changes.
func TestList_PlannedOnce(t *testing.T) {
	db, _ := newThings(t, 2000)
	l, s := store.From("things", true, nil, nil), store.NewScan("things", "things_code", "code")
	l.Is("kind", 1)
	s.Is("kind", 1)
	for moreIDs, moreRows := true, true; moreIDs || moreRows; {
		err := db.Transact(func(tx *store.Tx) (err error) {
			if _, moreIDs, err = l.Next(tx); err != nil {
				return err
			}
			_, moreRows, err = store.NextRows(tx, s, thingColumns, scanThing, func(one thing) string { return one.code })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n, err := db.Replanned(); n > 0 || err != nil {
		t.Errorf("SQLite planned queries again %d times, %v", n, err)
	}
}

// A list does not return a row that is added while it is read. An emptied list ends at once.
func TestList_RowsAddedLater(t *testing.T) {
	db, all := newThings(t, 600)
	list, none, n := store.From("things", true, nil, nil), store.From("things", true, nil, nil), 0
	list.Among("kind", 0, 1, 2)
	none.None()
	for more := true; more; {
		err := db.Transact(func(tx *store.Tx) (err error) {
			var ids []int64
			ids, more, err = list.Next(tx)
			n += len(ids)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		exec(t, db, "INSERT INTO things SELECT MAX(id) + 1, 0, MAX(at), 0, 'x' || MAX(id) FROM things")
	}
	if n != len(all) {
		t.Errorf("got %d rows, want the %d of the beginning", n, len(all))
	}
	err := db.Transact(func(tx *store.Tx) error {
		ids, more, err := none.Next(tx)
		if len(ids) > 0 || more {
			t.Errorf("got %v, more %v; want an empty list", ids, more)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A scan has the rows that meet its conditions, in order of the text.
func TestScan(t *testing.T) {
	db, all := newThings(t, 10000)
	slices.SortFunc(all, func(a, b thing) int { return strings.Compare(a.code, b.code) })
	for _, kind := range []int64{0, 1, 3} {
		for _, below := range []int64{0, 1, 100} {
			want := slices.DeleteFunc(slices.Clone(all), func(one thing) bool { return one.kind != kind || one.until >= below })
			s := store.NewScan("things", "things_code", "code")
			s.Is("kind", kind)
			s.Between("until", nil, &below)
			var got []thing
			for more := true; more; {
				err := db.Transact(func(tx *store.Tx) (err error) {
					var rows []thing
					rows, more, err = store.NextRows(tx, s, thingColumns, scanThing, func(one thing) string { return one.code })
					got = append(got, rows...)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("kind %d, until below %d: got %d rows, want %d", kind, below, len(got), len(want))
			}
		}
	}
}

// SQLite finds rows by the conditions before Unindexed alone. Here, more columns of another index are equal to something.
func TestWhere_Unindexed(t *testing.T) {
	db := mustOpen(t, "")
	for _, statement := range []string{
		"CREATE TABLE entries (id INTEGER PRIMARY KEY, voucher INTEGER, seller INTEGER, redeemer INTEGER, action TEXT)",
		"CREATE UNIQUE INDEX entries_voucher ON entries (voucher, action = 'add')",
		"CREATE INDEX entries_redeemer ON entries (seller, redeemer)",
	} {
		exec(t, db, statement)
	}
	l := store.From("entries", false, nil, nil)
	l.Is("voucher", 7)
	l.Unindexed()
	l.Is("seller", 1)
	l.Is("redeemer", 2)
	err := db.Transact(func(tx *store.Tx) error {
		plan, err := l.Plan(tx)
		if len(plan) == 0 || !strings.Contains(plan[0], "entries_voucher") {
			t.Errorf("the list is read by %q, want entries_voucher", plan)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
