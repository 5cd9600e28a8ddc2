package paywall

import (
	"bufio"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
)

var errNotServed = errors.New("paywall: not served")

// A heldResponse is the writer of content. It holds a success back until the content is ready, then charges for it, and then
// lets it out. Anything else goes out as it is. It has no Unwrap, so that no content gets around it.
type heldResponse struct {
	http.ResponseWriter

	charge func() error // nil if there is nothing to charge
	refuse func(error)  // responds if the content cannot be charged for
	hold   int          // the most bytes that are held back
	secret bool         // the address holds a token
	paid   bool         // the content is not for everybody
	unpaid bool         // the buyer has not paid yet, and is not charged for this request
	stream bool         // the connection carries other requests, too: it cannot be hijacked

	before  http.Header // the header as the handlers around the paywall have set it
	status  int         // of the content; 0 before it has one
	length  int64       // Content-Length; -1 if the content declares none
	body    []byte      // the part that is held back
	out     bool        // the response goes out
	refused bool
}

// WriteHeader sends the status, or holds it back. A failure takes the place of a success that is held back.
func (a *heldResponse) WriteHeader(status int) {
	switch {
	case a.refused:
		return
	case a.status != 0 && (a.out || status < 300):
		if a.out {
			a.ResponseWriter.WriteHeader(status) // the server logs it
		}
		return
	case 100 <= status && status < 200 && status != http.StatusSwitchingProtocols:
		if a.charge == nil {
			a.ResponseWriter.WriteHeader(status)
		}
		return
	}
	a.status, a.length, a.body = status, -1, nil
	if length, err := strconv.ParseInt(a.Header().Get("Content-Length"), 10, 64); err == nil { // one below zero declares nothing
		a.length = length
	}
	success := status == http.StatusSwitchingProtocols || 200 <= status && status <= 299
	if a.charge == nil || !success {
		a.letOut()
	}
}

// letOut sends what was held back. From then on everything goes out at once.
func (a *heldResponse) letOut() {
	a.out = true
	a.policy()
	a.ResponseWriter.WriteHeader(a.status)
	if body := a.body; len(body) > 0 {
		a.body = nil
		_, _ = a.ResponseWriter.Write(body) //nolint:gosec // the content is the seller's; the buyer may be gone
	}
}

// policy keeps what is paid for out of shared caches, and an address that holds a token out of all.
func (a *heldResponse) policy() {
	h := a.Header()
	switch {
	case a.secret:
		hide(h)
	case a.paid:
		keepPrivate(h)
	}
	vary(h) // content may have set its own
}

// release charges for the content, and lets it out.
func (a *heldResponse) release() error {
	if a.out {
		return nil
	}
	if err := a.pay(); err != nil {
		return err
	}
	a.letOut()
	return nil
}

// pay charges for the content. If it cannot be charged for, it is not served.
func (a *heldResponse) pay() error {
	if a.refused {
		return errNotServed
	}
	if a.charge == nil {
		return nil
	}
	if err := a.charge(); err != nil {
		a.refused, a.body = true, nil
		a.restore()
		a.refuse(err)
		return errNotServed
	}
	a.charge = nil
	return nil
}

// restore takes back what the content has set.
func (a *heldResponse) restore() {
	clear(a.Header())
	maps.Copy(a.Header(), a.before)
}

// Write sends part of the content, or holds it back.
func (a *heldResponse) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	switch {
	case a.refused:
		return 0, errNotServed
	case a.out:
		return a.ResponseWriter.Write(b)
	case a.status == http.StatusNoContent, a.status == http.StatusSwitchingProtocols:
		return 0, http.ErrBodyNotAllowed
	}
	var tooLong error
	if rest := a.length - int64(len(a.body)); a.length >= 0 && int64(len(b)) > rest {
		b, tooLong = b[:rest], http.ErrContentLength
	}
	if len(a.body)+len(b) > a.hold {
		if err := a.release(); err != nil {
			return 0, err
		}
		return a.ResponseWriter.Write(b)
	}
	a.body = append(a.body, b...)
	return len(b), tooLong
}

// ReadFrom sends what a reader has. Once the response goes out, the server sends it its shortest way.
func (a *heldResponse) ReadFrom(r io.Reader) (n int64, err error) {
	if !a.out {
		room := int64(a.hold - len(a.body))
		n, err = io.Copy(struct{ io.Writer }{a}, io.LimitReader(r, max(room, room+1))) // room+1 overflows
		if err != nil || !a.out {
			return n, err
		}
	}
	rest, err := io.Copy(a.ResponseWriter, r)
	return n + rest, err
}

// FlushError charges for the content, and sends what is held back.
func (a *heldResponse) FlushError() error {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if err := a.release(); err != nil {
		return err
	}
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// Flush charges for the content, and sends what is held back.
func (a *heldResponse) Flush() { _ = a.FlushError() }

// Hijack charges for the content, and leaves the connection to it.
func (a *heldResponse) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	switch {
	case a.stream, !canHijack(a.ResponseWriter):
		return nil, nil, http.ErrNotSupported
	case a.unpaid, a.out && a.charge != nil:
		return nil, nil, errNotServed
	}
	if a.status != 0 {
		if err := a.release(); err != nil {
			return nil, nil, err
		}
	} else if err := a.pay(); err != nil {
		return nil, nil, err
	}
	return http.NewResponseController(a.ResponseWriter).Hijack()
}

func canHijack(w http.ResponseWriter) bool {
	for {
		switch inner := w.(type) {
		case http.Hijacker:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = inner.Unwrap()
		default:
			return false
		}
	}
}

// ready charges for content that has returned, if it is whole, and lets it out. It reports whether it was whole.
func (a *heldResponse) ready() bool {
	sent := a.charge != nil && namesFile(a.Header())
	if a.status == 0 && sent {
		a.WriteHeader(http.StatusOK)
	}
	whole := sent || len(a.body) > 0 && (a.length < 0 || a.length == int64(len(a.body)))
	switch {
	case a.refused, a.out:
	case a.status == 0: // the server responds with 200, and an empty body
		a.policy()
	case whole:
		_ = a.release() // it has responded if it failed
		return true
	default:
		a.letOut()
	}
	return a.refused || a.charge == nil
}
