package frameworks_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A middleware that compresses is around the paywall, or around the content alone. Content that is ready is charged once,
// and a failure, a panic or an empty response is not.
func TestPaywall_Compressed(t *testing.T) {
	article := strings.Repeat("Here is the article. ", 200)
	contents := map[string]struct {
		content http.HandlerFunc
		charged bool
	}{
		"whole": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, article) }, true},
		"short": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, article[:21]) }, true},
		"in parts": {func(w http.ResponseWriter, _ *http.Request) {
			for part := range strings.SplitAfterSeq(article, ".") {
				_, _ = io.WriteString(w, part)
				_ = http.NewResponseController(w).Flush()
			}
		}, true},
		"served": {func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "article.txt", time.Unix(1, 0), strings.NewReader(article))
		}, true},
		"empty": {func(http.ResponseWriter, *http.Request) {}, false},
		"error": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, article, http.StatusTeapot) }, false},
		"error after a part": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, article[:21])
			http.Error(w, article, http.StatusTeapot)
		}, false},
		"panic": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, article)
			panic(http.ErrAbortHandler)
		}, false},
		"panic at once": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false},
	}
	for _, outside := range []bool{true, false} {
		for name, test := range contents {
			t.Run(name+map[bool]string{true: " outside", false: " inside"}[outside], func(t *testing.T) {
				box := sandboxtest.New(t)
				wall, err := paywall.New(box.Client, paywall.Options{Journal: paywall.NewMemory(), Clock: box.Now, Logger: slog.New(slog.DiscardHandler)})
				if err != nil {
					t.Fatal(err)
				}
				defer wall.Close(t.Context()) //nolint:errcheck // the test looks at what was charged
				var page http.Handler
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { page.ServeHTTP(w, r) }))
				server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
				server.StartTLS()
				defer server.Close()
				object, err := wall.EnsureObject(t.Context(), vingd.ObjectParams{Name: "Article", URL: server.URL + "/article"})
				if err != nil {
					t.Fatal(err)
				}
				sold := wall.Middleware(func(*http.Request) (paywall.Offer, error) { return paywall.Offer{Object: object, Price: price}, nil })
				if page = sold(gzhttp.GzipHandler(test.content)); outside {
					page = gzhttp.GzipHandler(sold(test.content))
				}
				ann := box.Buyer("Ann", 5_00)
				jar, err := cookiejar.New(nil)
				if err != nil {
					t.Fatal(err)
				}
				browser := *server.Client()
				browser.Jar = jar
				response, err := ann.Visit(t.Context(), &browser, server.URL+"/article")
				if err == nil {
					body, failed := io.ReadAll(response.Body)
					_ = response.Body.Close()
					if text := string(body); test.charged && (failed != nil || text != article && text != article[:21]) {
						t.Errorf("the buyer gets %d %.100q, %v", response.StatusCode, text, failed)
					}
				} else if test.charged {
					t.Error(err)
				}
				if err := wall.Close(t.Context()); err != nil {
					t.Error(err)
				}
				box.Advance(16 * time.Minute)
				if charged := ann.Balance() != 5_00; charged != test.charged {
					t.Errorf("charged %t", charged)
				}
			})
		}
	}
}
