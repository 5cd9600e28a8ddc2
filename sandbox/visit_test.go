package sandbox_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
)

// A buyer visits a page that redirects to Vingd, a free one, and one that costs too much.
func TestVisit_Redirect(t *testing.T) {
	sb := sandboxtest.New(t)
	var object vingd.ObjectID
	shop := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		callback, err := vingd.ParseCallback(r.URL)
		switch {
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/loop", http.StatusSeeOther)
		case r.URL.Path == "/sold":
			w.WriteHeader(http.StatusPaymentRequired)
		case r.URL.Path != "/article":
			_, _ = io.WriteString(w, "free")
		case errors.Is(err, vingd.ErrNoCallback):
			order, err := sb.Client.Orders.Create(r.Context(), object, vingd.OrderParams{Price: 2_00})
			if err != nil {
				t.Error(err)
				return
			}
			http.Redirect(w, r, sb.Client.Orders.URLs(order.ID).Redirect, http.StatusSeeOther)
		default:
			purchase, err := sb.Client.Purchases.Verify(r.Context(), object, callback.Token)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = fmt.Fprint(w, "order ", purchase.Order > 0)
		}
	}))
	defer shop.Close()
	var err error
	if object, err = sb.Client.Objects.Create(t.Context(), vingd.ObjectParams{Name: "Article", URL: shop.URL + "/article"}); err != nil {
		t.Fatal(err)
	}
	ann := sb.Buyer("Ann", 3_00)
	for path, want := range map[string]string{"/": "free", "/article": "order true"} {
		page, err := ann.Visit(t.Context(), shop.Client(), shop.URL+path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(page.Body)
		if err := errors.Join(err, page.Body.Close()); err != nil || string(body) != want {
			t.Errorf("%s: got %q, %v, want %q", path, body, err, want)
		}
	}
	if _, err := ann.Visit(t.Context(), shop.Client(), shop.URL+"/article"); !errors.Is(err, sandbox.ErrLowBalance) { //nolint:bodyclose // an error comes without a response
		t.Errorf("a buyer who has 1.00: got %v", err)
	}
	for path, want := range map[string]string{"/loop": "10 redirects", "/sold": "order", "/\x00": "invalid"} {
		if _, err := ann.Visit(t.Context(), shop.Client(), shop.URL+path); err == nil || !strings.Contains(err.Error(), want) { //nolint:bodyclose // an error comes without a response
			t.Errorf("%q: got %v, want an error with %q", path, err, want)
		}
	}
}
