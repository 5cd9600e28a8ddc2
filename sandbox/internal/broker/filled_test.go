package broker_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// filled is a broker in a file with a number of rows of each kind.
type filled struct {
	*broker.Broker

	data          string
	rows          int
	seller, buyer vingd.UID
	object        vingd.ObjectID
	voucher       vingd.VoucherID
	// early is after the first rows, and late is before the last ones.
	early, late time.Time
}

// firstRow is the id of the first row. The rows are a second apart, from 1970 on.
const firstRow = 10001

// rowStatements add rows $1 of the seller $2, whose buyer is $3. Expiry times are in no order. Every thousandth voucher is
// of group g, one in the middle of group one, every tenth redeemed, and the others of group h. Ten orders are live.
var rowStatements = []string{
	"INSERT INTO accounts SELECT i + 1000000, 0 FROM n",
	"INSERT INTO users (uid, name, created) SELECT i + 1000000, 'buyer ' || i, i * 1000000 FROM n",
	"INSERT INTO transfers SELECT i, 0, CASE i % 2 WHEN 0 THEN 2 ELSE $2 END, CASE i % 2 WHEN 0 THEN $2 ELSE 3 END, i * 1000000, 5, 0, '', 0, 0, '' FROM n",
	"INSERT INTO objects SELECT i, $2, 'x', 'http://localhost/', '{}', i * 1000000, 0 FROM n",
	`INSERT INTO orders SELECT i, 10001, $2, 0, NULL, 0,
		CASE WHEN i * 7919 % $1 < 10 THEN 253402300799000000 ELSE (i * 7919 % $1 + 10000) * 1000000 END FROM n`,
	"INSERT INTO purchases SELECT i, 'committed', 10001, 'x', $2, $3, 0, NULL, NULL, NULL, i, NULL, NULL, NULL, 0, 0 FROM n",
	`INSERT INTO vouchers SELECT i, 'c' || (i * 7907 % $1), iif(i % 10 = 1, 'used', 'revoked'), 0, $2, iif(i % 10 = 1, $3, NULL),
		CASE WHEN i % 10 = 1 THEN NULL WHEN i % 1000 = 0 THEN 'g' WHEN i = 10002 + $1 / 2 THEN 'one' ELSE 'h' END,
		(i * 7919 % $1 + 10000) * 1000000, '', '', i, i, 0 FROM n`,
	`INSERT INTO voucher_log SELECT id, 'add', id * 1000000, id, code, 'open', 0, seller, NULL, gid, until, '', '', id, NULL FROM vouchers`,
	`INSERT INTO voucher_log SELECT id + $1, 'use', (id + $1) * 1000000, id, code, 'used', 0, seller, redeemer, gid, until, '', '', id, id
		FROM vouchers WHERE redeemer IS NOT NULL`,
}

// newFilled returns a broker whose file holds rows of each kind, which were added without the broker.
func newFilled(b *testing.B, rows int) *filled {
	b.Helper()
	f := &filled{
		data: filepath.Join(b.TempDir(), "data"), rows: rows, object: firstRow, voucher: firstRow + 2,
		early: time.Unix(firstRow+10, 0), late: time.Unix(int64(firstRow+rows-10), 0),
	}
	f.open(b)
	b.Cleanup(func() { f.close(b) })
	var err error
	if f.seller, err = f.AddSeller(broker.NewSeller{Username: "seller", Password: "123", Balance: 1000}); err != nil {
		b.Fatal(err)
	}
	if f.buyer, err = f.AddBuyer("Ann", 1000); err != nil {
		b.Fatal(err)
	}
	f.insert(b, rowStatements...)
	return f
}

func (f *filled) open(b *testing.B) {
	b.Helper()
	var err error
	if f.Broker, err = broker.New(time.Now, f.data); err != nil {
		b.Fatal(err)
	}
}

func (f *filled) close(b *testing.B) {
	b.Helper()
	if err := f.Close(); err != nil {
		b.Error(err)
	}
}

// insert executes statements on the rows of n, whose column i are ids. The disk has stored them when insert returns. Otherwise
// the broker's first call would wait for it.
func (f *filled) insert(b *testing.B, statements ...string) {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+f.data+"?_pragma=cache_size(-262144)&_pragma=synchronous(OFF)")
	if err != nil {
		b.Fatal(err)
	}
	const numbers = "WITH RECURSIVE n(i) AS (SELECT 10001 UNION ALL SELECT i + 1 FROM n WHERE i < 10000 + $1) "
	for _, statement := range statements {
		if _, err := db.ExecContext(b.Context(), numbers+statement, f.rows, f.seller, f.buyer); err != nil {
			b.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	f.close(b)
	f.sync(b)
	f.open(b)
}

// sync waits until the disk has stored the file. The broker must be closed, as closing a file ends SQLite's locks on it.
func (f *filled) sync(b *testing.B) {
	b.Helper()
	file, err := os.OpenFile(f.data, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		b.Fatal(err)
	}
}

// size returns the size of the file in megabytes. The broker must be closed.
func (f *filled) size(b *testing.B) float64 {
	b.Helper()
	info, err := os.Stat(f.data)
	if err != nil {
		b.Fatal(err)
	}
	return float64(info.Size()) / 1e6
}
