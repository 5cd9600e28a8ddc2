package brokerapi

import (
	"net/http"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// An asciiWriter writes JSON in ASCII, as the Python client must have it. One write writes a whole body, with its length.
type asciiWriter struct {
	http.ResponseWriter

	status int
	begun  bool
	failed error // of a write that the client did not wait for
}

// Unwrap returns the writer below.
func (w *asciiWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader keeps the status until the length is known.
func (w *asciiWriter) WriteHeader(status int) { w.status = status }

// Write writes a whole body. After one that failed nothing is written any more: an error instead of it would be a second answer.
func (w *asciiWriter) Write(body []byte) (int, error) {
	if w.failed != nil {
		return 0, w.failed
	}
	escaped := escapeASCII(body)
	if !w.begun {
		w.Header().Set("Content-Length", strconv.Itoa(len(escaped)))
		w.ResponseWriter.WriteHeader(w.status)
	}
	if _, w.failed = w.ResponseWriter.Write(escaped); w.failed != nil {
		return 0, w.failed
	}
	return len(body), nil
}

// writePart writes a part of a body whose length is not known. Write writes the last one.
func (w *asciiWriter) writePart(part []byte) error {
	if !w.begun {
		w.begun = true
		w.Header().Set("Content-Type", "application/json")
		w.ResponseWriter.WriteHeader(w.status)
	}
	_, w.failed = w.ResponseWriter.Write(escapeASCII(part))
	return w.failed
}

// escapeASCII writes everything in a JSON text that is not ASCII as \u escapes. It is found only inside strings.
func escapeASCII(text []byte) []byte {
	at := 0
	for at < len(text) && text[at] < utf8.RuneSelf {
		at++
	}
	if at == len(text) {
		return text
	}
	escaped := append(make([]byte, 0, 2*len(text)), text[:at]...)
	for _, r := range string(text[at:]) {
		switch {
		case r < utf8.RuneSelf:
			escaped = append(escaped, byte(r))
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			escaped = appendEscape(appendEscape(escaped, high), low)
		default:
			escaped = appendEscape(escaped, r)
		}
	}
	return escaped
}

func appendEscape(b []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
