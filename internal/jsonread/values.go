package jsonread

import (
	"bytes"
	"strconv"
)

// String reads a string. Equal strings in the rows of a list share memory.
func (r *Reader) String() string {
	text := r.Text()
	if len(text) == 0 {
		return ""
	}
	held := &r.held[(len(text)*7+int(text[0])+int(text[len(text)-1]))%len(r.held)]
	if *held != string(text) {
		*held = string(text)
	}
	return *held
}

// Text reads a string. It returns the bytes of the buffer if the string has no escapes.
func (r *Reader) Text() []byte {
	if r.Peek() != '"' {
		r.mismatch("a string")
		return nil
	}
	return r.text()
}

// Int reads a whole number, or a string with one. It cuts off a fraction, like int() in the official clients, but refuses an
// exponent.
func (r *Reader) Int() int64 {
	c := r.Peek()
	at := r.pos
	var text []byte
	switch {
	case r.err != nil:
		return 0
	case c == '"':
		text = r.text()
	case c == '-' || '0' <= c && c <= '9':
		if n, ok := r.plainInt(); ok {
			return n
		}
		text = wholePart(r.number())
	default:
		r.mismatch("a whole number")
	}
	if r.err != nil {
		return 0
	}
	n, ok := parseInt(text)
	if !ok {
		r.err = &TypeError{at, "a whole number of 64 bits"}
		return 0
	}
	return n
}

// plainInt reads a number of at most 18 digits before a comma or brace, if one is next.
func (r *Reader) plainInt() (n int64, ok bool) {
	rest := r.buf[r.pos:min(r.pos+19, len(r.buf))]
	for i, c := range rest {
		switch {
		case '0' <= c && c <= '9' && (n > 0 || i == 0):
			n = n*10 + int64(c-'0')
		case (c == ',' || c == '}') && i > 0:
			r.pos += i
			return n, true
		default:
			return 0, false
		}
	}
	return 0, false
}

// wholePart cuts off the fraction of a number without an exponent.
func wholePart(number []byte) []byte {
	if dot := bytes.IndexByte(number, '.'); dot >= 0 && !bytes.ContainsAny(number, "eE") {
		return number[:dot]
	}
	return number
}

// parseInt is strconv.ParseInt, without an allocation in the common case.
func parseInt(text []byte) (n int64, ok bool) {
	digits := text
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) == 0 || len(digits) > 18 {
		n, err := strconv.ParseInt(string(text), 10, 64)
		return n, err == nil
	}
	if len(digits) < len(text) {
		n = -n
	}
	return n, true
}

// Raw reads any value, and returns its text in place.
func (r *Reader) Raw() []byte {
	r.Peek()
	start := r.pos
	r.Skip()
	if r.err != nil {
		return nil
	}
	return r.buf[start:r.pos]
}

// Skip reads any value.
func (r *Reader) Skip() { r.skip(0) }

func (r *Reader) skip(depth int) {
	c := r.Peek()
	switch {
	case r.err != nil:
	case depth > maxDepth:
		r.fail(&TypeError{r.pos, "a value that nests less deep"})
	case c == '{':
		for r.Enter('{'); r.Next('}'); {
			r.Key()
			r.skip(depth + 1)
		}
	case c == '[':
		for r.Enter('['); r.Next(']'); {
			r.skip(depth + 1)
		}
	case c == '"':
		r.text()
	case c == 't', c == 'f':
		r.Bool()
	case c == 'n':
		r.literal("null")
	case c == '-' || '0' <= c && c <= '9':
		r.number()
	default:
		r.syntax("a value")
	}
}

// number reads a number in the form of JSON. The caller has checked its first byte.
func (r *Reader) number() []byte {
	start := r.pos
	if r.buf[r.pos] == '-' {
		r.pos++
	}
	zero := r.pos
	r.digits()
	if r.err == nil && r.buf[zero] == '0' && r.pos > zero+1 {
		r.pos = zero + 1
		r.syntax("no digit behind a leading zero")
	}
	if r.pos < len(r.buf) && r.buf[r.pos] == '.' {
		r.pos++
		r.digits()
	}
	if r.pos < len(r.buf) && (r.buf[r.pos] == 'e' || r.buf[r.pos] == 'E') {
		r.pos++
		if r.pos < len(r.buf) && (r.buf[r.pos] == '+' || r.buf[r.pos] == '-') {
			r.pos++
		}
		r.digits()
	}
	// A number has no end mark: at the end of the bytes, more digits may follow.
	return r.buf[start:r.pos]
}

// digits reads one digit or more.
func (r *Reader) digits() {
	start := r.pos
	for r.pos < len(r.buf) && '0' <= r.buf[r.pos] && r.buf[r.pos] <= '9' {
		r.pos++
	}
	switch {
	case r.pos > start:
	case r.pos == len(r.buf):
		r.fail(ErrShort)
	default:
		r.syntax("a digit")
	}
}
