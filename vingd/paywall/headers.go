package paywall

import (
	"net/http"
	"slices"
	"strings"
)

// hide keeps an address that holds a token out of caches and of what other sites are told.
func hide(h http.Header) {
	forShared(h)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
}

// keepPrivate keeps a response out of shared caches, unless it says so itself.
func keepPrivate(h http.Header) {
	forShared(h)
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		if name := strings.ToLower(strings.TrimSpace(directive)); name == "private" || name == "no-store" {
			return
		}
	}
	h.Set("Cache-Control", "private, no-cache")
}

// forShared removes what is said to shared caches alone.
func forShared(h http.Header) {
	for name := range h {
		if strings.HasSuffix(name, "Cdn-Cache-Control") || slices.Contains(forCaches, name) {
			h.Del(name)
		}
	}
}

// forCaches are headers that only shared caches read.
var forCaches = []string{"Surrogate-Control", "X-Accel-Expires", "Edge-Control", "X-Litespeed-Cache-Control"}

// namesFile reports whether a header has a proxy send a file in place of the body.
func namesFile(h http.Header) bool {
	return slices.ContainsFunc(fileHeaders, func(name string) bool { return h.Get(name) != "" })
}

// fileHeaders are headers that name a file to a proxy: to nginx, Apache, lighttpd and LiteSpeed.
var fileHeaders = []string{"X-Accel-Redirect", "X-Sendfile", "X-Lighttpd-Send-File", "X-Litespeed-Location"}
