package vingd

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// endpoint is the URL of a broker.
type endpoint struct {
	scheme, host string
	path, raw    string // before the path of each operation, decoded and escaped
}

// parseEndpoint parses the URL of a broker, or returns its problem.
func parseEndpoint(address string, loopbackHTTP bool) (e *endpoint, problem string) {
	u, err := url.Parse(address)
	switch {
	case err != nil || !hasHost(u) || u.Opaque != "":
		return nil, "must be a URL such as " + ProductionEndpoint
	case u.User != nil:
		return nil, "must not have a user name or password: use Credentials"
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(address, "#"):
		return nil, "must not have a query or a fragment"
	case u.Scheme == "http" && !loopbackHTTP:
		return nil, "must be https: each request has the credentials"
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, "must be https: plain http is permitted on this machine only"
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, "must be https"
	}
	e = &endpoint{scheme: u.Scheme, host: u.Host}
	e.raw = cleanPath(cmp.Or(u.RawPath, u.EscapedPath()))
	if e.path, err = url.PathUnescape(e.raw); err != nil {
		return nil, "must be a URL such as " + ProductionEndpoint
	}
	return e, ""
}

// hasHost reports whether a URL has a valid host, and a valid port if it has any. Net/url accepts more characters. With some of
// those, the text of the URL parses as another host, or ends the attribute of an HTML page.
func hasHost(u *url.URL) bool {
	name := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		_, err := netip.ParseAddr(name)
		return err == nil && consistsOf(name, ".:%") && hasPort(u)
	}
	return name != "" && consistsOf(name, ".") && hasPort(u)
}

func hasPort(u *url.URL) bool {
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0 || u.Port() == "" && !strings.HasSuffix(u.Host, ":")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// parseFrontend parses the URL of a frontend to its scheme and host, or returns its problem.
func parseFrontend(address string) (origin, problem string) {
	u, err := url.Parse(address)
	if err != nil || !hasHost(u) || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", "must be a URL such as " + ProductionFrontend
	}
	return u.Scheme + "://" + u.Host, ""
}

// resolve sets u to the URL of an escaped path of the API at this endpoint.
func (e *endpoint) resolve(path string, u *url.URL) error {
	u.Scheme, u.Host, u.Path = e.scheme, e.host, e.path+path
	if e.raw == e.path && consistsOf(path, "/=") {
		return nil // net/url may escape other paths in another way
	}
	plain, err := url.PathUnescape(path)
	u.Path, u.RawPath = e.path+plain, e.raw+path
	return err
}

// cleanPath returns the path of an endpoint as the official client sends it:
//   - without dot segments, empty segments and a trailing slash;
//   - with exactly two leading slashes if it has them;
//   - with more characters escaped than net/url escapes.
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

// URLs are the pages of Vingd's frontend on which a buyer pays for an order, or a user redeems a voucher.
type URLs struct {
	// Redirect is for the browser's window. It redirects back after the payment. It always works.
	Redirect string
	// Popup is for a popup window. It passes the token to its opener, and closes.
	Popup string
}

func (c *Client) urls(path string) URLs {
	if c == nil {
		return URLs{}
	}
	return URLs{Redirect: c.frontend + path, Popup: c.frontend + "/popup" + path}
}

// consistsOf reports whether s consists of ASCII letters, digits, dashes, underscores, and the characters in others.
func consistsOf(s, others string) bool {
	for _, c := range []byte(s) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-' || c == '_') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return true
}
