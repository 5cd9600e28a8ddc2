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
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/tlstest"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

const price = vingd.Cents(200)

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

	around   func(http.Handler) http.Handler // optional
	offering func(*http.Request)             // optional
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
	s.options = paywall.Options{Journal: paywall.NewMemory(), Clock: s.Now, Logger: slog.New(wholeLog{slog.NewTextHandler(s.log, nil), t})}
	for _, f := range change {
		f(&s.options)
	}
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.server.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(s.log, nil), slog.LevelError)
	tlstest.Start(s.server)
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

// abandon ends the paywall at once, as far as that goes without killing a process.
func (s *shop) abandon() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.wall.Close(ctx) // it says what it has left
}

func (s *shop) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	wall, content := s.wall, s.content
	s.mu.Unlock()
	w.Header().Set("Content-Security-Policy", "default-src 'self'")
	w.Header().Set("Vary", "Accept-Encoding")
	page := wall.Sell(s.offer, content)
	if s.around != nil {
		page = s.around(page)
	}
	page.ServeHTTP(w, r)
}

func (s *shop) offer(r *http.Request) (paywall.Offer, error) {
	if s.offering != nil {
		s.offering(r)
	}
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

// sells makes the shop's offer another one.
func (s *shop) sells(offer paywall.Offer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offered = offer
}

// article returns one of many objects of a shop.
func article(s *shop, i int) vingd.ObjectParams {
	return vingd.ObjectParams{Name: "Article", URL: s.server.URL + "/article?page=" + strconv.Itoa(i)}
}

// A countingJournal counts how often it is looked into.
type countingJournal struct {
	paywall.Journal
	finds, swaps atomic.Int64
	most         int64 // looks before it panics, so that a loop without a pause ends; 0 for any number
}

func (j *countingJournal) Find(ctx context.Context, key paywall.Key) (paywall.Entry, error) {
	if n := j.finds.Add(1); j.most > 0 && n > j.most {
		panic("the journal is asked without a pause")
	}
	return j.Journal.Find(ctx, key)
}

func (j *countingJournal) Swap(ctx context.Context, to paywall.Entry) (bool, error) {
	j.swaps.Add(1)
	return j.Journal.Swap(ctx, to)
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

// cookie returns the paywall's cookie that a browser holds.
func (b *browser) cookie() *http.Cookie {
	b.s.t.Helper()
	u, err := url.Parse(b.s.server.URL)
	if err != nil {
		b.s.t.Fatal(err)
	}
	for _, cookie := range b.Jar.Cookies(u) {
		if isBrowserCookie(cookie.Name) {
			return cookie
		}
	}
	b.s.t.Fatal("the browser has no cookie of the paywall")
	return nil
}

// isBrowserCookie reports whether a cookie by HTTPS names a browser.
func isBrowserCookie(name string) bool {
	return strings.HasPrefix(name, "__Host-vingd-") && name != "__Host-vingd-page"
}

// cookieOf returns the cookie of a browser with a number, in base64. It expires late.
func cookieOf(number string) *http.Cookie {
	return &http.Cookie{Name: "__Host-vingd-" + number[:8], Value: number + ".9999999999"}
}

// readerNumber is the number of a browser.
var readerNumber = strings.Repeat("abcd", 10) + "abc"

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
	first := b.open("/article?page=1&vingd=buy")
	if first.status != http.StatusSeeOther {
		b.s.t.Fatalf("a first visit gets %d %s", first.status, first.body)
	}
	back, err := b.buyer.Pay(orderOf(b.s.t, first.header.Get("Location")))
	if err != nil {
		b.s.t.Fatal(err)
	}
	return back.String()
}

// first opens the address of a return without a cookie, and returns the one to which that redirects.
func (b *browser) first(back string) string {
	b.s.t.Helper()
	once := *b.Client
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	v := (&browser{&once, b.s, b.buyer}).open(back)
	next, err := v.at.Parse(v.header.Get("Location"))
	if v.status != http.StatusSeeOther || err != nil || next.String() != back+"&vingd=returned" {
		b.s.t.Fatalf("a browser without a cookie gets %d %v, %v", v.status, v.header, err)
	}
	return next.String()
}

// callbackOf returns what an address brings back from Vingd.
func callbackOf(t testing.TB, address string) vingd.Callback {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	callback, err := vingd.ParseCallback(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	return callback
}

// sandboxClient returns a client of the same seller whose calls are not held up.
func (s *shop) sandboxClient() *vingd.Client {
	s.t.Helper()
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(s.Endpoint()),
		vingd.WithHTTPClient(s.HTTPClient()), vingd.WithClock(s.Now))
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

// tokenOf returns the token in an address.
func tokenOf(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Query().Get("tid") == "" {
		t.Fatalf("%q holds no token: %v", address, err)
	}
	return u.Query().Get("tid")
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

// holds fails the test unless a buyer holds this in the end, when what is due is committed, and all reservations are over.
func (s *shop) holds(buyer *sandbox.Buyer, want vingd.Cents) {
	s.t.Helper()
	s.settled()
	s.close()
	s.Advance(16 * time.Minute)
	if got := buyer.Balance(); got != want {
		s.t.Errorf("%s holds %v, want %v", buyer.Name(), got, want)
	}
	s.open()
}

// settled waits until nothing is due any more.
func (s *shop) settled() {
	s.t.Helper()
	until(s.t, "the last commit", func() bool { return s.count(paywall.StateDue) == 0 })
}

// count returns how many of the journal's unfinished entries are in a state.
func (s *shop) count(state paywall.State) (n int) {
	s.t.Helper()
	for entry, err := range s.options.Journal.Unfinished(s.t.Context()) {
		if err != nil {
			s.t.Fatal(err)
		}
		if entry.State == state {
			n++
		}
	}
	return n
}

// A wire counts the calls to the broker, by their methods and what they are about.
type wire struct {
	next   http.RoundTripper
	mu     sync.Mutex
	counts map[string]int
	down   bool
	holds  map[string]chan struct{} // calls that wait until the channel is closed

	rewrite func(string) string // changes the bodies of responses; optional
	watch   func(*http.Request) // sees the requests; optional
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	var hold chan struct{}
	for _, about := range []string{"/tokens/", "/purchases/", "/orders/", "/registry/"} {
		if strings.Contains(r.URL.Path, about) {
			w.counts[r.Method+about]++
			hold = w.holds[r.Method+about]
		}
	}
	w.counts["all"]++
	if w.watch != nil {
		w.watch(r)
	}
	down := w.down
	w.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if down {
		r = r.Clone(r.Context())
		r.URL.Host = "127.0.0.1:1" // no server listens there
	}
	response, err := w.next.RoundTrip(r)
	if err == nil && w.rewrite != nil {
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		changed := w.rewrite(string(body))
		response.Body, response.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
	}
	return response, err
}

// hold makes calls wait until a channel is closed.
func (w *wire) hold(what string, until chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holds = map[string]chan struct{}{what: until}
}

// cut makes the broker one that cannot be reached.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
}

// mend makes the broker one that can be reached.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = false
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

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A wholeLog fails the test if a log record lacks its message, or the name or the value of an attribute.
type wholeLog struct {
	slog.Handler
	t testing.TB
}

// Handle handles a record.
func (l wholeLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == "" {
		l.t.Error("a log record has no message")
	}
	r.Attrs(func(a slog.Attr) bool {
		l.check(a)
		return true
	})
	return l.Handler.Handle(ctx, r)
}

// WithAttrs returns a handler with attributes.
func (l wholeLog) WithAttrs(attributes []slog.Attr) slog.Handler {
	for _, a := range attributes {
		l.check(a)
	}
	return wholeLog{l.Handler.WithAttrs(attributes), l.t}
}

func (l wholeLog) check(a slog.Attr) {
	value := a.Value.String()
	if a.Key == "" || a.Key == "!BADKEY" || value == "" || value == "<nil>" || a.Key == "object" && value == "0" {
		l.t.Errorf("a log record has the attribute %v", a)
	}
}

// logged fails the test unless the log gets a record soon with these parts, in their order.
func (s *shop) logged(parts ...string) {
	s.t.Helper()
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	record := regexp.MustCompile("(?m)^.*" + strings.Join(parts, ".*") + ".*$")
	until(s.t, "the log record "+record.String(), func() bool { return record.MatchString(s.log.String()) })
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
