package paywall

import (
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/vingd/vingd-api-go/vingd"
)

// cleaned returns the request as the seller's code sees it, without what the paywall and Vingd have added to its query.
func cleaned(r *http.Request) *http.Request {
	clean := r.Clone(r.Context())
	clean.URL.RawQuery = cleanQuery(r.URL.RawQuery)
	path, query, _ := strings.Cut(r.RequestURI, "?")
	if clean.RequestURI = path; cleanQuery(query) != "" {
		clean.RequestURI += "?" + cleanQuery(query)
	}
	clean.Header.Del("Referer") // after a reload it is the address with the token
	if clean.Form != nil {
		clean.Form = nil
		_ = clean.ParseForm() // a handler around the paywall has parsed it
	}
	return clean
}

// cleanQuery returns a query without oid, tid, context, a token in JSON and the paywall's own key, the rest as it was.
func cleanQuery(query string) string {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key, err := url.QueryUnescape(key); err == nil && (key == "oid" || key == "tid" || key == "context" || key == stepKey) {
			continue
		} else if err == nil && key == "token" && isToken(value) {
			continue
		}
		kept = append(kept, pair)
	}
	return strings.Join(kept, "&")
}

// isToken reports whether the value of a query parameter is a token of Vingd in JSON. The shop may have tokens of its own.
func isToken(value string) bool {
	text, _ := url.QueryUnescape(value) // an invalid one is empty, which is no token
	_, err := vingd.ParseToken([]byte(text))
	return err == nil
}

// samePage returns the address of the requested page without what Vingd has added to it.
func samePage(r *http.Request) string {
	u := target(r)
	return pageHere(u, cleanQuery(u.RawQuery))
}

// pageHere returns an address with another query. The address is relative, so that it is right behind a proxy that changes
// the path, and leads to no other host.
func pageHere(u *url.URL, query string) string {
	path := u.EscapedPath()
	page := "./" + path[strings.LastIndexByte(path, '/')+1:]
	if query != "" {
		page += "?" + strings.ReplaceAll(query, "#", "%23") // no browser sends one, and it would end the query
	}
	return page
}

// target returns the address that the browser has requested. [http.StripPrefix] changes the URL only.
func target(r *http.Request) *url.URL {
	if u, err := url.ParseRequestURI(r.RequestURI); err == nil {
		return u
	}
	return r.URL
}

// vary says what the response depends on, once.
func vary(h http.Header) {
	const on = "Accept, Cookie"
	if !slices.Contains(h.Values("Vary"), on) {
		h.Add("Vary", on)
	}
}

// isPrefetch reports whether a browser sends a request before its user has clicked, or for a small picture of the page.
func isPrefetch(r *http.Request) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Moz", "X-Purpose"} {
		if purpose := strings.ToLower(r.Header.Get(name)); strings.Contains(purpose, "prefetch") || strings.Contains(purpose, "preview") {
			return true
		}
	}
	return false
}

// wantsJSON reports whether the sender prefers JSON to a page, as a script that opens a popup does.
func wantsJSON(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return quality(accept, "application/json") > quality(accept, "text/html")
}

// quality returns the quality that an Accept header gives a media type.
func quality(accept, media string) float64 {
	found, best := -1, 0.0
	kind, _, _ := strings.Cut(media, "/")
	for wish := range strings.SplitSeq(accept, ",") {
		name, params, _ := mime.ParseMediaType(wish) // an invalid one has no name
		exact := map[string]int{media: 2, kind + "/*": 1, "*/*": 0}
		if rank, ok := exact[name]; ok && rank > found {
			found, best = rank, 1
			if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
				best = q
			}
		}
	}
	return best
}

// isLoopback reports whether the host of a request is this machine.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && address.IsLoopback()
}
