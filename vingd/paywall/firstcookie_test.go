package paywall_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// cookieSessions are sessions of a seller's. Grant begins one with a cookie if the browser has none.
type cookieSessions struct {
	mu     sync.Mutex
	grants map[string]paywall.Grant // by the cookie and the object
}

func (s *cookieSessions) Grant(w http.ResponseWriter, r *http.Request, grant paywall.Grant) error {
	cookie, err := r.Cookie("session")
	if err != nil {
		cookie = &http.Cookie{Name: "session", Value: rand.Text(), Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
		http.SetCookie(w, cookie)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants[fmt.Sprint(cookie.Value, " ", grant.Object)] = grant
	return nil
}

func (s *cookieSessions) Granted(r *http.Request, object vingd.ObjectID) (paywall.Grant, bool, error) {
	cookie, err := r.Cookie("session")
	if err != nil {
		return paywall.Grant{}, false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	grant, ok := s.grants[fmt.Sprint(cookie.Value, " ", object)]
	return grant, ok, nil
}

// loses cuts the connection at the end of the nth request from now on, before the client has a byte of the response.
func (s *shop) loses(n int64) {
	var requests atomic.Int64
	s.around = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			if requests.Add(1) == n {
				panic(http.ErrAbortHandler)
			}
		})
	}
}

// retriesNothing has a browser open a connection for each request, so that its transport retries none.
func (b *browser) retriesNothing() {
	transport := b.Transport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	b.Transport = transport
}

// failedAt returns the address that a browser was opening when its connection broke.
func failedAt(t testing.TB, v view) string {
	t.Helper()
	var failed *url.Error
	if !errors.As(v.broken, &failed) {
		t.Fatalf("got %d %q, want a broken connection", v.status, v.body)
	}
	return failed.URL
}

// A browser that keeps cookies is charged once, and opens the page for as long as AccessFor says, whichever response of its
// return is lost. The shop may never have seen the browser before, as after a link in a mail.
func TestReturn_ResponseLost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fresh, session bool
		responses      int64
	}{
		"the browser that followed the link to buy": {false, false, 2},
		"another browser":                {true, false, 3},
		"that browser with a session":    {false, true, 2},
		"another browser with a session": {true, true, 3},
	} {
		for lost := range test.responses + 1 { // none for 0
			for _, restarts := range endure.Part([]bool{lost%2 == 0, lost%2 != 0}, 1) {
				t.Run(fmt.Sprintf("%s, response %d, restart %t", name, lost, restarts), func(t *testing.T) {
					t.Parallel()
					s := newShop(t, func(o *paywall.Options) {
						if o.AccessFor = 30 * 24 * time.Hour; test.session {
							o.Access = &cookieSessions{grants: make(map[string]paywall.Grant)}
						}
					})
					ann := s.Buyer("Ann", 5_00)
					b := s.browser(ann, true)
					back := b.pay()
					if test.fresh {
						b = s.browser(ann, true)
					}
					b.retriesNothing()
					s.loses(lost)
					v := b.open(back)
					if lost == 0 {
						v.is(t, http.StatusOK, "Here is the article.")
					} else {
						again := failedAt(t, v)
						s.around = nil
						charged := s.wire.count("PUT/purchases/") == 1
						if charged != (lost == test.responses) {
							t.Errorf("charged: %t", charged)
						}
						s.Advance(10 * time.Minute)
						if restarts {
							s.close()
							s.open()
						}
						if !charged {
							v = b.open(again)
							v.is(t, http.StatusOK, "Here is the article.")
							if v.at.RequestURI() != "/article?page=1" {
								t.Errorf("the buyer ends on %v", v.at)
							}
						}
					}
					b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
					s.settled()
					s.Advance(24 * time.Hour)
					b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
					b.open(back).is(t, http.StatusOK, "Here is the article.")
					if n := s.wire.count("PUT/purchases/"); n != 1 {
						t.Errorf("it was committed %d times", n)
					}
					s.holds(ann, 3_00)
				})
			}
		}
	}
}

// A browser without a cookie is redirected to the same address with one, and is charged on the page without the token.
// Neither the seller's code nor an access log sees where the purchase is, or the token.
func TestReturn_FirstCookie(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var mu sync.Mutex
	var seen []string
	look := func(r *http.Request) {
		_ = r.ParseForm()
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprint(r.URL, r.RequestURI, r.Form, r.Header.Get("Referer"), r.Method))
	}
	s.offering = look
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		look(r)
		_, _ = io.WriteString(w, wholeArticle)
	})
	s.around = paywall.HideTokens(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			slog.New(slog.NewTextHandler(s.log, nil)).Info("access", "uri", r.RequestURI, "url", r.URL, "header", r.Header)
			next.ServeHTTP(w, r)
		})
	})
	ann := s.Buyer("Ann", 5_00)
	back := s.browser(ann, true).pay()
	tid := tokenOf(t, back)
	b := s.browser(ann, true)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	at, referrer := back, ""
	for i, location := range []string{"./article" + back[strings.Index(back, "?"):] + "&vingd=returned", "./article?page=1"} {
		v := b.open(at, "Referer", referrer)
		cookies := (&http.Response{Header: v.header}).Cookies()
		if v.status != http.StatusSeeOther || v.header.Get("Location") != location || v.body != "" || len(cookies) != 1 || !isBrowserCookie(cookies[0].Name) ||
			cookies[0].MaxAge != int((paywall.DefaultAccess+24*time.Hour)/time.Second) {
			t.Fatalf("step %d: got %d %v", i+1, v.status, v.header)
		}
		if v.header.Get("Cache-Control") != "no-store" || v.header.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(strings.Join(v.header.Values("Vary"), ","), "Cookie") {
			t.Errorf("step %d: the header is %v", i+1, v.header)
		}
		if n := s.wire.count("PUT/purchases/"); n != 0 {
			t.Errorf("step %d: it was committed %d times", i+1, n)
		}
		next, err := v.at.Parse(v.header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		at, referrer = next.String(), at
	}
	b.open(at).is(t, http.StatusOK, "Here is the article.")
	b.open(back+"&vingd=returned", "Referer", referrer).is(t, http.StatusSeeOther, "")
	s.holds(ann, 3_00)
	if len(seen) != 6 { // five offers and one page
		t.Errorf("the seller's code sees %q", seen)
	}
	for _, text := range seen {
		if strings.Contains(text, "vingd") || strings.Contains(text, "tid") || !strings.Contains(text, "page:[1]") {
			t.Errorf("the seller's code sees %s", text)
		}
	}
	if log := s.log.String(); strings.Contains(log, tid) || strings.Contains(log, b.cookie().Value[:43]) || !strings.Contains(log, "tid=hidden") || !strings.Contains(log, "&vingd=returned") {
		t.Errorf("the log is %s", log)
	}
}

// A client that keeps no cookies, or sends one that is invalid, is redirected once and then served.
func TestReturn_ClientKeepsNoCookies(t *testing.T) {
	t.Parallel()
	for _, header := range [][]string{nil, {"Cookie", "__Host-vingd-x=x"}, {"Accept", "application/json"}} {
		s := newShop(t)
		buyers := s.crowdOf(1)
		b := s.browser(buyers[0], false)
		back := b.pay()
		b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		for range 2 { // the first response may be lost
			if v := b.open(back, header...); v.status != http.StatusSeeOther || v.header.Get("Location") != "./article"+back[strings.Index(back, "?"):]+"&vingd=returned" {
				t.Errorf("with %q, the client gets %d %v", header, v.status, v.header)
			}
		}
		if n := s.wire.count("PUT/purchases/"); n != 0 {
			t.Errorf("with %q, it was committed %d times", header, n)
		}
		for _, address := range []string{back + "&vingd=returned", back + "&vingd=returned", back} {
			b.open(address, header...).is(t, http.StatusOK, "Here is the article.")
		}
		s.settled()
		s.Advance(5 * time.Minute)
		for _, address := range []string{back + "&vingd=returned", back} {
			b.open(address, header...).is(t, http.StatusForbidden, "cannot be used")
		}
		if n := s.wire.count("PUT/purchases/"); n != 1 {
			t.Errorf("with %q, it was committed %d times", header, n)
		}
		s.paidFor(buyers, []bool{true})
	}
}

// No other request than a visit is charged, or gets a cookie, at the address with the token.
func TestReturn_OtherRequests(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	back := s.browser(ann, true).pay()
	for _, request := range [][]string{
		{http.MethodHead}, {http.MethodPost}, {http.MethodPut},
		{http.MethodGet, "Sec-Purpose", "prefetch;prerender"}, {http.MethodGet, "Purpose", "prefetch"},
	} {
		for _, address := range []string{back, back + "&vingd=returned"} {
			v := s.browser(ann, true).send(request[0], address, request[1:]...)
			if v.status != http.StatusPaymentRequired || len(v.header.Values("Set-Cookie")) != 0 {
				t.Errorf("%q gets %d %v", request, v.status, v.header)
			}
		}
	}
	if n := s.wire.count("GET/tokens/"); n != 0 {
		t.Errorf("there were %d verifications", n)
	}
	s.holds(ann, 5_00)
}

// An address without a token is that of the page, though it says that the buyer has returned: it leads to no purchase.
func TestReturn_AddressWithoutToken(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.URL.String()+" "+r.RequestURI)
	})
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	const address = "/article?page=1&vingd=returned"
	v := b.open(address)
	v.is(t, http.StatusPaymentRequired, `<a href="./article?page=1&amp;vingd=buy">Buy for 2.00 vingds</a>`)
	b.open(address+"&vingd=buy").is(t, http.StatusPaymentRequired, "Buy for 2.00")
	if n := s.wire.count("POST/orders/"); n != 0 || len(v.header.Values("Set-Cookie")) != 0 {
		t.Errorf("%d orders are made, %v", n, v.header)
	}
	b.open(b.pay()).is(t, http.StatusOK, "/article?page=1 /article?page=1")
	b.open(address).is(t, http.StatusOK, "/article?page=1 /article?page=1")
	s.sells(paywall.Offer{})
	b.open(address).is(t, http.StatusOK, "/article?page=1 /article?page=1")
	s.holds(ann, 3_00)
}

// A browser may hold a cookie that expires soon. Each response until it is charged gives the cookie its whole life again,
// since any of them may be lost.
func TestReturn_OldCookie(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	back := b.pay()
	cookie := b.cookie()
	for i, address := range []string{back, back, "/article?page=1", back} {
		cookies := (&http.Response{Header: b.open(address).header}).Cookies()
		if len(cookies) == 0 || cookies[0].Name != cookie.Name || cookies[0].Value != cookie.Value || cookies[0].MaxAge < int(paywall.DefaultAccess/time.Second) {
			t.Errorf("response %d has the cookies %v", i+1, cookies)
		}
	}
	s.holds(ann, 3_00)
}

// Browsers without a cookie open the same address at once. One of them is charged, and keeps the page.
func TestReturn_BrowsersAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	back := s.browser(ann, true).pay()
	browsers := make([]*browser, 16)
	var race sync.WaitGroup
	for i := range browsers {
		browsers[i] = s.browser(ann, true)
		race.Go(func() {
			if v := browsers[i].open(back); v.status != http.StatusOK && v.status != http.StatusPaymentRequired {
				t.Errorf("browser %d gets %d %s", i, v.status, v.body)
			}
		})
	}
	race.Wait()
	s.settled()
	s.Advance(10 * time.Minute)
	kept := 0
	for _, b := range browsers {
		if b.open("/article?page=1").status == http.StatusOK {
			kept++
		}
	}
	if tokens, commits := s.wire.count("GET/tokens/"), s.wire.count("PUT/purchases/"); kept != 1 || tokens != 1 || commits != 1 {
		t.Errorf("%d browsers keep the page, %d verifications, %d commits", kept, tokens, commits)
	}
	s.holds(ann, 3_00)
}
