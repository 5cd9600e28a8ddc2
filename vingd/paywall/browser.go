package paywall

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// browserCookie begins the name of a cookie that holds a random number, which names a browser. The journal notes under it what
// the browser has bought. The cookie is as long after 1 000 purchases as before the first one.
//
// The name ends with the begin of the number. A response to a browser's first visit may be late, and arrive when the browser
// has bought something by another cookie. It then adds a cookie, and replaces none.
const browserCookie = "vingd-"

// nameDigits is how many digits of its number the name of a cookie ends with.
const nameDigits = 8

// maxBrowsers is how many cookies of a request are looked up. A browser sends those first that it has had for longest, and
// buys by the first one.
const maxBrowsers = 8

// cookieEncoding is strict: two different cookies never hold the same number.
var cookieEncoding = base64.RawURLEncoding.Strict()

// A browser is what a cookie says of the browser that sends it.
type browser struct {
	key     Key       // of the browser in the journal
	number  string    // in base64
	expires time.Time // of the cookie, as the browser says
}

// browsersOf returns what the cookies of a request say, in their order.
func browsersOf(r *http.Request) (found []browser) {
	prefix := cookiePrefix(r) + browserCookie
	for _, cookie := range r.Cookies() {
		digits, ok := strings.CutPrefix(cookie.Name, prefix)
		encoded, expires, _ := strings.Cut(cookie.Value, ".")
		if !ok || len(digits) != nameDigits || len(encoded) != cookieEncoding.EncodedLen(sha256.Size) || encoded[:nameDigits] != digits {
			continue
		}
		number, err := cookieEncoding.DecodeString(encoded)
		seconds, invalid := strconv.ParseInt(expires, 10, 64)
		if err == nil && invalid == nil {
			found = append(found, browser{hashBrowser(number), encoded, time.Unix(seconds, 0)})
		}
	}
	return found
}

// browserOf returns what the first cookie of a request says, or the zero browser.
func browserOf(r *http.Request) browser {
	if all := browsersOf(r); len(all) > 0 {
		return all[0]
	}
	return browser{}
}

func hashBrowser(number []byte) Key { return sha256.Sum256(append([]byte("browser "), number...)) }

// noteKey returns the key of the note of what a browser has bought.
func noteKey(browser Key, object vingd.ObjectID) Key {
	return sha256.Sum256(binary.BigEndian.AppendUint64(append([]byte("bought "), browser[:]...), uint64(object)))
}

// renew gives the cookie of a browser a longer life, never a shorter one. The browser may have bought something for longer, by
// another paywall of the host or before AccessFor was changed. The zero browser gets a cookie.
func (p *Paywall) renew(w http.ResponseWriter, r *http.Request, b browser) browser {
	if b.number == "" {
		number := make([]byte, sha256.Size)
		rand.Read(number)
		b.key, b.number = hashBrowser(number), cookieEncoding.EncodeToString(number)
	}
	const spare = 24 * time.Hour // to pay, and to come back late
	now := p.until(0)
	if needed := now.Add(p.options.AccessFor + spare); b.expires.Before(needed) || b.expires.After(now.Add(maxAccess+spare)) {
		b.expires = needed
	}
	maxAge := min(b.expires.Sub(now)/time.Second, math.MaxInt32) // fits into an int of 32 bits; browsers keep no cookie for so long
	setCookie(w, r, b.cookieName(), b.number+"."+strconv.FormatInt(b.expires.Unix(), 10), int(maxAge))
	return b
}

// outlasts reports whether the cookie of a browser lasts as long as access that begins now.
func (p *Paywall) outlasts(b browser) bool { return !b.expires.Before(p.until(p.options.AccessFor)) }

func (b browser) cookieName() string { return browserCookie + b.number[:nameDigits] }

// SignOut makes the browser forget what it has bought, as on a shared computer. The buyer cannot get it back, except that
// the return address serves the content for up to five minutes after the purchase.
//
// It has no effect on an [Access] of the seller's.
func (p *Paywall) SignOut(w http.ResponseWriter, r *http.Request) {
	for _, b := range browsersOf(r) {
		setCookie(w, r, b.cookieName(), "", -1)
	}
	setCookie(w, r, returnCookie, "", -1)
}

func setCookie(w http.ResponseWriter, r *http.Request, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: cookiePrefix(r) + name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// cookiePrefix makes browsers accept a cookie only from this host, over HTTPS. Without TLS on this machine they would
// accept no cookie with the prefix. Behind a proxy, the host is the one that the proxy passes on.
func cookiePrefix(r *http.Request) string {
	if r.TLS == nil && isLoopback(r.Host) {
		return ""
	}
	return "__Host-"
}
