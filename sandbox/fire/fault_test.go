package fire_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A wire is a protocol between the client and the proxy.
type wire int

const (
	http1    wire = iota // HTTP/1.1 without TLS
	http1TLS             // HTTP/1.1 over TLS
	http2                // HTTP/2 over TLS
	wires
)

func (w wire) String() string { return [...]string{"http/1.1", "http/1.1+tls", "http/2"}[w] }

// A place is where a fault strikes.
type place int

const (
	nowhere place = iota
	whileDialing
	inHandshake      // of TLS
	onIdle           // on a kept connection, right before the call
	inRequest        // after a number of its bytes
	inResponse       // after a number of its bytes: at 0, the ledger has committed
	inSealedRequest  // below TLS, after a number of bytes of a new connection
	inSealedResponse // as inSealedRequest, in the other direction
	atGateway        // in front of the sandbox, which responds in its place
	inStream         // of HTTP/2, in place of frames of the response
	places
)

// A how is what happens to bytes, to a kept connection or to a dial.
type how int

const (
	closed   how = iota // the connection ends
	reset               // the connection is reset
	garbled             // the next byte is another
	paused              // the bytes wait for a moment
	held                // the bytes wait until the caller gives up, and are lost
	late                // the bytes wait until the caller gives up, and arrive then
	swallow             // the bytes are lost, and the connection stays open
	refused             // the port is closed
	unnamed             // the name server is down
	canceled            // the caller gives up
)

func (h how) String() string {
	return [...]string{"closed", "reset", "garbled", "paused", "held", "late", "swallowed", "refused", "unnamed", "canceled"}[h]
}

// A fault is one way for a call to go wrong.
type fault struct {
	name  string
	place place
	how   how
	kept  bool   // inResponse: only at its beginning, on a kept connection
	only  []wire // nil: every wire
	after bool   // atGateway and inStream: the sandbox has executed the request; else it never sees it
	reply *reply // atGateway; nil: the gateway hangs up
	cut   *cut   // inStream
}

// anywhere reports whether the fault is one to strike at every byte boundary.
func (f *fault) anywhere() bool { return (f.place == inRequest || f.place == inResponse) && !f.kept }

func (f *fault) fits(w wire) bool { return f.only == nil || slices.Contains(f.only, w) }

// lasts reports whether the fault lasts until the caller gives up.
func (f *fault) lasts() bool { return f.how == held || f.how == late || f.how == swallow }

// endsConnection reports whether the fault ends the connection, for which it needs no byte after it.
func (f *fault) endsConnection() bool { return f.how == closed || f.how == reset }

// faults is the table of all faults. Each row is counted by its name, and a run fails if one never struck.
var faults = slices.Concat(connectionFaults(), byteFaults(), brokerFaults(), foreignFaults(), streamFaults())

func connectionFaults() []fault {
	overTLS := []wire{http1TLS, http2}
	return []fault{
		{name: "nothing"},
		{name: "dial refused", place: whileDialing, how: refused},
		{name: "dial unnamed", place: whileDialing, how: unnamed},
		{name: "dial canceled", place: whileDialing, how: canceled},
		{name: "handshake: foreign certificate", place: inHandshake, only: overTLS},
		{name: "idle connection closed", place: onIdle, how: closed},
		{name: "idle connection reset", place: onIdle, how: reset},
		{name: "idle connection swallowed", place: onIdle, how: swallow},
		{name: "kept connection closed in place of a response", place: inResponse, how: closed, kept: true},
		{name: "kept connection reset in place of a response", place: inResponse, how: reset, kept: true},
		{name: "sealed request closed", place: inSealedRequest, how: closed, only: overTLS},
		{name: "sealed request reset", place: inSealedRequest, how: reset, only: overTLS},
		{name: "sealed request garbled", place: inSealedRequest, how: garbled, only: overTLS},
		{name: "sealed response closed", place: inSealedResponse, how: closed, only: overTLS},
		{name: "sealed response reset", place: inSealedResponse, how: reset, only: overTLS},
		{name: "sealed response garbled", place: inSealedResponse, how: garbled, only: overTLS},
	}
}

// byteFaults strike at every byte boundary in turn: see [plan].
func byteFaults() (all []fault) {
	for h := closed; h <= late; h++ {
		request := fault{name: "request " + h.String(), place: inRequest, how: h}
		if h == garbled {
			// Another byte of a compressed header may well be another valid request. TLS prevents that.
			request.only = []wire{http1, http1TLS}
		}
		all = append(all, request, fault{name: "response " + h.String(), place: inResponse, how: h})
	}
	return all
}

// A reply is a response of the gateway's.
type reply struct {
	status     int
	location   string
	retryAfter string
	body       string
	envelope   bool // the broker's own words
}

// moments names when a fault strikes: before the sandbox sees the request, and after it has executed it.
var moments = []struct {
	name  string
	after bool
}{{"before", false}, {"after", true}}

// garbage is no JSON, and more than a client reads of it.
var garbage = "\x00" + strings.Repeat("garbage", 10_000)

// brokerFaults are the broker's own failures. By a status below 500 it says that it has not executed the request, so
// these strike before only.
func brokerFaults() (all []fault) {
	const envelope = `{"message": "a fault of the test", "context": "Test"}`
	for _, status := range []int{http.StatusConflict, http.StatusTooManyRequests} {
		all = append(all, fault{
			name: fmt.Sprintf("broker: %d, before", status), place: atGateway,
			reply: &reply{status: status, body: envelope, envelope: true},
		})
	}
	for _, m := range moments {
		all = append(all, fault{name: "broker: hang-up, " + m.name, place: atGateway, after: m.after})
		for _, status := range []int{http.StatusInternalServerError, http.StatusServiceUnavailable} {
			all = append(all, fault{
				name: fmt.Sprintf("broker: %d, %s", status, m.name), place: atGateway, after: m.after,
				reply: &reply{status: status, body: envelope, envelope: true},
			})
		}
		for _, status := range []int{http.StatusOK, http.StatusBadGateway} {
			all = append(all, fault{
				name: fmt.Sprintf("broker: %d and garbage, %s", status, m.name), place: atGateway, after: m.after,
				reply: &reply{status: status, body: garbage},
			})
		}
	}
	return all
}

// pages are bodies of responses that are not the broker's.
var pages = []struct{ name, body string }{
	{"HTML", "<html><body><h1>Not now</h1></body></html>"},
	{"empty", ""},
	{"other JSON", `{"error": {"code": 429, "message": "not now"}}`},
	{"half an envelope", `{"message": "Too Many Requests"}`},
}

// foreignFaults are responses of a gateway, by which it says nothing of what the broker has done.
func foreignFaults() (all []fault) {
	add := func(after bool, r reply, format string, args ...any) {
		all = append(all, fault{name: "foreign: " + fmt.Sprintf(format, args...), place: atGateway, after: after, reply: &r})
	}
	for _, m := range moments {
		for _, status := range []int{301, 302, 303, 304, 307, 308} {
			add(m.after, reply{status: status}, "%d, %s", status, m.name)
			add(m.after, reply{status: status, location: "/broker/v1/elsewhere"}, "%d with Location, %s", status, m.name)
		}
		for _, page := range pages {
			for _, wait := range []string{"", "1", "3600"} {
				add(m.after, reply{status: 429, body: page.body, retryAfter: wait}, "429 %s, Retry-After %q, %s", page.name, wait, m.name)
			}
			for _, status := range []int{400, 403, 404, 408, 409, 413} {
				add(m.after, reply{status: status, body: page.body}, "%d %s, %s", status, page.name, m.name)
			}
			add(m.after, reply{status: 503, body: page.body, retryAfter: "1"}, "503 %s, Retry-After \"1\", %s", page.name, m.name)
		}
	}
	return all
}
