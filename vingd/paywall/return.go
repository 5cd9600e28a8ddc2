package paywall

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// stepKey is the paywall's own key in the query of a page. Its value says which step of a purchase the address is for.
const (
	stepKey      = "vingd"
	stepBuy      = "buy"      // leads to Vingd
	stepReturned = "returned" // follows the redirect of storeCookie
)

// returnCookie holds the page on which a buyer has begun to buy. Vingd leads the buyer back to the URL of the object,
// which may be sold on many pages.
const returnCookie = "vingd-page"

// maxReturn is how long the address of a page may be, in bytes, to be remembered.
const maxReturn = 1 << 10

// steps returns the values of the paywall's own key in the query of an address.
func steps(u *url.URL) []string {
	if !strings.Contains(u.RawQuery, stepKey) {
		return nil
	}
	return u.Query()[stepKey]
}

// isBuying reports whether the buyer has followed a link to buy.
func isBuying(r *http.Request) bool {
	values := steps(r.URL)
	return len(values) > 0 && !slices.Contains(values, stepReturned)
}

// buyPage returns the address of the requested page that leads to Vingd.
func buyPage(r *http.Request) string {
	page := samePage(r)
	if strings.Contains(page, "?") {
		return page + "&" + stepKey + "=" + stepBuy
	}
	return page + "?" + stepKey + "=" + stepBuy
}

// rememberPage has the browser remember the requested page until it returns from Vingd.
func rememberPage(w http.ResponseWriter, r *http.Request, object vingd.ObjectID) {
	page := target(r)
	path := page.EscapedPath()
	if query := cleanQuery(page.RawQuery); query != "" {
		path += "?" + query
	}
	if len(path) > maxReturn {
		return
	}
	value := strconv.FormatInt(int64(object), 10) + " " + path
	setCookie(w, r, returnCookie, base64.RawURLEncoding.EncodeToString([]byte(value)), int(time.Hour/time.Second))
}

// hasReturned reports whether the browser has followed the redirect of storeCookie.
func hasReturned(r *http.Request) bool { return slices.Contains(steps(target(r)), stepReturned) }

// storeCookie redirects a browser to the same address, with a cookie that it lacks, or that would expire too early. The browser
// then has the cookie before it is charged. The response with the content may be lost, and with it a cookie.
func storeCookie(w http.ResponseWriter, r *http.Request) {
	u := target(r)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", pageHere(u, strings.TrimPrefix(u.RawQuery+"&"+stepKey+"="+stepReturned, "&")))
	w.WriteHeader(http.StatusSeeOther)
}

// leadBack leads a buyer who returns from Vingd to the page on which they have begun to buy an object. If the browser does
// not remember one, that is the requested page without the token.
func leadBack(w http.ResponseWriter, r *http.Request, object vingd.ObjectID) {
	to := samePage(r)
	if page, ok := rememberedPage(r, object); ok {
		to = relative(target(r).EscapedPath(), page)
	}
	if _, err := r.Cookie(cookiePrefix(r) + returnCookie); err == nil {
		setCookie(w, r, returnCookie, "", -1)
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// rememberedPage returns the page on which a browser has begun to buy an object.
func rememberedPage(r *http.Request, object vingd.ObjectID) (*url.URL, bool) {
	cookie, err := r.Cookie(cookiePrefix(r) + returnCookie)
	if err != nil {
		return nil, false
	}
	value, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return nil, false
	}
	id, path, _ := strings.Cut(string(value), " ")
	page, err := url.ParseRequestURI(path)
	if err != nil || len(path) > maxReturn || page.Scheme != "" || page.Host != "" || !strings.HasPrefix(path, "/") || id != strconv.FormatInt(int64(object), 10) {
		return nil, false
	}
	return page, true
}

// relative returns the address of a page as seen from the path of another one. It is relative, as that of samePage is.
func relative(from string, page *url.URL) string {
	to := page.EscapedPath()
	common := 0 // the folder that both are in
	for i := 0; i < min(len(from), len(to)) && from[i] == to[i]; i++ {
		if from[i] == '/' {
			common = i + 1
		}
	}
	address := strings.Repeat("../", strings.Count(from[common:], "/"))
	if address == "" {
		address = "./"
	}
	address += to[common:]
	if page.RawQuery != "" {
		address += "?" + strings.ReplaceAll(page.RawQuery, "#", "%23")
	}
	return address
}
