package vingd

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// endpoint is where the broker is.
type endpoint struct {
	scheme, host string
	path, raw    string // in front of every operation's path, decoded and escaped
}

// parseEndpoint reads the address of a broker, or says what is wrong with it.
func parseEndpoint(address string, loopbackHTTP bool) (e *endpoint, problem string) {
	u, err := url.Parse(address)
	switch {
	case err != nil || !isHost(u.Host) || u.Opaque != "":
		return nil, "must be an address like " + ProductionEndpoint
	case u.User != nil:
		return nil, "must not hold a user name or password: give them as credentials"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, "must not have a query or a fragment"
	case u.Scheme == "http" && !loopbackHTTP:
		return nil, "must be https: credentials travel with every call"
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, "must be https: plain http is permitted to this machine only"
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, "must be https"
	}
	e = &endpoint{scheme: u.Scheme, host: u.Host}
	e.raw = cleanPath(cmp.Or(u.RawPath, u.EscapedPath()))
	if e.path, err = url.PathUnescape(e.raw); err != nil {
		return nil, "must be an address like " + ProductionEndpoint
	}
	return e, ""
}

// isHost reports whether a host, with its port, is of the letters that hosts are made of. net/url takes others, some of
// which lead elsewhere when its text is read again, or out of the attribute of a page.
func isHost(host string) bool {
	for _, c := range []byte(host) {
		if !isIdentifier(string(c)) && !strings.ContainsRune(".:[]%", rune(c)) {
			return false
		}
	}
	return host != ""
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// parseFrontend reads the address of a frontend, down to scheme and host, or says what is wrong with it.
func parseFrontend(address string) (origin, problem string) {
	u, err := url.Parse(address)
	if err != nil || !isHost(u.Host) || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", "must be an address like " + ProductionFrontend
	}
	return u.Scheme + "://" + u.Host, ""
}

// mount makes a request for a path of the API one for this endpoint.
func (e *endpoint) mount(req *http.Request) {
	raw := ""
	if e.raw != e.path || req.URL.RawPath != "" {
		raw = e.raw + req.URL.EscapedPath()
	}
	req.URL.Scheme, req.URL.Host, req.Host = e.scheme, e.host, e.host
	req.URL.Path, req.URL.RawPath = e.path+req.URL.Path, raw
}

// cleanPath returns a path as the official client sends it in front of an operation's: without dot segments, empty ones
// and a slash at the end, but with two slashes at the beginning if it has just them, and with more escaped than net/url
// escapes.
func cleanPath(given string) string {
	clean := strings.TrimSuffix(path.Clean("/"+given), "/")
	if clean != "" && strings.HasPrefix(given, "//") && !strings.HasPrefix(given, "///") {
		clean = "/" + clean
	}
	var b strings.Builder
	for _, c := range []byte(clean) {
		if isIdentifier(string(c)) || strings.IndexByte("./=:~%", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// URLs are where a buyer goes to pay for an order or to redeem a voucher, on Vingd's frontend.
type URLs struct {
	// Redirect is for the browser's own window; the buyer comes back by a redirect. It always works.
	Redirect string
	// Popup is for a window of its own, which hands its opener the token and closes.
	Popup string
}

func (c *Client) urls(path string) URLs {
	return URLs{Redirect: c.frontend + path, Popup: c.frontend + "/popup" + path}
}
