package paywall_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

const price = vingd.Cents(200)

var testKey = bytes.Repeat([]byte("k"), 32)

// A shop sells one article behind a paywall, over TLS, to buyers of a sandbox.
type shop struct {
	*sandboxtest.Sandbox

	t       testing.TB
	server  *httptest.Server
	options paywall.Options
	wall    *paywall.Paywall
	object  vingd.ObjectID
	wire    *wire
	log     *logBook

	mu      sync.Mutex
	offered paywall.Offer
	content http.Handler
	after   func() // a page was served, and before its answer ends
}

// newShop opens a shop. Its client says each thing once.
func newShop(t testing.TB, change ...func(*paywall.Options)) *shop {
	t.Helper()
	s := &shop{t: t, wire: &wire{counts: make(map[string]int)}, log: new(logBook)}
	s.Sandbox = sandboxtest.New(t, vingd.WithRetries(0))
	s.wire.next = s.HTTPClient().Transport
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(s.Endpoint()), vingd.WithFrontend(s.Frontend()),
		vingd.WithHTTPClient(&http.Client{Transport: s.wire}), vingd.WithClock(s.Now), vingd.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	s.Client = client
	s.options = paywall.Options{
		Keys: [][]byte{testKey}, Journal: paywall.NewMemory(), Clock: s.Now, Logger: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	for _, f := range change {
		f(&s.options)
	}
	s.server = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.server.Close)
	s.open()
	t.Cleanup(func() { s.close() })
	s.object, err = s.wall.EnsureObject(t.Context(), vingd.ObjectParams{Name: "Article", URL: s.server.URL + "/article?page=1"})
	if err != nil {
		t.Fatal(err)
	}
	s.offered = paywall.Offer{Object: s.object, Price: price, Context: "shelf 3"}
	s.content = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "Here is the article.\n")
	})
	return s
}

// open begins a paywall on the shop's journal, as a new process does.
func (s *shop) open() {
	s.t.Helper()
	wall, err := paywall.New(s.Client, s.options)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	s.wall = wall
	s.mu.Unlock()
}

// close ends the paywall, which commits what is due.
func (s *shop) close() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.wall.Close(ctx); err != nil {
		s.t.Error(err)
	}
}

// abandon ends the paywall without committing what is due.
func (s *shop) abandon() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.wall.Close(ctx); err == nil {
		s.t.Error("nothing was due")
	}
}

func (s *shop) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	wall, content, after := s.wall, s.content, s.after
	s.mu.Unlock()
	w.Header().Set("Content-Security-Policy", "default-src 'self'")
	w.Header().Set("Vary", "Accept-Encoding")
	wall.Sell(s.offer, content).ServeHTTP(w, r)
	if after != nil {
		after()
	}
}

func (s *shop) offer(*http.Request) (paywall.Offer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offered, nil
}

// serves makes the shop's content something else.
func (s *shop) serves(content http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.content = content
}

// A browser belongs to somebody who may buy. It follows redirects within the shop.
type browser struct {
	*http.Client

	s     *shop
	buyer *sandbox.Buyer
}

func (s *shop) browser(buyer *sandbox.Buyer, cookies bool) *browser {
	s.t.Helper()
	client := *s.server.Client()
	if cookies {
		jar, err := cookiejar.New(nil)
		if err != nil {
			s.t.Fatal(err)
		}
		client.Jar = jar
	}
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host != strings.TrimPrefix(s.server.URL, "https://") {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &browser{Client: &client, s: s, buyer: buyer}
}

// A view is what a browser shows.
type view struct {
	status int
	header http.Header
	body   string
	at     *url.URL
	broken error // the content broke off
}

func (b *browser) open(address string, header ...string) view {
	b.s.t.Helper()
	return b.send(http.MethodGet, address, header...)
}

func (b *browser) send(method, address string, header ...string) view {
	b.s.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.s.server.URL + address
	}
	r, err := http.NewRequestWithContext(b.s.t.Context(), method, address, nil)
	if err != nil {
		b.s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := b.Do(r)
	if err != nil {
		return view{broken: err}
	}
	body, broken := io.ReadAll(response.Body)
	if err := response.Body.Close(); err != nil {
		b.s.t.Error(err)
	}
	return view{response.StatusCode, response.Header, string(body), response.Request.URL, broken}
}

// pay opens the article, pays, and returns where Vingd leads the browser.
func (b *browser) pay() string {
	b.s.t.Helper()
	first := b.open("/article?page=1")
	if first.status != http.StatusSeeOther {
		b.s.t.Fatalf("a first visit gets %d %s", first.status, first.body)
	}
	back, err := b.buyer.Pay(orderOf(b.s.t, first.header.Get("Location")))
	if err != nil {
		b.s.t.Fatal(err)
	}
	return back.String()
}

// orderOf returns the order of an address at Vingd.
func orderOf(t testing.TB, address string) vingd.OrderID {
	t.Helper()
	id, err := strconv.ParseInt(path.Base(strings.TrimSuffix(address, "/add/")), 10, 64)
	if err != nil {
		t.Errorf("%q is no order: %v", address, err)
	}
	return vingd.OrderID(id)
}

// is fails the test unless a view has this status and this in its body.
func (v view) is(t testing.TB, status int, text string) {
	t.Helper()
	if v.status != status || !strings.Contains(v.body, text) {
		t.Errorf("got %d %q (%v), want %d %q", v.status, v.body, v.broken, status, text)
	}
}

// holds fails the test unless a buyer holds this in the end, when all that was reserved has come back.
func (s *shop) holds(buyer *sandbox.Buyer, want vingd.Cents) {
	s.t.Helper()
	s.close()
	s.Advance(16 * time.Minute)
	if got := buyer.Balance(); got != want {
		s.t.Errorf("%s holds %v, want %v", buyer.Name(), got, want)
	}
	s.open()
}

// A wire counts the calls to the broker, by their methods and what they are about.
type wire struct {
	next   http.RoundTripper
	mu     sync.Mutex
	counts map[string]int
	down   bool
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	for _, about := range []string{"/tokens/", "/purchases/", "/orders/", "/registry/"} {
		if strings.Contains(r.URL.Path, about) {
			w.counts[r.Method+about]++
		}
	}
	w.counts["all"]++
	down := w.down
	w.mu.Unlock()
	if down {
		r = r.Clone(r.Context())
		r.URL.Host = "127.0.0.1:1" // nobody listens there
	}
	return w.next.RoundTrip(r)
}

// cut makes the broker one that cannot be reached.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
}

func (w *wire) count(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts[what]
}

// A logBook keeps what was logged.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBook) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// until waits for a condition.
func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	every := time.NewTicker(2 * time.Millisecond)
	defer every.Stop()
	for !condition() {
		select {
		case <-every.C:
		case <-deadline.C:
			t.Fatalf("%s does not happen", what)
		}
	}
}
