package newspaper_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/examples/shop/internal/newspaper"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A press is a newspaper on a sandbox. Beside these tests, ../../browser has it read by people.
type press struct {
	*sandboxtest.Sandbox

	t       *testing.T
	server  *httptest.Server
	journal *paywall.Memory
	edition []newspaper.Article
	paper   *newspaper.Newspaper
}

func newPress(t *testing.T) *press {
	t.Helper()
	p := &press{t: t, Sandbox: sandboxtest.New(t, vingd.WithRetries(0)), journal: paywall.NewMemory(), edition: newspaper.Edition()}
	p.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.paper.ServeHTTP(w, r) }))
	t.Cleanup(p.server.Close)
	p.open()
	t.Cleanup(p.close)
	return p
}

// open opens the newspaper, as a new process does.
func (p *press) open() {
	p.t.Helper()
	paper, err := newspaper.New(p.t.Context(), p.Client, newspaper.Options{
		Address: p.server.URL, Articles: p.edition, Journal: p.journal, Logger: slog.New(slog.DiscardHandler), Clock: p.Now,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.paper = paper
}

// close closes the newspaper, which commits what was served.
func (p *press) close() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := p.paper.Close(ctx); err != nil {
		p.t.Error(err)
	}
}

// reader returns a browser of its own, which does not go to Vingd.
func (p *press) reader() *http.Client {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	reader := *p.server.Client()
	reader.Jar = jar
	reader.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if "https://"+r.URL.Host != p.server.URL {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &reader
}

// A pageSeen is what a reader sees.
type pageSeen struct {
	status   int
	location string
	body     string
}

// send sends a request. Anybody may call it.
func (p *press) send(reader *http.Client, method, address string, header ...string) pageSeen {
	if strings.HasPrefix(address, "/") {
		address = p.server.URL + address
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, address, nil)
	if err != nil {
		p.t.Error(err)
		return pageSeen{}
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := reader.Do(r)
	if err != nil {
		p.t.Error(err)
		return pageSeen{}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Error(err)
	}
	return pageSeen{response.StatusCode, response.Header.Get("Location"), string(body)}
}

// buy buys the article about bread, and waits until it is committed.
func (p *press) buy(reader *http.Client, buyer *sandbox.Buyer) {
	p.t.Helper()
	first := p.send(reader, http.MethodGet, "/articles/bread?vingd=buy")
	order, err := strconv.ParseInt(path.Base(strings.TrimSuffix(first.location, "/add/")), 10, 64)
	if err != nil {
		p.t.Fatalf("the article: got %d", first.status)
	}
	back, err := buyer.Pay(vingd.OrderID(order))
	if err != nil {
		p.t.Fatal(err)
	}
	p.says(reader, http.MethodGet, back.String(), http.StatusOK, "forty loaves")
	every := time.NewTicker(time.Millisecond)
	defer every.Stop()
	for range 20_000 {
		unfinished := 0
		for _, err := range p.journal.Unfinished(p.t.Context()) {
			if unfinished++; err != nil {
				p.t.Fatal(err)
			}
		}
		if unfinished == 0 {
			return
		}
		<-every.C
	}
	p.t.Fatal("the purchase is not committed")
}

// says fails the test unless the response has this status and text.
func (p *press) says(reader *http.Client, method, address string, status int, text string) {
	p.t.Helper()
	got := p.send(reader, method, address)
	if got.status != status || !strings.Contains(got.body, text) {
		p.t.Errorf("%s %s: got %d %s, want %d with %q", method, address, got.status, got.body, status, text)
	}
}

// However many ask at once, in how many browsers and whether the newspaper was started anew: a reader has one reward.
func TestReward_Once(t *testing.T) {
	p := newPress(t)
	ann, reader, other := p.Buyer("Ann", 10_00), p.reader(), p.reader()
	p.buy(reader, ann)
	p.buy(other, ann)
	var crowd sync.WaitGroup
	for range 8 {
		for _, browser := range []*http.Client{reader, other} {
			crowd.Go(func() {
				got := p.send(browser, http.MethodPost, "/articles/bread/reward")
				if got.status != http.StatusOK || !strings.Contains(got.body, "went to your account") {
					t.Errorf("a reader who asks for a reward gets %d %s", got.status, got.body)
				}
			})
		}
	}
	crowd.Wait()
	if held := ann.Balance(); held != 6_10 {
		t.Errorf("Ann holds %v, want 6.10", held)
	}
	p.close()
	p.open()
	reader = p.reader()
	p.buy(reader, ann)
	p.says(reader, http.MethodGet, "/articles/bread", http.StatusOK, "went to your account")
	p.says(reader, http.MethodPost, "/articles/bread/reward", http.StatusOK, "went to your account")
	if held := ann.Balance(); held != 4_10 {
		t.Errorf("Ann holds %v, want 4.10", held)
	}
}

// A reader gets a reward only for an article that they have bought.
func TestReward_NotBought(t *testing.T) {
	p := newPress(t)
	reader := p.reader()
	p.says(reader, http.MethodPost, "/articles/bread/reward", http.StatusForbidden, "Please buy the article first")
	p.buy(reader, p.Buyer("Ann", 10_00))
	p.says(reader, http.MethodPost, "/articles/tide/reward", http.StatusForbidden, "Please buy the article first")
	p.says(reader, http.MethodPost, "/articles/butter/reward", http.StatusNotFound, "There is no such page")
}

// A form that another site sends gives nothing.
func TestForms_Foreign(t *testing.T) {
	p := newPress(t)
	ann, reader := p.Buyer("Ann", 10_00), p.reader()
	p.buy(reader, ann)
	for _, address := range []string{"/articles/bread/reward", "/voucher"} {
		if got := p.send(reader, http.MethodPost, address, "Sec-Fetch-Site", "cross-site"); got.status != http.StatusForbidden {
			t.Errorf("a foreign form to %s gets %d %s", address, got.status, got.body)
		}
	}
	if held := ann.Balance(); held != 8_00 {
		t.Errorf("Ann holds %v, want 8.00", held)
	}
}

// A reader has one voucher, which expires, and for 30 days what they have bought.
func TestNewspaper_Remembers(t *testing.T) {
	p := newPress(t)
	reader := p.reader()
	p.says(reader, http.MethodPost, "/voucher", http.StatusOK, "Your voucher")
	p.says(reader, http.MethodPost, "/voucher", http.StatusOK, "Your voucher")
	vouchers, err := p.Client.Vouchers.List(t.Context(), vingd.VoucherFilter{})
	if err != nil || len(vouchers) != 1 {
		t.Errorf("a reader was given %d vouchers (%v)", len(vouchers), err)
	}
	p.Advance(25 * time.Hour)
	p.says(reader, http.MethodGet, "/voucher", http.StatusOK, "Your voucher has expired")
	p.buy(reader, p.Buyer("Ann", 10_00))
	p.says(reader, http.MethodGet, "/", http.StatusOK, "yours to read")
	p.Advance(29*24*time.Hour + 23*time.Hour)
	p.says(reader, http.MethodGet, "/articles/bread", http.StatusOK, "forty loaves")
	p.Advance(2 * time.Hour)
	p.says(reader, http.MethodGet, "/articles/bread", http.StatusOK, "Read on for")
}

// A reader keeps an article whose headline is corrected.
func TestNewspaper_HeadlineCorrected(t *testing.T) {
	p := newPress(t)
	reader := p.reader()
	p.buy(reader, p.Buyer("Ann", 10_00))
	p.close()
	p.edition[0].Title = "The bread that hums"
	p.open()
	p.says(reader, http.MethodGet, "/articles/bread", http.StatusOK, "forty loaves")
	p.says(reader, http.MethodGet, "/articles/bread", http.StatusOK, "The bread that hums")
}

// When the broker is away no page breaks.
func TestBrokerAway(t *testing.T) {
	p := newPress(t)
	reader := p.reader()
	p.says(reader, http.MethodPost, "/voucher", http.StatusOK, "Your voucher")
	p.Fail("", sandbox.Fault{HangUp: true})
	p.says(reader, http.MethodGet, "/", http.StatusOK, "The bread that sings")
	p.says(reader, http.MethodGet, "/articles/bread", http.StatusOK, "Read on for")
	p.says(reader, http.MethodGet, "/articles/bread?vingd=buy", http.StatusServiceUnavailable, "We cannot reach Vingd")
	p.says(reader, http.MethodGet, "/voucher", http.StatusServiceUnavailable, "Your voucher is not lost")
	p.says(p.reader(), http.MethodPost, "/voucher", http.StatusServiceUnavailable, "We have no voucher for you")
}
