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
	cut    bool
	pause  func() // after each piece of a slow body, or nil
	failed error  // of a write that the client did not wait for
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
	if w.failed = w.send(escaped); w.failed != nil {
		return 0, w.failed
	}
	return len(body), nil
}

// Break cuts the response to come in its middle, or sends its body in pieces with a pause after each.
func Break(w http.ResponseWriter, cut bool, pause func()) {
	if ascii, ok := w.(*asciiWriter); ok {
		ascii.cut, ascii.pause = cut, pause
	}
}

// Pieces is how many pieces a slow body comes in, or the part of a long one.
const Pieces = 10

// send sends a part of the body.
func (w *asciiWriter) send(part []byte) error {
	if w.cut {
		part = part[:len(part)/2]
	}
	if w.pause == nil && !w.cut {
		_, err := w.ResponseWriter.Write(part)
		return err
	}
	below := http.NewResponseController(w.ResponseWriter)
	for sent := 0; sent < len(part); {
		n := min(len(part)-sent, len(part)/Pieces+1)
		if _, err := w.ResponseWriter.Write(part[sent : sent+n]); err != nil {
			return err
		}
		if err := below.Flush(); err != nil {
			return err
		}
		sent += n
		if w.pause != nil {
			w.pause()
		}
	}
	if w.cut {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// writePart writes a part of a body whose length is not known. Write writes the last one.
func (w *asciiWriter) writePart(part []byte) error {
	if !w.begun {
		w.begun = true
		w.Header().Set("Content-Type", "application/json")
		w.ResponseWriter.WriteHeader(w.status)
	}
	w.failed = w.send(escapeASCII(part))
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
