package paywall_test

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// holdsFirst holds back the response to the first request from now on. It returns a channel that is closed when the response
// is ready, and a function that lets it go.
func (s *shop) holdsFirst() (ready <-chan struct{}, release func()) {
	arrived, proceed := make(chan struct{}), make(chan struct{})
	var requests atomic.Int64
	s.around = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			first := requests.Add(1) == 1
			next.ServeHTTP(w, r)
			if first {
				close(arrived)
				<-proceed
			}
		})
	}
	return arrived, sync.OnceFunc(func() { close(proceed) })
}

// A browser without a cookie buys in two tabs. The response to one of them comes only when the purchase in the other one is
// whole. The buyer keeps the page, and pays once.
func TestSell_LateFirstCookie(t *testing.T) {
	t.Parallel()
	for _, late := range []string{"the click to buy", "the return"} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restart %t", late, restarts), func(t *testing.T) {
				t.Parallel()
				s := newShop(t)
				ann := s.Buyer("Ann", 9_00)
				b, other := s.browser(ann, true), s.browser(ann, true)
				var first, second string
				if first = "/article?page=1&vingd=buy"; late == "the return" {
					first, second = other.pay(), other.pay()
				}
				ready, release := s.holdsFirst()
				defer release()
				var tab sync.WaitGroup
				tab.Go(func() { b.open(first) })
				<-ready
				if late != "the return" {
					second = b.pay()
				}
				b.open(second).is(t, http.StatusOK, "Here is the article.")
				release()
				tab.Wait()
				if restarts {
					s.close()
					s.open()
				}
				b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
				if late != "the return" {
					b.open("/article?page=1&vingd=buy").is(t, http.StatusOK, "Here is the article.")
				}
				s.settled()
				if n := s.wire.count("PUT/purchases/"); n != 1 {
					t.Errorf("%d purchases are committed", n)
				}
				s.holds(ann, 7_00)
			})
		}
	}
}

// A browser that has two cookies has paid by the second one, and has come back with another token by the first one. It is not
// charged again, in any order of the cookies.
func TestSell_PaidByOtherCookie(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ann := s.Buyer("Ann", 9_00)
	back, paid := s.browser(ann, true), s.browser(ann, true)
	back.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	back.open(back.pay()).is(t, http.StatusSeeOther, "")
	paid.open(paid.pay()).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	both := []string{back.cookie().String(), paid.cookie().String()}
	for range both {
		slices.Reverse(both)
		s.browser(ann, false).open("/article?page=1", "Cookie", both[0]+"; "+both[1]).is(t, http.StatusOK, "Here is the article.")
	}
	s.holds(ann, 7_00)
}

// A request with many cookies costs the journal a few looks. The buyer has what was bought by the first ones.
func TestSell_ManyCookies(t *testing.T) {
	t.Parallel()
	counting := &countingJournal{Journal: paywall.NewMemory()}
	s := newShop(t, func(o *paywall.Options) { o.Journal = counting })
	paid := s.browser(s.Buyer("Ann", 5_00), true)
	paid.open(paid.pay()).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	for others, status := range map[int]int{7: http.StatusOK, 8: http.StatusPaymentRequired, 100: http.StatusPaymentRequired} {
		header := ""
		for range others {
			b := s.browser(nil, true)
			b.open("/article?vingd=buy")
			header += b.cookie().String() + "; "
		}
		s.close()
		s.open()
		before := counting.finds.Load()
		s.browser(nil, false).open("/article?page=1", "Cookie", header+paid.cookie().String()).is(t, status, "")
		if n := counting.finds.Load() - before; n > 9 {
			t.Errorf("%d cookies cost %d looks", others+1, n)
		}
	}
}

// An agingJar keeps cookies by the clock of a shop.
type agingJar struct {
	now func() time.Time

	mu      sync.Mutex
	cookies []*http.Cookie
}

func (j *agingJar) SetCookies(_ *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range cookies {
		c.Expires = j.now().Add(time.Duration(c.MaxAge) * time.Second)
		i := slices.IndexFunc(j.cookies, func(old *http.Cookie) bool { return old.Name == c.Name })
		if i < 0 {
			j.cookies = append(j.cookies, c)
		} else {
			j.cookies[i] = c
		}
	}
}

func (j *agingJar) Cookies(*url.URL) (valid []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range j.cookies {
		if j.now().Before(c.Expires) {
			valid = append(valid, c)
		}
	}
	return valid
}

// A buyer returns with a cookie that expires in a minute. The response to the return is lost, and so is any other one until
// the page is served. The buyer is not charged, or opens the page for as long as AccessFor says.
func TestReturn_ExpiringCookie(t *testing.T) {
	t.Parallel()
	for lost := range int64(4) { // none for 0
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("response %d, late %t", lost, late), func(t *testing.T) {
				t.Parallel()
				s := newShop(t)
				ann := s.Buyer("Ann", 5_00)
				b := s.browser(ann, true)
				b.Jar = &agingJar{now: s.Now}
				b.retriesNothing()
				b.open("/article?page=1&vingd=buy")
				s.Advance(paywall.DefaultAccess + 24*time.Hour - time.Minute)
				back := s.browser(ann, true).pay() // the cookie is not renewed by a click to buy
				s.loses(1)
				failedAt(t, b.open(back))
				s.loses(lost)
				b.open("/article?page=1")
				s.around = nil
				charged := s.wire.count("PUT/purchases/") == 1
				if late {
					s.Advance(2 * time.Minute) // the cookie has expired, unless it was renewed
				}
				if !charged {
					b.open(back).is(t, http.StatusOK, "Here is the article.")
				}
				b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
				s.settled()
				s.Advance(paywall.DefaultAccess - 5*time.Minute)
				b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
				if n := s.wire.count("PUT/purchases/"); n != 1 {
					t.Errorf("it was committed %d times", n)
				}
				s.holds(ann, 3_00)
			})
		}
	}
}

// A client that sends a cookie that expires soon, and does not renew it, is redirected once, and then served.
func TestReturn_ClientRenewsNoCookies(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	b.open("/article?page=1&vingd=buy")
	cookie := b.cookie().String()
	s.Advance(paywall.DefaultAccess + 23*time.Hour)
	back := s.browser(ann, true).pay()
	v := s.browser(ann, false).open(back, "Cookie", cookie)
	v.is(t, http.StatusOK, "Here is the article.")
	s.browser(ann, false).open("/article?page=1", "Cookie", cookie).is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 3_00)
}

// A buyer has a page for 30 days. The shop then gives access for a day only, or a second paywall on the host does. The buyer
// clicks to buy there, or buys something there, and keeps the page for 30 days.
func TestReturn_CookieOutlastsAccess(t *testing.T) {
	t.Parallel()
	const month = 30 * 24 * time.Hour
	for _, buys := range []bool{false, true} {
		s := newShop(t, func(o *paywall.Options) { o.AccessFor = month })
		ann := s.Buyer("Ann", 9_00)
		b := s.browser(ann, true)
		b.Jar = &agingJar{now: s.Now}
		b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
		s.settled()
		s.close()
		s.options.AccessFor = 0
		s.open()
		other, err := s.wall.EnsureObject(t.Context(), article(s, 2))
		if err != nil {
			t.Fatal(err)
		}
		offered := s.offered
		s.sells(paywall.Offer{Object: other, Price: price})
		s.Advance(time.Hour)
		left := ann.Balance()
		back := b.pay()
		if buys {
			left -= price
			b.open(back).is(t, http.StatusOK, "Here is the article.")
		}
		s.settled()
		s.sells(offered)
		s.Advance(month - 2*time.Hour)
		b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
		s.holds(ann, left)
	}
}

// A cookie may say any time, such as one of another build. The next one lasts for the access, and not for ever.
func TestReturn_CookieWithoutEnd(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	cookie := cookieOf(readerNumber)
	cookie.Value = readerNumber + ".9223372036854775807"
	v := s.browser(s.Buyer("Ann", 5_00), false).open("/article?page=1&vingd=buy", "Cookie", cookie.String())
	i := slices.IndexFunc((&http.Response{Header: v.header}).Cookies(), func(c *http.Cookie) bool {
		return c.Name == cookie.Name && c.MaxAge == int((paywall.DefaultAccess+24*time.Hour)/time.Second)
	})
	if i < 0 {
		t.Errorf("the cookies are %v", v.header.Values("Set-Cookie"))
	}
}

// A cookie for 100 years has the longest life that fits into an int of 32 bits. A longer one would delete it there.
func TestReturn_CookieOfACentury(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *paywall.Options) { o.AccessFor = 100 * 365 * 24 * time.Hour })
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, true)
	v := s.browser(ann, false).open("/article?page=1&vingd=buy")
	for _, c := range (&http.Response{Header: v.header}).Cookies() {
		if isBrowserCookie(c.Name) && c.MaxAge != math.MaxInt32 {
			t.Errorf("a cookie lasts for %d seconds", c.MaxAge)
		}
	}
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.settled()
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	s.holds(ann, 3_00)
}
