package paywall

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// hidden takes the place of a token in a log.
const hidden = "hidden"

type originalKey struct{}

// HideTokens wraps a middleware that logs requests, so that it sees neither tokens nor cookies. The handler that the log
// wraps gets the requests as they were.
//
// A log inside [Paywall.Sell] gets requests without tokens anyway. Its writer must pass a later status on, as a failure takes the
// place of a part of the content. The headers of responses stay as they are: Location and Set-Cookie may hold a token and a cookie.
func HideTokens(log func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		logged := log(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if original, ok := r.Context().Value(originalKey{}).(*http.Request); ok {
				r = original.WithContext(r.Context())
			}
			next.ServeHTTP(w, r)
		}))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			safe := r.Clone(context.WithValue(r.Context(), originalKey{}, r))
			safe.URL.RawQuery = hideToken(r.URL.RawQuery)
			path, query, found := strings.Cut(r.RequestURI, "?")
			if found {
				safe.RequestURI = path + "?" + hideToken(query)
			}
			for i, referrer := range safe.Header["Referer"] {
				if page, query, found := strings.Cut(referrer, "?"); found {
					safe.Header["Referer"][i] = page + "?" + hideToken(query)
				}
			}
			safe.Header.Del("Cookie")
			safe.Form, safe.PostForm = nil, nil
			logged.ServeHTTP(w, safe)
		})
	}
}

// hideToken returns a query without the value of its token, the rest as it was.
func hideToken(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		key, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(key); err != nil || name == "tid" || name == "token" { // the latter is in JSON
			pairs[i] = key + "=" + hidden
		}
	}
	return strings.Join(pairs, "&")
}
