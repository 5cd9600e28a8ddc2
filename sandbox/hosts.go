package sandbox

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// foreignHost is the error for a request that names another host.
const foreignHost = "the address must name this machine, such as localhost or 127.0.0.1, or be one of the sandbox's hosts"

// hosts are names of a sandbox, in addition to those of the loopback interface.
//
// They are checked where the browser has no other proof of the server's identity. The owner of another site can let its name
// lead here (DNS rebinding). For the browser, the sandbox would then be a part of that site.
type hosts []string

// foreign reports whether the Host of a request names another machine. Browsers always send a Host.
func (h hosts) foreign(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	return host != "" && !strings.EqualFold(host, "localhost") && !net.ParseIP(host).IsLoopback() &&
		!slices.ContainsFunc(h, func(name string) bool { return strings.EqualFold(host, name) })
}

// foreignPage is the error for a request of a page of another origin.
const foreignPage = "a page of another origin must not use the sandbox: its API and its controls are for programs"

// crossOrigin reports whether a page of another origin sent a request of any method. GET counts too, because verification is a
// GET that uses up a token. No official client is a browser.
func crossOrigin(r *http.Request) bool {
	unsafe := *r
	unsafe.Method = http.MethodPost
	return new(http.CrossOriginProtection).Check(&unsafe) != nil
}

// unprotected reports whether a request came over the loopback interface without TLS.
func unprotected(r *http.Request) bool {
	address, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && address.IP.IsLoopback() && r.TLS == nil
}
