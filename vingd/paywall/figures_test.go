//go:build unix

package paywall_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/postgrestest"
	"github.com/vingd/vingd-api-go/vingd/paywall"
	"github.com/vingd/vingd-api-go/vingd/paywall/postgres"
)

// openBench returns a page of a paywall on a journal, with an instant broker.
func openBench(b *testing.B, journal paywall.Journal) http.Handler {
	b.Helper()
	wall, page := newBench(b, journal)
	b.Cleanup(func() { closeBench(b, wall) })
	return page
}

// newBench is openBench for those who close the paywall.
func newBench(b *testing.B, journal paywall.Journal) (*paywall.Paywall, http.Handler) {
	b.Helper()
	wall, page, err := newBenchPage(journal)
	if err != nil {
		b.Fatal(err)
	}
	return wall, page
}

func closeBench(b *testing.B, wall *paywall.Paywall) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.Context()), time.Minute)
	defer cancel()
	if err := wall.Close(ctx); err != nil {
		b.Error(err)
	}
}

// purchase buys a page as a new browser, or as that of a cookie.
func purchase(b *testing.B, page http.Handler, cookie *http.Cookie) {
	b.Helper()
	if err := buyPage(b.Context(), page, cookie); err != nil {
		b.Error(err)
	}
}

// BenchmarkReaders serves readers by their cookies. The time of a request must not grow with the number of readers.
func BenchmarkReaders(b *testing.B) {
	for _, readers := range []int{9_000, 40_000} {
		b.Run(fmt.Sprint(readers), func(b *testing.B) {
			page := openBench(b, paywall.NewMemory())
			var cookies []*http.Cookie
			for range readers {
				cookie := newReader()
				purchase(b, page, cookie)
				cookies = append(cookies, cookie)
			}
			for _, cookie := range cookies { // later visits need no journal
				visit(b.Context(), page, "/article", cookie)
			}
			var next atomic.Int64
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if w := visit(b.Context(), page, "/article", cookies[int(next.Add(1))%readers]); w.Code != http.StatusOK {
						b.Errorf("got %d", w.Code)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}

// BenchmarkPurchases makes purchases, so many at once, on each journal. One process uses the file. Each of those that share a
// database is a process of its own.
func BenchmarkPurchases(b *testing.B) {
	for _, atOnce := range []int{1, 16, 128} {
		b.Run(fmt.Sprintf("file/%d at once", atOnce), func(b *testing.B) {
			page := openBench(b, openFile(b, filepath.Join(b.TempDir(), "journal")))
			b.ResetTimer()
			if err := buyPages(b.Context(), page, b.N, atOnce); err != nil {
				b.Error(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "purchases/s")
		})
	}
	for _, processes := range []int{1, 3} {
		server := postgrestest.Start(b)
		openDatabase(b, server)
		for _, atOnce := range []int{1, 16, 128} {
			b.Run(fmt.Sprintf("postgres by %d/%d at once", processes, atOnce), func(b *testing.B) {
				var sellers []*seller
				for range min(processes, atOnce) {
					sellers = append(sellers, startSeller(b, server.URL(server.Address())))
				}
				b.ResetTimer()
				for i, s := range sellers {
					s.begin(share(b.N, len(sellers), i), share(atOnce, len(sellers), i))
				}
				for _, s := range sellers {
					s.wait()
				}
				b.StopTimer()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "purchases/s")
			})
		}
	}
}

// share returns the part of a number that the ith of several processes has.
func share(n, of, i int) int { return (n + of - 1 - i) / of }

// A seller is a process of the test binary that makes purchases on a database.
type seller struct {
	b      *testing.B
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

// startSeller starts a process, and waits until its journal is open.
func startSeller(b *testing.B, database string) *seller {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), benchChild+"="+database)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait() // it has said on its standard error what failed
	})
	s := &seller{b, stdin, bufio.NewReader(stdout)}
	s.wait()
	return s
}

// begin has the process make purchases.
func (s *seller) begin(purchases, atOnce int) {
	if _, err := fmt.Fprintln(s.stdin, purchases, atOnce); err != nil {
		s.b.Fatal(err)
	}
}

// wait waits until the process has done what it was told.
func (s *seller) wait() {
	s.b.Helper()
	if line, err := s.stdout.ReadString('\n'); err != nil || line != "done\n" {
		s.b.Fatalf("a process says %q, %v", line, err)
	}
}

// openDatabase returns the journal in a server's database, and its connections.
func openDatabase(b *testing.B, server *postgrestest.Server) (*sql.DB, paywall.Journal) {
	b.Helper()
	db, err := sql.Open("postgres", server.URL(server.Address()))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(30)
	db.SetMaxIdleConns(30)
	if err := postgres.Migrate(b.Context(), db); err != nil {
		b.Fatal(err)
	}
	journal, err := postgres.Open(b.Context(), db)
	if err != nil {
		b.Fatal(err)
	}
	return db, journal
}

// BenchmarkTakeOver measures how long a purchase that an ended process has left due waits for the commit by the next one.
func BenchmarkTakeOver(b *testing.B) {
	for b.Loop() {
		journal := paywall.NewMemory()
		entry := paywall.Entry{State: paywall.StateClaimed, Object: 1, Until: time.Now().UTC().Add(time.Hour)}
		rand.Read(entry.Key[:])
		put(b, journal, entry)
		entry.Version, entry.State, entry.Purchase, entry.Transfer = 1, paywall.StateDue, 1, 1
		put(b, journal, entry)
		openBench(b, journal)
		for entry.State != paywall.StateCommitted {
			<-time.After(time.Millisecond)
			var err error
			if entry, err = journal.Find(b.Context(), entry.Key); err != nil {
				b.Fatal(err)
			}
		}
	}
}
