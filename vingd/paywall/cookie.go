package paywall

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A signed cookie is a version, object, purchase and expiry in eight bytes each, the journal's key, the buyer, and the
// HMAC of it all, in base64.
const (
	cookieVersion = 1
	cookieFixed   = 1 + 3*8 + sha256.Size
	maxBuyer      = 40
	maxCookie     = cookieFixed + maxBuyer + sha256.Size
)

var cookieEncoding = base64.RawURLEncoding.Strict()

// Why a cookie grants nothing.
var (
	errCookieShape     = errors.New("it is none of the paywall's")
	errCookieSignature = errors.New("its signature is wrong")
	errCookieObject    = errors.New("it is for another object")
	errCookieExpired   = errors.New("it has expired")
)

// cookies are the [Access] by a signed cookie for each object.
type cookies struct {
	keys   [][]byte
	clock  func() time.Time
	logger *slog.Logger
}

func newCookies(keys [][]byte, clock func() time.Time, logger *slog.Logger) (*cookies, error) {
	if len(keys) == 0 {
		return nil, errors.New("there are no Keys: give one of 32 random bytes")
	}
	c := &cookies{clock: clock, logger: logger}
	for i, key := range keys {
		if len(key) < minKey {
			return nil, fmt.Errorf("key %d of Keys has %d bytes, must have %d or more", i+1, len(key), minKey)
		}
		c.keys = append(c.keys, slices.Clone(key))
	}
	return c, nil
}

// Grant sets the object's cookie.
func (c *cookies) Grant(w http.ResponseWriter, r *http.Request, grant Grant) error {
	setCookie(w, r, accessCookie(grant.Object), c.sign(grant), grant.Expires.Sub(c.clock()))
	return nil
}

// Granted reads the object's cookie. One that is not right is as good as none.
func (c *cookies) Granted(r *http.Request, object vingd.ObjectID) (Grant, bool, error) {
	cookie, err := r.Cookie(cookiePrefix(r) + accessCookie(object))
	if err != nil {
		return Grant{}, false, nil //nolint:nilerr // she has none
	}
	grant, err := c.read(cookie.Value)
	switch {
	case err != nil:
	case grant.Object != object:
		err = errCookieObject
	case !c.clock().Before(grant.Expires):
		err = errCookieExpired
	}
	if err != nil {
		c.logger.WarnContext(r.Context(), "paywall: an access cookie is refused", "object", object, "reason", err.Error())
		return Grant{}, false, nil
	}
	return grant, true, nil
}

// sign returns a grant as a cookie holds it.
func (c *cookies) sign(grant Grant) string {
	b := make([]byte, 0, maxCookie)
	b = append(b, cookieVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(grant.Object))
	b = binary.BigEndian.AppendUint64(b, uint64(grant.Purchase))
	b = binary.BigEndian.AppendUint64(b, uint64(grant.Expires.Unix()))
	b = append(b, grant.Key[:]...)
	b = append(b, grant.Buyer...)
	return cookieEncoding.EncodeToString(append(b, mac(c.keys[0], b)...))
}

// read returns the grant that a cookie holds, which may be for any object and have expired.
func (c *cookies) read(value string) (Grant, error) {
	if len(value) > cookieEncoding.EncodedLen(maxCookie) {
		return Grant{}, errCookieShape
	}
	b, err := cookieEncoding.DecodeString(value)
	if err != nil || len(b) < cookieFixed+sha256.Size || b[0] != cookieVersion {
		return Grant{}, errCookieShape
	}
	b, signature := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if !slices.ContainsFunc(c.keys, func(key []byte) bool { return hmac.Equal(mac(key, b), signature) }) {
		return Grant{}, errCookieSignature
	}
	return Grant{
		Object:   vingd.ObjectID(binary.BigEndian.Uint64(b[1:])),
		Purchase: vingd.PurchaseID(binary.BigEndian.Uint64(b[9:])),
		Expires:  time.Unix(int64(binary.BigEndian.Uint64(b[17:])), 0),
		Key:      Key(b[25:cookieFixed]),
		Buyer:    vingd.HUID(b[cookieFixed:]),
	}, nil
}

func mac(key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("vingd paywall access ")) // a key that signs other things, too, signs no cookie by that
	h.Write(message)
	return h.Sum(nil)
}

func accessCookie(object vingd.ObjectID) string {
	return "vingd-" + strconv.FormatInt(int64(object), 10)
}

// probeCookie is set when a buyer is sent to Vingd: who comes back without it keeps no cookies.
const probeCookie = "vingd-probe"

func setCookie(w http.ResponseWriter, r *http.Request, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: cookiePrefix(r) + name, Value: value, Path: "/", MaxAge: max(int(life/time.Second), 1),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// cookiePrefix makes browsers take a cookie only from this very host, by HTTPS. On this machine without TLS they would
// not take it at all with the prefix. Behind a proxy, what counts is what the proxy says the host is.
func cookiePrefix(r *http.Request) string {
	if r.TLS == nil && isLoopback(r.Host) {
		return ""
	}
	return "__Host-"
}
