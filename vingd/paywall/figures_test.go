//go:build unix

package paywall_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/postgrestest"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
	"github.com/vingd/vingd-api-go/vingd/paywall/postgres"
)

// An instantBroker accepts every order, token and commit, without a network. Benchmarks with it measure the paywall.
type instantBroker struct{ purchases atomic.Int64 }

func (b *instantBroker) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	body := `{"data": {"id": 7}}`
	switch {
	case strings.Contains(r.URL.Path, "/tokens/"):
		n := b.purchases.Add(1)
		body = fmt.Sprintf(`{"data": {"object": "Article", "huid": "5b7c1a9d2e3f405162738495a6b7c8d9e0f1a2b3", "context": "", `+
			`"orderid": 7, "purchaseid": %d, "transferid": %d, "reclaimed": false}}`, n, n)
	case strings.Contains(r.URL.Path, "/purchases/"):
		body = `{"data": {"ok": true}}`
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

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
	client, err := vingd.New(vingd.Password("a", "b"), vingd.WithEndpoint("https://broker.example/v1"),
		vingd.WithHTTPClient(&http.Client{Transport: new(instantBroker)}))
	if err != nil {
		b.Fatal(err)
	}
	wall, err := paywall.New(client, paywall.Options{Journal: journal, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	return wall, wall.Sell(
		func(*http.Request) (paywall.Offer, error) { return paywall.Offer{Object: 1, Price: price}, nil },
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Here is the article.") }))
}

func closeBench(b *testing.B, wall *paywall.Paywall) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.Context()), time.Minute)
	defer cancel()
	if err := wall.Close(ctx); err != nil {
		b.Error(err)
	}
}

// visit sends a request of a browser to a page.
func visit(b *testing.B, page http.Handler, address string, cookie *http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "https://shop.example"+address, nil)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	page.ServeHTTP(w, r)
	return w
}

// newReader returns the cookie of a new browser.
func newReader() *http.Cookie {
	number := make([]byte, 32)
	rand.Read(number)
	return &http.Cookie{Name: "__Host-vingd", Value: base64.RawURLEncoding.EncodeToString(number)}
}

// purchase buys the page: it orders, comes back with a token, and reads.
func purchase(b *testing.B, page http.Handler, cookie *http.Cookie) {
	token := make([]byte, 20)
	rand.Read(token)
	if w := visit(b, page, "/article?vingd=buy", cookie); w.Code != http.StatusSeeOther {
		b.Errorf("an order: got %d", w.Code)
	}
	if w := visit(b, page, "/article?oid=1&tid="+hex.EncodeToString(token), cookie); w.Code != http.StatusSeeOther {
		b.Errorf("the return: got %d", w.Code)
	}
	if w := visit(b, page, "/article", cookie); w.Code != http.StatusOK {
		b.Errorf("the article: got %d", w.Code)
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
				visit(b, page, "/article", cookie)
			}
			var next atomic.Int64
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if w := visit(b, page, "/article", cookies[int(next.Add(1))%readers]); w.Code != http.StatusOK {
						b.Errorf("got %d", w.Code)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}

// BenchmarkPurchases makes purchases, so many at once, on each journal. Several paywalls, each with connections of its own,
// share a database as processes do.
func BenchmarkPurchases(b *testing.B) {
	journals := map[string]func(b *testing.B) []paywall.Journal{
		"file": func(b *testing.B) []paywall.Journal {
			b.Helper()
			return []paywall.Journal{openFile(b, filepath.Join(b.TempDir(), "journal"))}
		},
		"postgres by 1": func(b *testing.B) []paywall.Journal { b.Helper(); return openPostgres(b, 1) },
		"postgres by 3": func(b *testing.B) []paywall.Journal { b.Helper(); return openPostgres(b, 3) },
	}
	for name, open := range journals {
		for _, atOnce := range []int{1, 16, 128} {
			b.Run(fmt.Sprintf("%s/%d at once", name, atOnce), func(b *testing.B) {
				var pages []http.Handler
				for _, journal := range open(b) {
					pages = append(pages, openBench(b, journal))
				}
				var left atomic.Int64
				left.Store(int64(b.N))
				b.ResetTimer()
				var buying sync.WaitGroup
				for i := range atOnce {
					buying.Go(func() {
						for left.Add(-1) >= 0 {
							purchase(b, pages[i%len(pages)], newReader())
						}
					})
				}
				buying.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "purchases/s")
			})
		}
	}
}

// openPostgres returns journals in one new database, each with connections of its own.
func openPostgres(b *testing.B, n int) (journals []paywall.Journal) {
	b.Helper()
	server := postgrestest.Start(b)
	for range n {
		_, journal := openDatabase(b, server)
		journals = append(journals, journal)
	}
	return journals
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
		entry := paywall.Entry{State: paywall.Claimed, Object: 1, Until: time.Now().UTC().Add(time.Hour)}
		rand.Read(entry.Key[:])
		put(b, journal, entry)
		entry.Version, entry.State, entry.Purchase, entry.Transfer = 1, paywall.Due, 1, 1
		put(b, journal, entry)
		openBench(b, journal)
		for entry.State != paywall.Committed {
			<-time.After(time.Millisecond)
			var err error
			if entry, err = journal.Find(b.Context(), entry.Key); err != nil {
				b.Fatal(err)
			}
		}
	}
}
