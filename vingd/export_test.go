package vingd

import (
	"io"
	"net/http"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// NewTransport is the transport of a client that is given none, for tests that must tell it whose certificates to trust.
func NewTransport() *http.Transport { return newTransport(nil) }

// StableCharacters are those that a reference may have.
var StableCharacters = stable

// RetryAfter is tested directly, with every text.
var RetryAfter = retryAfter

// CountRowReads returns how often a list parses its rows, read from a source of its own.
func CountRowReads(source io.Reader) (reads int, err error) {
	l := &listReader{onRow: func() {}, source: source, room: make([]byte, listBuffer)}
	l.handler.row = func(r *jsonread.Reader) bool {
		reads++
		r.Skip()
		return true
	}
	err = l.read()
	return reads, err
}
