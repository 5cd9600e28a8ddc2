package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// kept has each pair of indexes that is on purpose, and the reason for it.
var kept = map[string]string{
	"transfers_payer of transfers begins transfers_both": "it orders the transfers of a payer by id, which transfers_both does for a pair only",
}

// A table is a table of a database.
type table struct {
	name string
	// rowless says that the table is WITHOUT ROWID.
	rowless bool
	// key are the columns of the primary key. integer says that it is one column of type INTEGER.
	key     []string
	integer bool
	indexes []index
}

// An index of a table has columns, which a search compares in this order. The index of a primary key says so.
type index struct {
	name    string
	primary bool
	columns []string
}

// No id pays for two indexes, and no index begins another one.
func TestSchema_OneIndexForEachPurpose(t *testing.T) {
	found := waste(t, mustOpen(t, ""))
	for _, w := range found {
		if kept[w] == "" {
			t.Error(w)
		}
	}
	for w, reason := range kept {
		if !slices.Contains(found, w) {
			t.Errorf("%s, because %s: is not so any more", w, reason)
		}
	}
}

// The test above finds each kind of needless index.
func TestSchema_FindsWaste(t *testing.T) {
	for text, want := range map[string]string{
		"CREATE INDEX x ON orders (id)":                                          "x of orders begins with the id",
		"CREATE UNIQUE INDEX x ON vouchers (id DESC) WHERE open":                 "x of vouchers begins with the id",
		"CREATE INDEX x ON transfers (id, at)":                                   "x of transfers begins with the id",
		"CREATE INDEX x ON orders (seller)":                                      "x of orders begins orders_seller",
		"CREATE INDEX x ON orders (seller, block) WHERE price = 0":               "x of orders begins orders_seller",
		"CREATE INDEX x ON objects (seller, created)":                            "objects_seller of objects begins x",
		"CREATE INDEX x ON objects (seller DESC)":                                "objects_seller of objects begins x",
		"CREATE INDEX x ON user_flags (uid)":                                     "x of user_flags begins sqlite_autoindex_user_flags_1",
		"CREATE INDEX x ON huids (huid, uid)":                                    "sqlite_autoindex_huids_1 of huids begins x",
		"CREATE TABLE x (id INTEGER PRIMARY KEY, b TEXT UNIQUE)":                 "",
		"CREATE TABLE x (id TEXT PRIMARY KEY) WITHOUT ROWID":                     "",
		"CREATE TABLE x (id INTEGER PRIMARY KEY UNIQUE) STRICT":                  "sqlite_autoindex_x_1 of x begins with the id",
		"CREATE TABLE x (id INTEGER PRIMARY KEY DESC) STRICT":                    "the key of x has an index beside the rows",
		"CREATE TABLE x (id INT PRIMARY KEY) STRICT":                             "the key of x has an index beside the rows",
		"CREATE TABLE x (a INTEGER, b INTEGER, PRIMARY KEY (a, b)) STRICT":       "the key of x has an index beside the rows",
		"CREATE TABLE x (id INTEGER PRIMARY KEY, b TEXT) STRICT, WITHOUT ROWID":  "the INTEGER key of x is WITHOUT ROWID",
		"CREATE INDEX x ON voucher_log (voucher, action = 'add')":                "",
		"CREATE INDEX x ON accounts (balance)":                                   "",
		"CREATE INDEX x ON users (login COLLATE NOCASE)":                         "",
		"CREATE INDEX x ON orders (block, seller)":                               "",
		"CREATE INDEX x ON vouchers (code)":                                      "x of vouchers begins vouchers_code",
		"CREATE TABLE x (a INTEGER, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID":   "",
		"CREATE TABLE x (a INTEGER NOT NULL, b TEXT, UNIQUE (a), UNIQUE (a, b))": "sqlite_autoindex_x_1 of x begins sqlite_autoindex_x_2",
	} {
		t.Run(text, func(t *testing.T) {
			db := mustOpen(t, "")
			before := waste(t, db)
			exec(t, db, text)
			got := slices.DeleteFunc(waste(t, db), func(w string) bool { return slices.Contains(before, w) })
			if (len(got) > 0) != (want != "") || want != "" && !slices.Contains(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// waste returns what the tables of a database pay for in vain.
func waste(t *testing.T, db *store.DB) (all []string) {
	t.Helper()
	for _, table := range readSchema(t, db) {
		one := len(table.key) == 1 && table.integer
		if one && table.rowless {
			all = append(all, fmt.Sprintf("the INTEGER key of %s is WITHOUT ROWID", table.name))
		}
		for _, i := range table.indexes {
			switch {
			case i.primary && !table.rowless:
				all = append(all, fmt.Sprintf("the key of %s has an index beside the rows", table.name))
			case one && !table.rowless && i.columns[0] == table.key[0]:
				all = append(all, fmt.Sprintf("%s of %s begins with the id", i.name, table.name))
			}
			for _, other := range table.indexes {
				longer := len(other.columns) > len(i.columns) || len(other.columns) == len(i.columns) && other.name > i.name
				if longer && slices.Equal(other.columns[:len(i.columns)], i.columns) {
					all = append(all, fmt.Sprintf("%s of %s begins %s", i.name, table.name, other.name))
				}
			}
		}
	}
	return all
}

// readSchema returns the tables of a database.
func readSchema(t *testing.T, db *store.DB) (all []table) {
	t.Helper()
	err := db.Transact(func(tx *store.Tx) (err error) {
		all, err = store.All(tx, func(row store.Row) (t table, err error) {
			err = row.Scan(&t.name, &t.rowless)
			return t, err
		}, "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
		for i := range all {
			err = errors.Join(err, all[i].read(tx))
		}
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("got %d tables: %v", len(all), err)
	}
	return all
}

// read reads the primary key and the indexes of a table.
func (t *table) read(tx *store.Tx) error {
	_, err := store.All(tx, func(row store.Row) (struct{}, error) {
		var name, kind string
		err := row.Scan(&name, &kind)
		t.key, t.integer = append(t.key, name), strings.EqualFold(kind, "INTEGER")
		return struct{}{}, err
	}, "SELECT name, type FROM pragma_table_xinfo($1) WHERE pk > 0 ORDER BY pk", t.name)
	if err != nil {
		return err
	}
	// An expression has no name, and is not compared with others.
	_, err = store.All(tx, func(row store.Row) (struct{}, error) {
		var name, column string
		var primary bool
		err := row.Scan(&name, &primary, &column)
		if len(t.indexes) == 0 || t.indexes[len(t.indexes)-1].name != name {
			t.indexes = append(t.indexes, index{name: name, primary: primary})
		}
		last := &t.indexes[len(t.indexes)-1]
		last.columns = append(last.columns, column)
		return struct{}{}, err
	}, `SELECT i.name, i.origin = 'pk', coalesce(c.name || iif(c.coll = 'BINARY', '', ' ' || c.coll), i.name || c.seqno)
		FROM pragma_index_list($1) AS i, pragma_index_xinfo(i.name) AS c WHERE c.key ORDER BY i.name, c.seqno`, t.name)
	return err
}
