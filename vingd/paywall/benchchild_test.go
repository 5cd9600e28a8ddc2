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
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
	"github.com/vingd/vingd-api-go/vingd/paywall/postgres"
)

// benchChild, in the environment, makes the test binary a process that makes purchases.
const benchChild = "VINGD_PAYWALL_BENCH"

// keepBench makes so many purchases, and so many at once, as each line of the standard input says, until it ends.
func keepBench(database string, lines io.Reader) error {
	db, err := sql.Open("postgres", database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // the process ends
	db.SetMaxOpenConns(30)
	db.SetMaxIdleConns(30)
	journal, err := postgres.Open(context.Background(), db)
	if err != nil {
		return err
	}
	wall, page, err := newBenchPage(journal)
	if err != nil {
		return err
	}
	fmt.Println("done")
	for {
		var purchases, atOnce int
		if _, err := fmt.Fscanln(lines, &purchases, &atOnce); err != nil {
			break
		}
		if err := buyPages(context.Background(), page, purchases, atOnce); err != nil {
			return err
		}
		fmt.Println("done")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return wall.Close(ctx)
}

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

// newBenchPage returns a paywall on a journal, with an instant broker, and a page of it.
func newBenchPage(journal paywall.Journal) (*paywall.Paywall, http.Handler, error) {
	client, err := vingd.New(vingd.Password("a", "b"), vingd.WithEndpoint("https://broker.example/v1"),
		vingd.WithHTTPClient(&http.Client{Transport: new(instantBroker)}))
	if err != nil {
		return nil, nil, err
	}
	wall, err := paywall.New(client, paywall.Options{Journal: journal, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, err
	}
	return wall, wall.Sell(
		func(*http.Request) (paywall.Offer, error) { return paywall.Offer{Object: 1, Price: price}, nil },
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Here is the article.") })), nil
}

// visit sends a request of a browser to a page.
func visit(ctx context.Context, page http.Handler, address string, cookie *http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "https://shop.example"+address, nil)
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
	return cookieOf(base64.RawURLEncoding.EncodeToString(number))
}

// buyPage buys a page: it orders, comes back with a token, and reads.
func buyPage(ctx context.Context, page http.Handler, cookie *http.Cookie) error {
	token := make([]byte, 20)
	rand.Read(token)
	if w := visit(ctx, page, "/article?vingd=buy", cookie); w.Code != http.StatusSeeOther {
		return fmt.Errorf("an order: got %d", w.Code)
	}
	if w := visit(ctx, page, "/article?oid=1&tid="+hex.EncodeToString(token), cookie); w.Code != http.StatusSeeOther {
		return fmt.Errorf("the return: got %d", w.Code)
	}
	if w := visit(ctx, page, "/article", cookie); w.Code != http.StatusOK {
		return fmt.Errorf("the article: got %d", w.Code)
	}
	return nil
}

// buyPages buys a page many times, so many at once. It returns one of the errors.
func buyPages(ctx context.Context, page http.Handler, purchases, atOnce int) error {
	var left atomic.Int64
	left.Store(int64(purchases))
	failed := make(chan error, 1)
	var buying sync.WaitGroup
	for range atOnce {
		buying.Go(func() {
			for left.Add(-1) >= 0 {
				if err := buyPage(ctx, page, newReader()); err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			}
		})
	}
	buying.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}
