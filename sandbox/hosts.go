package sandbox

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// foreignHost is what a client is told that names another host than this one.
const foreignHost = "the address must name this machine, as localhost or 127.0.0.1 does, or be one that the sandbox was told it has"

// hosts are the names that a sandbox has beside those of the loopback interface.
//
// They are checked where nothing else proves to a browser whom it talks to: a name of another site that leads here, by
// what its owner answers to the second question for its address, would make the sandbox part of that site.
type hosts []string

// foreign reports whether a request, by its Host, was meant for another machine. One that has none is of no browser.
func (h hosts) foreign(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	return host != "" && !strings.EqualFold(host, "localhost") && !net.ParseIP(host).IsLoopback() &&
		!slices.ContainsFunc(h, func(name string) bool { return strings.EqualFold(host, name) })
}

// foreignPage is what a page of another origin is told, in somebody's browser.
const foreignPage = "a page of another origin must not use the sandbox: its API and its knobs are for programs"

// crossOrigin reports whether a page of another origin sent a request, of any method: verification is a GET that spends.
// No official client is a browser.
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
