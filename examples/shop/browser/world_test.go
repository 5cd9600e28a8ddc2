package browser_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/examples/shop/internal/newspaper"
	"github.com/vingd/vingd-api-go/internal/browser"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The balances of Ann, Ben and the newspaper before anything happens.
const (
	annBegins   vingd.Cents = 10_00
	benBegins   vingd.Cents = 1_00
	paperBegins vingd.Cents = 1000_00
)

// A world is a Vingd, a newspaper that sells through it, and somebody in front of a browser.
type world struct {
	*sandboxtest.Sandbox
	*browser.Visitor

	t        *testing.T
	driver   *browser.Driver
	ann, ben *sandbox.Buyer
	calls    *calls
	journal  *paywall.Memory
	site     *httptest.Server
	address  string // of the newspaper, as its readers write it

	mu       sync.Mutex
	paper    *newspaper.Newspaper
	returned []string // the addresses with a token that readers came back to
}

func newWorld(t *testing.T, d *browser.Driver, in browser.Window) *world {
	t.Helper()
	w := &world{t: t, driver: d, Sandbox: sandboxtest.New(t), journal: paywall.NewMemory(), Visitor: d.Visitor(t, in)}
	w.ann, w.ben = w.Buyer("Ann", annBegins), w.Buyer("Ben", benBegins)
	w.calls = &calls{next: w.HTTPClient().Transport}
	w.Client = newClient(t, w.Sandbox, w.calls)
	w.site = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.site.Close)
	w.address = strings.Replace(w.site.URL, "127.0.0.1", "localhost", 1)
	w.open(newspaper.Edition())
	t.Cleanup(w.close)
	return w
}

// newClient returns a client of the sandbox whose calls are counted. It says each thing once.
func newClient(t *testing.T, sb *sandboxtest.Sandbox, calls *calls) *vingd.Client {
	t.Helper()
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(sb.Endpoint()), vingd.WithFrontend(sb.Frontend()),
		vingd.WithHTTPClient(&http.Client{Transport: calls}), vingd.WithClock(sb.Now), vingd.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// open opens the newspaper with an edition, as one does that was started anew.
func (w *world) open(edition []newspaper.Article) {
	w.t.Helper()
	paper, err := newspaper.New(w.t.Context(), w.Client, newspaper.Options{
		Address: w.address, Articles: edition, Journal: w.journal, Logger: slog.New(slog.DiscardHandler), Clock: w.Now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paper = paper
}

// close closes the newspaper, which commits what was served.
func (w *world) close() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := w.paper.Close(ctx); err != nil {
		w.t.Error(err)
	}
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	if _, err := vingd.ParseCallback(r.URL); !errors.Is(err, vingd.ErrNoCallback) {
		w.returned = append(w.returned, w.address+r.URL.String())
	}
	paper := w.paper
	w.mu.Unlock()
	paper.ServeHTTP(rw, r)
}

// callback returns the one address with a token that readers came back to.
func (w *world) callback() string {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.returned) != 1 {
		w.t.Fatalf("readers came back to %d addresses, want one", len(w.returned))
	}
	return w.returned[0]
}

// begins opens the front page, and from there the article about bread.
func (w *world) begins() {
	w.t.Helper()
	w.Visit(w.address, http.StatusOK)
	w.Says("The Lamplighter", "A clock for the sea", "The bench at stop 14")
	w.Click("The bread that sings")
	w.teaser()
}

// teaser expects the page of the article for those who have not bought it.
func (w *world) teaser() {
	w.t.Helper()
	w.Says("Read on for 2.00 vingds", "Henrike Falk")
	if strings.Contains(w.Text(), "forty loaves") {
		w.t.Error("the article is there for nothing")
	}
}

// pays pays at Vingd as Ann.
func (w *world) pays() {
	w.t.Helper()
	w.Says("The Lamplighter: bread", "Buy anonymously")
	w.Choose("Ann")
	w.Click("Pay 2.00 vingds")
}

// reads expects the article, at an address without a token.
func (w *world) reads() {
	w.t.Helper()
	w.Says("The bread that sings", "At ten past four", "still be warm", "Thank you for reading")
	if address := w.Address(); address != w.address+"/articles/bread" {
		w.t.Errorf("the article is read at %s", address)
	}
}

// hold waits until Ann, Ben and the newspaper hold these amounts, and fails the test unless the books are right.
func (w *world) hold(ann, ben, paper vingd.Cents) {
	w.t.Helper()
	held := func() [3]vingd.Cents {
		balance, err := w.Balance(w.Seller())
		if err != nil {
			w.t.Fatal(err)
		}
		return [3]vingd.Cents{w.ann.Balance(), w.ben.Balance(), balance}
	}
	want := [3]vingd.Cents{ann, ben, paper}
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	every := time.NewTicker(5 * time.Millisecond)
	defer every.Stop()
	for got := held(); got != want; got = held() {
		select {
		case <-every.C:
		case <-deadline.C:
			w.t.Fatalf("Ann, Ben and the newspaper hold %v, want %v", got, want)
		}
	}
	if err := w.Check(); err != nil {
		w.t.Error(err)
	}
}

// holdStill is hold, after every call in flight has ended and every reservation has expired.
func (w *world) holdStill(ann, ben, paper vingd.Cents) {
	w.t.Helper()
	w.close()
	w.Advance(16 * time.Minute)
	w.hold(ann, ben, paper)
}

// calls counts the calls to the broker.
type calls struct {
	next http.RoundTripper

	mu      sync.Mutex
	all     int
	verify  int
	rewards int
}

func (c *calls) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.all++
	if strings.Contains(r.URL.Path, "/tokens/") {
		c.verify++
	}
	if strings.HasSuffix(r.URL.Path, "/rewards") {
		c.rewards++
	}
	c.mu.Unlock()
	return c.next.RoundTrip(r)
}

func (c *calls) count() (all, verify, rewards int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all, c.verify, c.rewards
}
