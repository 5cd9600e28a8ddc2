package vingd

import (
	"cmp"
	"fmt"
	"net"
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
	return host != "" && consistsOf(host, ".:[]%")
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

// resolve makes u the address of a path of the API, which is escaped, at this endpoint.
func (e *endpoint) resolve(path string, u *url.URL) error {
	u.Scheme, u.Host, u.Path = e.scheme, e.host, e.path+path
	if e.raw == e.path && consistsOf(path, "/=") {
		return nil // else net/url may escape it in another way
	}
	plain, err := url.PathUnescape(path)
	u.Path, u.RawPath = e.path+plain, e.raw+path
	return err
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
		if consistsOf(string(c), "./=:~%") {
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
	if c == nil {
		return URLs{}
	}
	return URLs{Redirect: c.frontend + path, Popup: c.frontend + "/popup" + path}
}

// consistsOf reports whether s consists of letters, digits, dashes, underscores and other characters.
func consistsOf(s, others string) bool {
	for _, c := range []byte(s) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-' || c == '_') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return true
}
