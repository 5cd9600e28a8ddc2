package paywall

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// browserCookie holds a random number that names a browser. The journal notes under it what the browser has bought.
// The cookie is as long after 1 000 purchases as before the first one.
const browserCookie = "vingd"

// cookieEncoding is strict: two different cookies never hold the same number.
var cookieEncoding = base64.RawURLEncoding.Strict()

// browserOf returns what the journal knows a request's browser by. It reports false if the browser sent no valid cookie.
func browserOf(r *http.Request) (Key, bool) {
	cookie, err := r.Cookie(cookiePrefix(r) + browserCookie)
	if err != nil || len(cookie.Value) != cookieEncoding.EncodedLen(sha256.Size) {
		return Key{}, false
	}
	number, err := cookieEncoding.DecodeString(cookie.Value)
	if err != nil {
		return Key{}, false
	}
	return hashBrowser(number), true
}

func hashBrowser(number []byte) Key { return sha256.Sum256(append([]byte("browser "), number...)) }

// noteKey returns the key of the note of what a browser has bought.
func noteKey(browser Key, object vingd.ObjectID) Key {
	return sha256.Sum256(binary.BigEndian.AppendUint64(append([]byte("bought "), browser[:]...), uint64(object)))
}

// nameBrowser returns what the journal knows a request's browser by. It gives the browser a cookie, or a longer life to
// the cookie that it has.
func (p *Paywall) nameBrowser(w http.ResponseWriter, r *http.Request) Key {
	browser, ok := browserOf(r)
	value := ""
	if ok {
		cookie, _ := r.Cookie(cookiePrefix(r) + browserCookie) // browserOf has read it
		value = cookie.Value
	} else {
		number := make([]byte, sha256.Size)
		rand.Read(number)
		value, browser = cookieEncoding.EncodeToString(number), hashBrowser(number)
	}
	const spare = 24 * time.Hour // to pay, and to come back late
	setCookie(w, r, browserCookie, value, int((p.options.AccessFor+spare)/time.Second))
	return browser
}

// SignOut makes the browser forget what it has bought, as on a computer that others use, too. The buyer cannot get it back,
// except that the return address serves the content for up to five minutes after the purchase.
//
// It has no effect on an [Access] of the seller's.
func (p *Paywall) SignOut(w http.ResponseWriter, r *http.Request) {
	setCookie(w, r, browserCookie, "", -1)
	setCookie(w, r, returnCookie, "", -1)
}

func setCookie(w http.ResponseWriter, r *http.Request, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: cookiePrefix(r) + name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// cookiePrefix makes browsers accept a cookie only from this host, by HTTPS. Without TLS on this machine they would accept
// no cookie with the prefix. Behind a proxy, the host is the one that the proxy passes on.
func cookiePrefix(r *http.Request) string {
	if r.TLS == nil && isLoopback(r.Host) {
		return ""
	}
	return "__Host-"
}
