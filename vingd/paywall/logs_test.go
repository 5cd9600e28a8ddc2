package paywall_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A log around the paywall sees no token, and the paywall sees the whole request.
func TestHideTokens_Log(t *testing.T) {
	s := newShop(t)
	var logged strings.Builder
	type mark struct{}
	log := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx := context.WithValue(r.Context(), mark{}, "request 1")
			_ = r.ParseForm()
			next.ServeHTTP(w, r.WithContext(ctx))
			fmt.Fprintln(&logged, r.Method, r.URL, r.RequestURI, r.Header, r.Form)
		})
	}
	s.around = paywall.HideTokens(log)
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, "Here is the article. ", r.Context().Value(mark{}))
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	back := b.pay()
	b.open(back, "Referer", back).is(t, http.StatusOK, "Here is the article. request 1")
	b.open("/article?page=1", "Referer", back).is(t, http.StatusOK, "Here is the article. request 1")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?%74id=abc&x=%zz&token=%22abc%22&%zz=abc&a=b", nil)
	paywall.HideTokens(log)(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
	parsed := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?tid=abc", nil)
	_ = parsed.ParseForm() // by a handler around the log
	paywall.HideTokens(log)(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), parsed)
	if r.URL.RawQuery != "%74id=abc&x=%zz&token=%22abc%22&%zz=abc&a=b" {
		t.Errorf("the request is changed to %s", r.URL)
	}
	for _, secret := range []string{tokenOf(t, back), b.cookie().Value[:43], "abc"} {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("the log holds %s: %s", secret, logged.String())
		}
	}
	for _, wanted := range []string{"tid=hidden", "oid=", "page=1", "%74id=hidden", "a=b"} {
		if !strings.Contains(logged.String(), wanted) {
			t.Errorf("the log lacks %s: %s", wanted, logged.String())
		}
	}
	s.holds(ann, 3_00)
}

// The seller's log has each step of a purchase, with the numbers by which the seller finds it.
func TestLog_OfPurchase(t *testing.T) {
	s := newShop(t)
	bought := make(chan paywall.Entry, 1)
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		entry, _ := paywall.FromContext(r.Context())
		bought <- entry
		_, _ = fmt.Fprint(w, wholeArticle)
	})
	b := s.browser(s.Buyer("Ann", 5_00), true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	entry := <-bought
	if entry.Order == 0 || entry.Purchase == 0 {
		t.Errorf("got %+v", entry)
	}
	numbers := fmt.Sprintf(" object=%d order=%d purchase=%d", s.object, entry.Order, entry.Purchase)
	s.logged("level=INFO", "paywall: verified", numbers)
	s.logged("level=INFO", "paywall: committed", numbers)
}
