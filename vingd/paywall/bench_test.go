package paywall_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// BenchmarkAccess serves somebody who has access, by the paywall and without it: a request costs no call to the broker.
func BenchmarkAccess(b *testing.B) {
	file, err := paywall.OpenJournal(filepath.Join(b.TempDir(), "journal"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = file.Close() })
	for name, journal := range map[string]paywall.Journal{"file": file, "memory": paywall.NewMemory()} {
		s := newShop(b, func(o *paywall.Options) { o.Journal = journal })
		visitor := s.browser(s.Buyer("Ann", 5_00), true)
		visitor.open(visitor.pay()).is(b, http.StatusOK, "Here is the article.")
		s.close()
		s.open()
		cookie := visitor.cookie()
		offer := paywall.Offer{Object: s.object, Price: price}
		content := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		wall := s.wall.Sell(func(*http.Request) (paywall.Offer, error) { return offer, nil }, content)
		calls := s.wire.count("all")
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/article?page=1", nil)
				r.AddCookie(cookie)
				w := httptest.NewRecorder()
				if wall.ServeHTTP(w, r); w.Code != http.StatusNoContent {
					b.Fatalf("got %d", w.Code)
				}
			}
			if n := s.wire.count("all") - calls; n != 0 {
				b.Errorf("%d calls were made", n)
			}
		})
		if name == "memory" {
			b.Run("none", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/article?page=1", nil)
					r.AddCookie(cookie)
					content.ServeHTTP(httptest.NewRecorder(), r)
				}
			})
		}
	}
}

// BenchmarkJournal claims tokens: each is on the disk when it is claimed.
func BenchmarkJournal(b *testing.B) {
	file, err := paywall.OpenJournal(filepath.Join(b.TempDir(), "journal"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = file.Close() })
	n := 0
	for b.Loop() {
		n++
		entry := paywall.Entry{State: paywall.StateClaimed}
		copy(entry.Key[:], fmt.Sprint(n))
		if ok, err := file.Swap(b.Context(), entry); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}
