package main

import (
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestArticle sells the article to a buyer, once for each token.
func TestArticle(t *testing.T) {
	broker, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = broker.Close() }()
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(broker.Endpoint()),
		vingd.WithFrontend(broker.Frontend()), vingd.WithHTTPClient(broker.HTTPClient()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	object, err := client.Objects.Create(t.Context(),
		vingd.ObjectParams{Name: "Article 12", URL: "https://news.example.com/article"})
	if err != nil {
		t.Fatal(err)
	}
	before, err := client.Accounts.Balance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	page := article(client, object)

	sent := visit(t, page, "/article")
	if sent.Code != http.StatusSeeOther {
		t.Fatalf("first visit: got %d %s, want a redirect", sent.Code, sent.Body)
	}
	address := sent.Header().Get("Location")
	if !strings.HasPrefix(address, broker.Frontend()+"/orders/") {
		t.Errorf("first visit: redirected to %s, want an order", address)
	}
	id, err := strconv.ParseInt(path.Base(path.Dir(strings.TrimSuffix(address, "/"))), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	anna, err := broker.AddBuyer("Anna", 10_00)
	if err != nil {
		t.Fatal(err)
	}
	back, err := anna.Pay(vingd.OrderID(id))
	if err != nil {
		t.Fatal(err)
	}

	if served := visit(t, page, back.RequestURI()); served.Code != http.StatusOK || served.Body.String() != "Here is article 12.\n" {
		t.Errorf("first visit with a token: got %d %s, want the article", served.Code, served.Body)
	}
	if again := visit(t, page, back.RequestURI()); again.Code != http.StatusForbidden {
		t.Errorf("second visit with the token: got %d %s, want 403", again.Code, again.Body)
	}
	if forged := visit(t, page, "/article?oid=1&tid=.."); forged.Code != http.StatusBadRequest {
		t.Errorf("malformed token: got %d %s, want 400", forged.Code, forged.Body)
	}
	after, err := client.Accounts.Balance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after-before != 200 || anna.Balance() != 8_00 {
		t.Errorf("the seller has %v more, the buyer %v left", after-before, anna.Balance())
	}
	if err := broker.Check(); err != nil {
		t.Error(err)
	}
}

func visit(t *testing.T, page http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
	return w
}
