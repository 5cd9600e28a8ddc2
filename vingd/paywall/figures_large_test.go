//go:build unix

package paywall_test

import (
	"encoding/binary"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/internal/postgrestest"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// BenchmarkNew opens a paywall on a journal with many entries, of which one in a hundred is verified and not due. It reports
// how long New takes, and how long it takes until the first buyer has the article.
func BenchmarkNew(b *testing.B) {
	entries := endure.Number(b, "VINGD_PAYWALL_ENTRIES", 10_000)
	b.Run("file", func(b *testing.B) {
		journal := openFile(b, filepath.Join(b.TempDir(), "journal"))
		fillFile(b, journal, entries)
		benchNew(b, journal)
	})
	b.Run("postgres", func(b *testing.B) {
		db, journal := openDatabase(b, postgrestest.Start(b))
		_, err := db.ExecContext(b.Context(), `INSERT INTO vingd_paywall (key, version, state, until, entry)
			SELECT decode(lpad(to_hex(i), 64, '0'), 'hex'), 2, state, 'tomorrow',
				json_build_object('state', state, 'object', 1, 'purchase', i, 'transfer', i, 'until', to_json(now()))
			FROM (SELECT i, CASE WHEN i % 100 = 0 THEN 'verified' ELSE 'committed' END AS state FROM generate_series(1, $1::int) AS i) AS n`, entries)
		if err == nil {
			_, err = db.ExecContext(b.Context(), "ANALYZE vingd_paywall")
		}
		if err != nil {
			b.Fatal(err)
		}
		benchNew(b, journal)
	})
}

// fillFile writes entries to a journal, many at once, so that they share writes to the disk.
func fillFile(b *testing.B, journal paywall.Journal, entries int) {
	b.Helper()
	const atOnce = 10_000
	for i := 0; i < entries; i += atOnce {
		some := make([]paywall.Entry, min(atOnce, entries-i))
		for k := range some {
			some[k] = paywall.Entry{State: paywall.StateCommitted, Object: 1, Until: time.Now().UTC().Add(24 * time.Hour)}
			if binary.BigEndian.PutUint64(some[k].Key[:], uint64(i+k)); k%100 == 0 {
				some[k].State = paywall.StateVerified
			}
		}
		put(b, journal, some...)
	}
}

func benchNew(b *testing.B, journal paywall.Journal) {
	b.Helper()
	var opened, bought time.Duration
	for b.Loop() {
		begin := time.Now()
		wall, page := newBench(b, journal)
		opened += time.Since(begin)
		purchase(b, page, newReader())
		bought += time.Since(begin)
		closeBench(b, wall)
	}
	b.ReportMetric(opened.Seconds()*1000/float64(b.N), "ms/New")
	b.ReportMetric(bought.Seconds()*1000/float64(b.N), "ms/first-purchase")
}

// BenchmarkKillToCommit kills the process of a shop when it commits, and starts it again. It reports how long it takes from the
// kill until the seller is paid.
func BenchmarkKillToCommit(b *testing.B) {
	c := newTown(b, false)
	paid := func() int64 {
		balance, err := c.Balance(c.Seller())
		if err != nil {
			b.Fatal(err)
		}
		return int64(balance)
	}
	var waited time.Duration
	for b.Loop() {
		before := paid()
		shop := c.start(-1)
		bought := make(chan *person, 1)
		go func() { bought <- c.buy(true) }()
		<-shop.ended
		begin := time.Now()
		shop = c.start(0)
		for paid() == before {
			<-time.After(time.Millisecond)
		}
		waited += time.Since(begin)
		if p := <-bought; p == nil || p.saw.status != http.StatusOK {
			b.Errorf("the buyer gets %+v", p)
		}
		if !shop.stop() {
			b.Error("the shop has ended")
		}
	}
	b.ReportMetric(waited.Seconds()*1000/float64(b.N), "ms/kill-to-commit")
}
