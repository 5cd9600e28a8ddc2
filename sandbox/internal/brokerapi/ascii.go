package brokerapi

import (
	"net/http"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// An asciiWriter writes JSON in ASCII, because the Python client reads nothing else. One Write writes a whole body, with its
// length.
type asciiWriter struct {
	http.ResponseWriter

	status int
	begun  bool
	cut    bool
	pause  func() // runs between two pieces of a slow body, or nil
	failed error  // the error of a write, after which nothing more is written
}

// Unwrap returns the writer below.
func (w *asciiWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader sets the status. Write sends it, with the length of the body.
func (w *asciiWriter) WriteHeader(status int) { w.status = status }

// Write writes a whole body. After a failed write it writes nothing more: an error message would be a second response.
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

// Break sets how the next response is sent. If cut is set, it is cut in the middle. If pause is not nil, its body is sent in
// pieces, with a call of pause between two.
func Break(w http.ResponseWriter, cut bool, pause func()) {
	if ascii, ok := w.(*asciiWriter); ok {
		ascii.cut, ascii.pause = cut, pause
	}
}

// Pauses is the number of pauses in a slow body, or in each part of a long one.
const Pauses = 10

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
	for i := range Pauses + 1 { // a short part has empty pieces, so that it takes no less time
		if _, err := w.ResponseWriter.Write(part[len(part)*i/(Pauses+1) : len(part)*(i+1)/(Pauses+1)]); err != nil {
			return err
		}
		if err := below.Flush(); err != nil {
			return err
		}
		if w.pause != nil && i < Pauses {
			w.pause()
		}
	}
	if w.cut {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// writePart writes a part of a body of unknown length. Write writes the last part.
func (w *asciiWriter) writePart(part []byte) error {
	if !w.begun {
		w.begun = true
		w.Header().Set("Content-Type", "application/json")
		w.ResponseWriter.WriteHeader(w.status)
	}
	w.failed = w.send(escapeASCII(part))
	return w.failed
}

// escapeASCII replaces each character of a JSON text outside ASCII by its \u escape. Such characters are only in strings.
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
