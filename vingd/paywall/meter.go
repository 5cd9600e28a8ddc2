package paywall

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

var errNotServed = errors.New("paywall: not served")

// A meter watches what is served: before the first byte of a success it has the purchase made due, and it knows in the
// end whether all went out. It has no Unwrap, since nobody may hijack what is paid for.
type meter struct {
	http.ResponseWriter

	secret bool // the address holds a token
	begin  func() error
	refuse func(error) // answers instead of the content

	wrote  bool // the status is out
	begun  bool // begin succeeded
	failed error
	length int64 // as declared; -1 is not
	bytes  int64
}

// WriteHeader sends the status, unless the purchase cannot be made due: then it refuses.
func (m *meter) WriteHeader(status int) {
	if m.wrote {
		m.ResponseWriter.WriteHeader(status) // which complains
		return
	}
	if 100 <= status && status < 200 && status != http.StatusSwitchingProtocols {
		m.ResponseWriter.WriteHeader(status)
		return
	}
	m.wrote, m.length = true, -1
	if m.secret {
		hide(m.Header())
	}
	if status >= 400 { // an error is no content: nothing is charged
		m.failed = errNotServed
		m.ResponseWriter.WriteHeader(status)
		return
	}
	if err := m.begin(); err != nil {
		m.failed = errNotServed
		m.refuse(err)
		m.ResponseWriter = nowhere{m.Header()}
		return
	}
	m.begun = true
	if length, err := strconv.ParseInt(m.Header().Get("Content-Length"), 10, 64); err == nil && bodyAllowed(status) {
		m.length = length
	}
	m.ResponseWriter.WriteHeader(status)
}

func bodyAllowed(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// Write sends part of the content.
func (m *meter) Write(b []byte) (int, error) {
	if !m.wrote {
		m.WriteHeader(http.StatusOK)
	}
	n, err := m.ResponseWriter.Write(b)
	return n, m.count(int64(n), err)
}

// ReadFrom sends what a reader has, as cheaply as the server can.
func (m *meter) ReadFrom(r io.Reader) (int64, error) {
	if !m.wrote {
		m.WriteHeader(http.StatusOK)
	}
	n, err := io.Copy(m.ResponseWriter, r)
	return n, m.count(n, err)
}

func (m *meter) count(n int64, err error) error {
	m.bytes += n
	if err != nil && m.failed == nil {
		m.failed = err
	}
	return err
}

// FlushError sends what is buffered.
func (m *meter) FlushError() error {
	if !m.wrote {
		m.WriteHeader(http.StatusOK)
	}
	err := http.NewResponseController(m.ResponseWriter).Flush()
	if errors.Is(err, errors.ErrUnsupported) {
		return err // nothing is lost by that
	}
	return m.count(0, err)
}

// Flush sends what is buffered.
func (m *meter) Flush() { _ = m.FlushError() }

// SetReadDeadline bounds how long the request may take.
func (m *meter) SetReadDeadline(t time.Time) error {
	return http.NewResponseController(m.ResponseWriter).SetReadDeadline(t)
}

// SetWriteDeadline bounds how long the content may take.
func (m *meter) SetWriteDeadline(t time.Time) error {
	return http.NewResponseController(m.ResponseWriter).SetWriteDeadline(t)
}

// EnableFullDuplex lets the request be read while the content is sent.
func (m *meter) EnableFullDuplex() error {
	return http.NewResponseController(m.ResponseWriter).EnableFullDuplex()
}

// complete sends what is left, and reports whether all of the content went out.
func (m *meter) complete() bool {
	if !m.wrote {
		m.WriteHeader(http.StatusOK)
	}
	if m.failed != nil || m.length >= 0 && m.bytes != m.length {
		return false
	}
	err := http.NewResponseController(m.ResponseWriter).Flush()
	return err == nil || errors.Is(err, errors.ErrUnsupported)
}

// hide keeps an address that holds a token out of caches and of what other sites are told.
func hide(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
}

// nowhere takes what must not be sent.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header       { return n.header }
func (n nowhere) WriteHeader(int)           {}
func (n nowhere) Write([]byte) (int, error) { return 0, errNotServed }
