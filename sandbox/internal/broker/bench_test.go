package broker_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// fill adds rows vouchers, their log, transfers, objects and orders to a data file, without the broker. They are a second
// apart, from 1970 on. Every thousandth voucher is of group g.
func fill(b *testing.B, data string, rows int) {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+data)
	if err != nil {
		b.Fatal(err)
	}
	const numbers = "WITH RECURSIVE n(i) AS (SELECT 10001 UNION ALL SELECT i + 1 FROM n WHERE i < 10000 + $1) "
	for _, statement := range []string{
		"INSERT INTO transfers SELECT i, 0, 2, 4711, i * 1000000, 5, 0, '', 0, 0, '' FROM n",
		"INSERT INTO vouchers SELECT i, 'c' || i, 'revoked', 0, 4711, NULL, CASE WHEN i % 1000 = 0 THEN 'g' ELSE 'h' END, i * 1000000, '', '', i, i, 0 FROM n",
		"INSERT INTO voucher_log SELECT i, 'add', i * 1000000, i, 'c' || i, 'open', 0, 4711, NULL, CASE WHEN i % 1000 = 0 THEN 'g' ELSE 'h' END, i * 1000000, '', '', i, i FROM n",
		"INSERT INTO objects SELECT i, 4711, 'x', 'http://localhost/', '{}', i * 1000000, 0 FROM n",
		"INSERT INTO orders SELECT i, 10001, 4711, 0, NULL, 0, i * 1000000 FROM n",
	} {
		if _, err := db.ExecContext(b.Context(), numbers+statement, rows); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// The cost of a list depends on the rows that it returns, and not on those that it skips.
func BenchmarkLists(b *testing.B) {
	for _, rows := range []int{1000, 1_000_000} {
		data := filepath.Join(b.TempDir(), "data")
		core, err := broker.New(time.Now, data)
		if err != nil {
			b.Fatal(err)
		}
		seller, err := core.AddSeller(broker.NewSeller{Username: "seller", Password: "123", Balance: 1000})
		if err != nil {
			b.Fatal(err)
		}
		fill(b, data, rows)
		late, early := time.Unix(int64(10000+rows-10), 0), time.Unix(10011, 0)
		lists := map[string]func() (int, error){
			"vouchers/first":             vouchers(core, seller, broker.VoucherFilter{First: new(int64(10))}),
			"vouchers/last":              vouchers(core, seller, broker.VoucherFilter{Last: new(int64(10))}),
			"vouchers/group":             vouchers(core, seller, broker.VoucherFilter{Group: new(vingd.GroupID("g")), Last: new(int64(1))}),
			"vouchers/to":                vouchers(core, seller, broker.VoucherFilter{To: &seller}),
			"vouchers/valid_after":       vouchers(core, seller, broker.VoucherFilter{ValidAfter: &late}),
			"vouchers/valid_after_last":  vouchers(core, seller, broker.VoucherFilter{ValidAfter: &late, Last: new(int64(5))}),
			"vouchers/valid_before":      vouchers(core, seller, broker.VoucherFilter{ValidBefore: &early, First: new(int64(5))}),
			"vouchers/all_valid_first":   vouchers(core, seller, broker.VoucherFilter{ValidAfter: &early, First: new(int64(5))}),
			"history/create_after":       logged(core, seller, broker.LogFilter{CreateAfter: &late}),
			"history/create_after_first": logged(core, seller, broker.LogFilter{CreateAfter: &early, VoucherFilter: broker.VoucherFilter{First: new(int64(5))}}),
			"history/action_last":        logged(core, seller, broker.LogFilter{Action: new(broker.ActionAdd), VoucherFilter: broker.VoucherFilter{Last: new(int64(5))}}),
			"history/vid":                logged(core, seller, broker.LogFilter{ID: new(vingd.VoucherID(10005))}),
			"transfers/last": func() (int, error) {
				all, err := collect(core.Transfers(seller, broker.TransferFilter{To: &seller, Last: new(int64(5))}))
				return len(all), err
			},
			"transfers/since_first": func() (int, error) {
				all, err := collect(core.Transfers(seller, broker.TransferFilter{To: &seller, From: new(broker.Mint), Since: &early, First: new(int64(5))}))
				return len(all), err
			},
			"objects/since_last": func() (int, error) {
				all, err := collect(core.Objects(seller, broker.ObjectFilter{Since: &early, Last: new(int64(5))}))
				return len(all), err
			},
			"orders/live": func() (int, error) {
				all, err := collect(core.Orders(seller, broker.OrderFilter{}))
				return len(all), err
			},
		}
		for name, list := range lists {
			b.Run(fmt.Sprintf("%s/%d", name, rows), func(b *testing.B) {
				for b.Loop() {
					if n, err := list(); err != nil || n > 10 {
						b.Fatal(n, err)
					}
				}
			})
		}
		if err := core.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func vouchers(core *broker.Broker, seller vingd.UID, f broker.VoucherFilter) func() (int, error) {
	return func() (int, error) {
		all, err := collect(core.Vouchers(seller, f))
		return len(all), err
	}
}

func logged(core *broker.Broker, seller vingd.UID, f broker.LogFilter) func() (int, error) {
	return func() (int, error) {
		all, err := collect(core.VoucherLog(seller, f))
		return len(all), err
	}
}
