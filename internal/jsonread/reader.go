// Package jsonread reads JSON from memory by pulling: a response becomes typed values in one pass. It is strict: it refuses
// anything else than JSON, and invalid UTF-8.
//
// encoding/json scans every byte twice and uses reflection: it costs five to seven times as much on the rows of a list. The
// tests compare both on the same bytes.
package jsonread

import (
	"errors"
	"fmt"
)

// ErrShort is returned if the bytes end before the value does.
var ErrShort = errors.New("the JSON ends early")

// SyntaxError is returned if the bytes are not JSON.
type SyntaxError struct {
	Offset int
	Want   string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("at byte %d: want %s", e.Offset, e.Want)
}

// TypeError is returned if a value is JSON of another type.
type TypeError struct {
	Offset int
	Want   string
}

func (e *TypeError) Error() string {
	return fmt.Sprintf("at byte %d: want %s", e.Offset, e.Want)
}

// maxDepth bounds how deep a skipped value may nest.
const maxDepth = 256

// Reader reads values one after the other. The first error sticks: after it each method returns zero, and Next false. The
// bytes that Key and Text return are valid until the next call.
type Reader struct {
	buf     []byte
	pos     int
	err     error
	first   bool // at the first element of the object or array
	scratch []byte
	held    [16]string // strings that were read before
	lenient bool
}

// Reset makes r read buf from its start.
func (r *Reader) Reset(buf []byte) {
	*r = Reader{buf: buf, scratch: r.scratch[:0]}
}

// Err returns the first error, if there was one.
func (r *Reader) Err() error { return r.err }

// Fail fails with a type error at the value just read, unless there is an error already.
func (r *Reader) Fail(want string) {
	if r.err == nil {
		r.err = &TypeError{r.pos, want}
	}
}

// A Mark is a place to return to.
type Mark struct {
	pos   int
	first bool
}

// Mark returns the position of r.
func (r *Reader) Mark() Mark { return Mark{r.pos, r.first} }

// Offset returns the number of bytes before the mark.
func (m Mark) Offset() int { return m.pos }

// Rewind returns r to m and clears the error. The first byte of buf is the one at m.
func (r *Reader) Rewind(m Mark, buf []byte) {
	r.buf, r.pos, r.err, r.first = buf, 0, nil, m.first
}

// Peek returns the first byte of the next value, or 0 at the end.
func (r *Reader) Peek() byte {
	if r.err == nil && r.pos < len(r.buf) {
		if c := r.buf[r.pos]; c > ' ' {
			return c
		}
	}
	return r.peek()
}

// peek is Peek if white space, the end or an error is next.
func (r *Reader) peek() byte {
	r.space()
	if r.err != nil {
		return 0
	}
	if r.pos == len(r.buf) {
		r.err = ErrShort
		return 0
	}
	return r.buf[r.pos]
}

// End reads the white space after the last value, and fails if anything else follows.
func (r *Reader) End() {
	r.space()
	if r.err == nil && r.pos < len(r.buf) {
		r.syntax("the end")
	}
}

// Enter enters an object, with '{', or an array, with '['.
func (r *Reader) Enter(open byte) bool {
	if c := r.Peek(); c != open {
		if open == '{' {
			r.mismatch("an object")
		} else {
			r.mismatch("an array")
		}
		return false
	}
	r.pos++
	r.first = true
	return true
}

// Next reports whether the object or array has another element. At its end, '}' or ']', Next leaves it.
func (r *Reader) Next(end byte) bool {
	c := r.Peek()
	if r.err != nil {
		return false
	}
	first := r.first
	r.first = false
	if c == end {
		r.pos++
		return false
	}
	if first {
		return true
	}
	if c != ',' {
		r.syntax("a comma or the end of the object or array")
		return false
	}
	if r.pos++; r.pos < len(r.buf) && r.buf[r.pos] == ' ' {
		r.pos++
	}
	if r.Peek() == end {
		r.syntax("a value behind the comma")
	}
	return r.err == nil
}

// Key reads the name of a member, up to its value.
func (r *Reader) Key() []byte {
	if r.Peek() != '"' {
		r.syntax("a name in quotes")
		return nil
	}
	key := r.text()
	if r.pos+1 < len(r.buf) && r.buf[r.pos] == ':' && r.err == nil {
		if r.pos++; r.buf[r.pos] == ' ' {
			r.pos++
		}
		return key
	}
	if r.Peek() != ':' {
		r.syntax("a colon")
		return nil
	}
	r.pos++
	return key
}

// Null reads null, if it is next.
func (r *Reader) Null() bool {
	if r.Peek() != 'n' {
		return false
	}
	return r.literal("null")
}

// Bool reads true or false.
func (r *Reader) Bool() bool {
	switch r.Peek() {
	case 't':
		return r.literal("true")
	case 'f':
		r.literal("false")
	default:
		r.mismatch("true or false")
	}
	return false
}

// space passes over white space.
func (r *Reader) space() {
	for r.pos < len(r.buf) {
		switch r.buf[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

// literal reads true, false or null.
func (r *Reader) literal(word string) bool {
	for i := range len(word) {
		if r.pos+i == len(r.buf) {
			r.fail(ErrShort)
			return false
		}
		if r.buf[r.pos+i] != word[i] {
			r.syntax(word)
			return false
		}
	}
	r.pos += len(word)
	return true
}

func (r *Reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *Reader) syntax(want string) { r.fail(&SyntaxError{r.pos, want}) }

// mismatch fails with a type error if a value is next, else with a syntax error.
func (r *Reader) mismatch(want string) {
	if r.err != nil {
		return
	}
	switch c := r.buf[r.pos]; {
	case c == '{', c == '[', c == '"', c == 't', c == 'f', c == 'n', c == '-', '0' <= c && c <= '9':
		r.fail(&TypeError{r.pos, want})
	default:
		r.syntax("a value")
	}
}
