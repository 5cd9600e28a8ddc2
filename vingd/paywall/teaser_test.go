package paywall_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A first visit shows the price, and makes no order. Its link leads to Vingd. A buyer who cancels there sees the price again.
func TestTeaser_Cancelled(t *testing.T) {
	s := newShop(t)
	b := s.browser(s.Buyer("Ann", 5_00), true)
	calls := s.wire.count("all")
	for range 2 { // the second one is the buyer who has cancelled: Vingd leads them to the URL of the object
		v := b.open("/article?page=1")
		v.is(t, http.StatusPaymentRequired, `<a href="./article?page=1&amp;vingd=buy">Buy for 2.00 vingds</a>`)
		v.is(t, http.StatusPaymentRequired, "<h1>Article</h1>")
		if v.header.Get("Cache-Control") != "no-store" {
			t.Errorf("the header is %v", v.header)
		}
	}
	if n := s.wire.count("all") - calls; n != 0 {
		t.Errorf("showing the price took %d calls to the broker", n)
	}
	if v := b.send(http.MethodHead, "/article?page=1"); v.status != http.StatusPaymentRequired || v.body != "" {
		t.Errorf("HEAD gets %d %s", v.status, v.body)
	}
	b.send(http.MethodPost, "/article?page=1&vingd=buy").is(t, http.StatusPaymentRequired, "Buy for 2.00")
	b.open("/article?page=1&vingd=buy", "Purpose", "prefetch").is(t, http.StatusPaymentRequired, "Buy for 2.00")
	if n := s.wire.count("all") - calls; n != 0 {
		t.Errorf("a prefetch and a POST took %d calls to the broker", n)
	}
	if v := b.open("/article?page=1&vingd=buy"); !strings.HasPrefix(v.header.Get("Location"), s.Frontend()+"/orders/") {
		t.Errorf("the link leads to %v", v.header)
	}
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	v := b.open("/article?page=1&vingd=buy")
	v.is(t, http.StatusOK, "Here is the article.")
	if v.at.RawQuery != "page=1" {
		t.Errorf("a buyer who has access ends on %v", v.at)
	}
}

// The seller's handlers do not see that a buyer has followed the link.
func TestTeaser_LinkIsHidden(t *testing.T) {
	s := newShop(t)
	s.sells(paywall.Offer{})
	s.serves(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.URL.RawQuery + r.RequestURI)) })
	s.offering = func(r *http.Request) {
		if strings.Contains(r.RequestURI+r.URL.String(), "vingd") {
			t.Errorf("offer sees %s", r.RequestURI)
		}
	}
	s.browser(nil, true).open("/article?vingd=buy&page=1").is(t, http.StatusOK, "page=1/article?page=1")
}

// Texts in another language come by the request, which holds no token. The page's template shows them.
func TestOptions_Translate(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) {
		o.Pages = template.Must(template.New("").Parse(
			`<html lang="{{.Lang}}"><h1>{{.Title}}</h1>{{.Text}} <a href="{{.Link}}">{{.LinkText}}</a> {{.Name}} {{.Price}}`))
		o.Translate = func(r *http.Request, n paywall.Notice) paywall.Notice {
			if strings.Contains(r.RequestURI+r.URL.String()+r.Header.Get("Referer"), "tid") {
				t.Errorf("Translate sees %s", r.RequestURI)
			}
			if strings.HasPrefix(r.Header.Get("Accept-Language"), "de") {
				n.Lang, n.Title, n.LinkText, n.Status = "de", string(n.Reason)+" <auf Deutsch>", "Für "+n.Price.String()+" kaufen", 99
			}
			return n
		}
	})
	b := s.browser(nil, true)
	b.open("/article?page=1", "Accept-Language", "de-AT").is(t, http.StatusPaymentRequired,
		`<html lang="de"><h1>unpaid &lt;auf Deutsch&gt;</h1>This costs 2.00 vingds. You pay at Vingd, and only for what you get. `+
			`<a href="./article?page=1&amp;vingd=buy">Für 2.00 kaufen</a> Article 2.00`)
	b.open("/article?page=1", "Accept-Language", "fr").is(t, http.StatusPaymentRequired, `<html lang="en">`)
	b.open("/article?oid=1&tid=zz", "Accept-Language", "de", "Referer", s.server.URL+"/?tid=zz").is(t, http.StatusBadRequest, "malformed &lt;auf")
	b.open("/article?oid=1&tid=zz", "Accept-Language", "de", "Accept", "application/json").is(t, http.StatusBadRequest, `"lang":"de"`)
}

// One object is sold on many pages. After paying, the buyer is on the page on which they have begun, and all are open to them.
func TestSell_Pass(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("at " + r.URL.RequestURI())) })
	for _, page := range []string{
		"/article?page=1", "/articles/7?a=1&b=%23%26", "/", "/a/b/c/", "/de/%C3%A4%2Frticle", "//double//slash", "/a:b", "/a/../b", "/" + strings.Repeat("x", 900),
	} {
		ann := s.Buyer("Ann", 5_00)
		b := s.browser(ann, true)
		join := map[bool]string{true: "&", false: "?"}[strings.Contains(page, "?")]
		first := b.open(s.server.URL + page + join + "vingd=buy")
		back, err := ann.Pay(orderOf(t, first.header.Get("Location")))
		if err != nil {
			t.Fatal(err)
		}
		v := b.open(back.String())
		if want := strings.Replace(page, "/a/../b", "/b", 1); v.status != http.StatusOK || v.at.RequestURI() != want {
			t.Errorf("%s: the buyer ends on %v with %d %s", page, v.at, v.status, v.body)
		}
		for _, other := range []string{"/article?page=1", "/articles/8"} {
			b.open(other).is(t, http.StatusOK, "at "+other)
		}
		b.open(back.String()).is(t, http.StatusOK, "at /article?page=1") // the page is remembered for one return
		s.holds(ann, 3_00)
	}
}

// A page whose address is too long for a cookie is not remembered, and is not taken from one.
func TestSell_LongReturn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	u, err := url.Parse(s.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for length, remembered := range map[int]bool{1024: true, 1025: false} {
		page := "/" + strings.Repeat("x", length-1)
		for _, forged := range []bool{false, true} {
			ann := s.Buyer("Ann", 5_00)
			b := s.browser(ann, true)
			first := b.open(map[bool]string{false: page + "?vingd=buy", true: "/article?page=1&vingd=buy"}[forged])
			back, err := ann.Pay(orderOf(t, first.header.Get("Location")))
			if err != nil {
				t.Fatal(err)
			}
			if forged {
				value := base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprint(s.object, " ", page)))
				b.Jar.SetCookies(u, []*http.Cookie{{Name: "__Host-vingd-page", Value: value, Path: "/", Secure: true}})
			}
			v := b.open(back.String())
			if v.is(t, http.StatusOK, "Here is the article."); (v.at.Path == page) != remembered {
				t.Errorf("%d bytes, forged %t: the buyer ends on %v", length, forged, v.at)
			}
		}
	}
}

// The cookie that remembers a page leads to no other site, whatever it holds, and not to a page of another object.
func TestSell_ForgedReturn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, page := range []string{
		"//evil.example/x", `/\evil.example`, "https://evil.example/", "javascript:alert(1)", "", "/%0d%0aSet-Cookie:a=b", "/\r\nX: y",
		"///evil.example", "/./\t/evil.example", "evil.example", "*", "/\x00", "/ä", strings.Repeat("/x", 3000),
	} {
		for _, object := range []string{fmt.Sprint(s.object), fmt.Sprint(s.object + 1), "", "x"} {
			b := s.browser(s.Buyer("Ann", 5_00), true)
			back := b.pay()
			u, err := url.Parse(s.server.URL)
			if err != nil {
				t.Fatal(err)
			}
			b.Jar.SetCookies(u, []*http.Cookie{{
				Name: "__Host-vingd-page", Value: base64.RawURLEncoding.EncodeToString([]byte(object + " " + page)), Path: "/", Secure: true,
			}})
			b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			v := b.open(back)
			to, err := url.Parse(v.header.Get("Location"))
			if err != nil || v.status != http.StatusSeeOther || !strings.HasPrefix(v.header.Get("Location"), ".") {
				t.Fatalf("%q leads to %v (%v)", page, v.header, err)
			}
			if at := v.at.ResolveReference(to); at.Host != u.Host || at.Scheme != "https" || object != fmt.Sprint(s.object) && at.RequestURI() != "/article?page=1" {
				t.Errorf("%q of %q leads to %v", page, object, at)
			}
		}
	}
}

// OnCommit is called until it returns nil, once if nothing fails, and before the journal says that the purchase is committed.
func TestOptions_OnCommit(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told []paywall.Entry
	fails := 2
	s := newShop(t, func(o *paywall.Options) {
		o.OnCommit = func(ctx context.Context, entry paywall.Entry) error {
			mu.Lock()
			defer mu.Unlock()
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("the call has no end")
			}
			told = append(told, entry)
			if len(told) <= fails {
				return errors.New("the accounts are closed")
			}
			return nil
		}
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 3_00)
	if len(told) != fails+1 {
		t.Fatalf("it was called %d times", len(told))
	}
	for _, entry := range told {
		if entry.Key != told[0].Key || entry.State != paywall.Committed || entry.Object != s.object || entry.Price != price || entry.Purchase == 0 || entry.Buyer == "" {
			t.Errorf("it was told %+v", entry)
		}
	}
	if n := s.wire.count("PUT/purchases/"); n != 1 {
		t.Errorf("it was committed %d times", n)
	}
	if !strings.Contains(s.log.String(), "the accounts are closed") {
		t.Errorf("the log is %s", s.log)
	}
}

// A process that ends between the commit and its OnCommit leaves both to the next one.
func TestOptions_OnCommitAfterRestart(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	told, closed := 0, true
	s := newShop(t, func(o *paywall.Options) {
		o.OnCommit = func(context.Context, paywall.Entry) error {
			mu.Lock()
			defer mu.Unlock()
			if told++; closed {
				return errors.New("the accounts are closed")
			}
			return nil
		}
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	until(t, "the first call", func() bool { mu.Lock(); defer mu.Unlock(); return told > 0 })
	s.abandon()
	mu.Lock()
	before := told
	closed = false
	mu.Unlock()
	s.open()
	s.settled()
	mu.Lock()
	if told != before+1 {
		t.Errorf("the next process called it %d times", told-before)
	}
	mu.Unlock()
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 3_00)
}

// A commit that the broker has refused is not told.
func TestOptions_OnCommitExpired(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) {
		o.OnCommit = func(context.Context, paywall.Entry) error {
			t.Error("an expired purchase is told as a commit")
			return nil
		}
	})
	s.Fail("commitPurchase", sandbox.Fault{Status: http.StatusConflict})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusGone, "not charged")
	s.holds(ann, 5_00)
}

// A paywall counts what it does.
func TestStats_Counts(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 9_00)
	b := s.browser(ann, true)
	b.open("/article?page=1")
	b.open("/article?oid=1&tid=zz")
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	stats := func() string {
		got := s.wall.Stats()
		return fmt.Sprint(got.Verified, got.Refused, got.Committed, got.Expired, got.FailedCommits, got.Committing,
			got.Notices[paywall.Unpaid], got.Notices[paywall.Malformed], got.Notices[paywall.Broken])
	}
	until(t, "the count of the commit", func() bool { return stats() == "1 0 1 0 0 0 1 1 0" })
	b = s.browser(ann, true)
	back := b.pay()
	s.Fail("commitPurchase", sandbox.Fault{Status: http.StatusConflict, Next: 1})
	b.open(back).is(t, http.StatusGone, "not charged")
	until(t, "the count of the expired one", func() bool { return stats() == "2 0 1 1 0 0 1 1 0" })
	s.Advance(16 * time.Minute) // Ann has her money back
	b = s.browser(ann, false)
	back = b.pay()
	s.Fail("verifyPurchase", sandbox.Fault{Status: http.StatusForbidden, Next: 1})
	b.open(back).is(t, http.StatusForbidden, "cannot be used")
	s.Fail("commitPurchase", sandbox.Fault{Status: http.StatusServiceUnavailable})
	back = b.pay()
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	until(t, "a commit that fails", func() bool { st := s.wall.Stats(); return st.FailedCommits > 0 && st.Committing == 1 })
	if st := s.wall.Stats(); st.Refused != 1 || st.Verified != 3 {
		t.Errorf("got %+v", st)
	}
	s.ClearFaults()
	s.settled()
}

// A browser that has signed out has nothing any more.
func TestSignOut_Forgets(t *testing.T) {
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.around = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/out" {
				s.wall.SignOut(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	b.open("/out").is(t, http.StatusOK, "")
	b.open("/article?page=1").is(t, http.StatusPaymentRequired, "Buy for 2.00")
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 1_00)
}

// A purchase that is revoked opens nothing, on other machines within a minute. Nothing else can be revoked.
func TestRevoke_Committed(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) { o.Remember(50 * time.Millisecond) })
	ann := s.Buyer("Ann", 5_00)
	var key paywall.Key
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		entry, _ := paywall.FromContext(r.Context())
		key = entry.Key
		if err := s.wall.Revoke(r.Context(), key); entry.State != paywall.Committed && (err == nil || !strings.Contains(err.Error(), string(entry.State))) {
			t.Errorf("a purchase that is %s: got %v", entry.State, err)
		}
		_, _ = w.Write([]byte("Here is the article."))
	})
	b := s.browser(ann, true)
	back := b.pay()
	b.open(back).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	other, err := paywall.New(s.Client, s.options)
	if err != nil {
		t.Fatal(err)
	}
	first := s.wall
	s.mu.Lock()
	s.wall = other
	s.mu.Unlock()
	s.serves(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("Here is the article.")) })
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	for range 2 { // it is revoked once
		if err := first.Revoke(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "the end of the access", func() bool { return b.open("/article?page=1").status == http.StatusPaymentRequired })
	b.open(back).is(t, http.StatusForbidden, "cannot be used")
	s.mu.Lock()
	s.wall = first
	s.mu.Unlock()
	b.open("/article?page=1").is(t, http.StatusPaymentRequired, "Buy for 2.00")
	if err := other.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.options.Journal.Purge(t.Context(), s.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	b.open(back).is(t, http.StatusForbidden, "cannot be used")
	if err := first.Revoke(t.Context(), key); err == nil {
		t.Error("a purchase that was purged is revoked")
	}
	if err := s.wall.Revoke(t.Context(), paywall.Key{1}); err == nil {
		t.Error("an unknown key is revoked")
	}
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 1_00)
}

// Revoke reports a journal that fails, before and after the write.
func TestRevoke_JournalFails(t *testing.T) {
	for at := range 2 {
		s := newShop(t)
		entry := paywall.Entry{Key: paywall.Key{1}, State: paywall.Claimed, Object: 1, Until: s.Now().UTC().Add(time.Hour)}
		put(t, s.options.Journal, entry)
		entry.Version, entry.State = 1, paywall.Committed
		put(t, s.options.Journal, entry)
		s.close()
		s.options.Journal = &failingJournal{Journal: s.options.Journal, at: at + 1, all: true, how: "before"}
		wall, err := paywall.New(s.Client, s.options)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := wall.Revoke(ctx, entry.Key); err == nil || !strings.Contains(err.Error(), "revoke") {
			t.Errorf("from call %d on: got %v", at+1, err)
		}
		cancel()
		if err := wall.Close(t.Context()); err != nil {
			t.Error(err)
		}
		s.options.Journal = paywall.NewMemory()
		s.open()
	}
}

// A failure of the seller's side is logged as an error, and a buyer's mistake is not.
func TestNotice_LogLevel(t *testing.T) {
	s := newShop(t)
	b := s.browser(nil, true)
	b.open("/article?oid=1&tid=zz").is(t, http.StatusBadRequest, "not right")
	b.open("/article?page=1").is(t, http.StatusPaymentRequired, "Buy for")
	if text := s.log.String(); strings.Contains(text, "level=ERROR") || !strings.Contains(text, "level=INFO msg=\"paywall: not served\" reason=malformed") {
		t.Errorf("the log is %s", text)
	}
	s.sells(paywall.Offer{Object: -1, Price: 1})
	b.open("/article?page=1").is(t, http.StatusInternalServerError, "went wrong")
	if text := s.log.String(); !strings.Contains(text, "level=ERROR msg=\"paywall: not served\" reason=offer_failed status=500") {
		t.Errorf("the log is %s", text)
	}
}

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
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?%74id=abc&x=%zz&a=b", nil)
	paywall.HideTokens(log)(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
	if r.URL.RawQuery != "%74id=abc&x=%zz&a=b" {
		t.Errorf("the request is changed to %s", r.URL)
	}
	for _, secret := range []string{tokenOf(t, back), b.cookie().Value, "abc"} {
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

// The script is one that browsers run.
func TestServeScript_Headers(t *testing.T) {
	w := httptest.NewRecorder()
	paywall.ServeScript(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/vingd.js", nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" || !strings.Contains(w.Body.String(), "data-vingd") {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
}

// A test of a seller's buys in one line.
func TestBuyer_VisitsPaywall(t *testing.T) {
	s := newShop(t)
	for _, cookies := range []bool{true, false} {
		ann := s.Buyer("Ann", 5_00)
		browser := s.browser(ann, cookies).Client
		browser.CheckRedirect = nil
		for range 2 {
			page, err := ann.Visit(t.Context(), browser, s.server.URL+"/article?page=1")
			if err != nil {
				t.Fatal(err)
			}
			if page.StatusCode != http.StatusOK {
				t.Errorf("the buyer gets %s", page.Status)
			}
			if err := page.Body.Close(); err != nil {
				t.Error(err)
			}
		}
		s.holds(ann, map[bool]vingd.Cents{true: 3_00, false: 1_00}[cookies])
	}
}

func TestMiddleware_NilPanics(t *testing.T) {
	s := newShop(t)
	defer func() {
		if recover() == nil {
			t.Error("a nil offer is accepted")
		}
	}()
	s.wall.Middleware(nil)
}
