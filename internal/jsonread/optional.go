package jsonread

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// The Optional methods read null as zero. If the reader is lenient, they read a value of another type as zero, too, but
// for OptionalBool.

// SetLenient makes r lenient: the Optional methods then accept a value of any type.
func (r *Reader) SetLenient(lenient bool) { r.lenient = lenient }

// IsLenient reports whether r is lenient.
func (r *Reader) IsLenient() bool { return r.lenient }

// OptionalInt is [Reader.Int], or 0 for null.
func (r *Reader) OptionalInt() int64 {
	if r.Null() {
		return 0
	}
	start := r.place()
	n := r.Int()
	r.forgive(start)
	return n
}

// OptionalString is [Reader.String], or empty for null. A lenient reader returns a value of another type as its JSON, like
// the Python client.
func (r *Reader) OptionalString() string {
	if r.lenient {
		return r.Words()
	}
	if r.Null() {
		return ""
	}
	return r.String()
}

// OptionalBool is [Reader.Bool], or false for null. A lenient reader takes any value for true that is not 0, the text of 0 or
// of false, or empty.
func (r *Reader) OptionalBool() bool {
	if r.lenient {
		return !slices.Contains([]string{"", "0", "false"}, strings.ToLower(r.Words()))
	}
	return !r.Null() && r.Bool()
}

// OptionalTime is [Reader.Time], or the zero time for null.
func (r *Reader) OptionalTime() time.Time {
	if r.Null() {
		return time.Time{}
	}
	start := r.place()
	t := r.Time()
	r.forgive(start)
	return t
}

// place returns the position of r, or -1 after an error.
func (r *Reader) place() int {
	if r.err != nil {
		return -1
	}
	return r.pos
}

// forgive skips the value at start and clears the error, if the value has another type and r is lenient.
func (r *Reader) forgive(start int) {
	if !r.lenient || start < 0 {
		return
	}
	if mismatch := (*TypeError)(nil); errors.As(r.err, &mismatch) {
		r.pos, r.err = start, nil
		r.Skip()
	}
}

// Words reads a text. Null is empty; any other value is its JSON.
func (r *Reader) Words() string {
	switch r.Peek() {
	case '"':
		return r.String()
	case 'n':
		r.Null()
		return ""
	default:
		return string(r.Raw())
	}
}

// Start returns the position of the next value, for [Reader.Since].
func (r *Reader) Start() int {
	r.Peek()
	return r.pos
}

// Since returns a copy of the JSON from start to the position of r, or nil after an error.
func (r *Reader) Since(start int) []byte {
	if r.err != nil {
		return nil
	}
	return append([]byte(nil), r.buf[start:r.pos]...)
}
