package jsonread

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string. Its opening quote is next.
func (r *Reader) text() []byte {
	start := r.pos + 1
	end := plain(r.buf, start)
	if end < len(r.buf) && r.buf[end] == '"' {
		r.pos = end + 1
		return r.buf[start:end]
	}
	r.pos = end
	return r.special(start)
}

// special reads the rest of a string that began at start. A byte that is neither plain nor a quote is next.
func (r *Reader) special(start int) []byte {
	for ; r.pos < len(r.buf); r.pos = plain(r.buf, r.pos) {
		switch c := r.buf[r.pos]; {
		case c == '"':
			r.pos++
			return r.buf[start : r.pos-1]
		case c == '\\':
			return r.escaped(start)
		case c < ' ':
			r.syntax("no control character in a string")
			return nil
		case !r.rune():
			return nil
		}
	}
	r.fail(ErrShort)
	return nil
}

// plain returns the end of the plain ASCII characters of a string, from i on. It takes eight at a time: arithmetic on all
// eight finds the first quote, backslash, control character or byte beyond ASCII.
func plain(buf []byte, i int) int {
	for ; i+8 <= len(buf); i += 8 {
		w := binary.LittleEndian.Uint64(buf[i:])
		const ones, high = 0x0101010101010101, 0x8080808080808080
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		// A borrow can mark a wrong byte, but only after a right one.
		if hit := (w | (w-ones*' ')&^w | (quote-ones)&^quote | (slash-ones)&^slash) & high; hit != 0 {
			return i + bits.TrailingZeros64(hit)>>3
		}
	}
	for ; i < len(buf); i++ {
		if c := buf[i]; c == '"' || c == '\\' || c < ' ' || c >= utf8.RuneSelf {
			break
		}
	}
	return i
}

// rune skips one character beyond ASCII.
func (r *Reader) rune() bool {
	c, size := utf8.DecodeRune(r.buf[r.pos:])
	if c == utf8.RuneError && size == 1 {
		if !utf8.FullRune(r.buf[r.pos:]) {
			r.fail(ErrShort)
		} else {
			r.syntax("UTF-8")
		}
		return false
	}
	r.pos += size
	return true
}

// escaped reads a string with escapes, which begins at start, into the scratch buffer.
func (r *Reader) escaped(start int) []byte {
	r.scratch = append(r.scratch[:0], r.buf[start:r.pos]...)
	for r.pos < len(r.buf) {
		switch c := r.buf[r.pos]; {
		case c == '"':
			r.pos++
			return r.scratch
		case c == '\\':
			if !r.escape() {
				return nil
			}
		case c < ' ':
			r.syntax("no control character in a string")
			return nil
		case c < utf8.RuneSelf:
			r.scratch = append(r.scratch, c)
			r.pos++
		default:
			from := r.pos
			if !r.rune() {
				return nil
			}
			r.scratch = append(r.scratch, r.buf[from:r.pos]...)
		}
	}
	r.fail(ErrShort)
	return nil
}

// escape reads one escape. Its backslash is next. Half a surrogate pair becomes U+FFFD.
func (r *Reader) escape() bool {
	if r.pos+1 == len(r.buf) {
		r.fail(ErrShort)
		return false
	}
	switch c := r.buf[r.pos+1]; c {
	case '"', '\\', '/':
		r.scratch = append(r.scratch, c)
	case 'b':
		r.scratch = append(r.scratch, '\b')
	case 'f':
		r.scratch = append(r.scratch, '\f')
	case 'n':
		r.scratch = append(r.scratch, '\n')
	case 'r':
		r.scratch = append(r.scratch, '\r')
	case 't':
		r.scratch = append(r.scratch, '\t')
	case 'u':
		return r.unicode()
	default:
		r.syntax("an escape")
		return false
	}
	r.pos += 2
	return true
}

// unicode reads one \u escape, or two that make one character.
func (r *Reader) unicode() bool {
	c, ok := r.hex4()
	if !ok {
		return false
	}
	if utf16.IsSurrogate(c) {
		before := r.pos
		pair := rune(utf8.RuneError)
		if r.pos+1 < len(r.buf) && r.buf[r.pos] == '\\' && r.buf[r.pos+1] == 'u' {
			low, ok := r.hex4()
			if !ok {
				return false
			}
			pair = utf16.DecodeRune(c, low)
		} else if r.pos == len(r.buf) || r.pos+1 == len(r.buf) && r.buf[r.pos] == '\\' {
			r.fail(ErrShort) // the other half may follow
			return false
		}
		if c = pair; c == utf8.RuneError {
			r.pos = before
		}
	}
	r.scratch = utf8.AppendRune(r.scratch, c)
	return true
}

// hex4 reads the backslash, the u and the four digits of a \u escape.
func (r *Reader) hex4() (c rune, ok bool) {
	r.pos += 2
	for range 4 {
		if r.pos == len(r.buf) {
			r.fail(ErrShort)
			return 0, false
		}
		switch digit := rune(r.buf[r.pos]); {
		case '0' <= digit && digit <= '9':
			c = c<<4 | (digit - '0')
		case 'a' <= digit && digit <= 'f':
			c = c<<4 | (digit - 'a' + 10)
		case 'A' <= digit && digit <= 'F':
			c = c<<4 | (digit - 'A' + 10)
		default:
			r.syntax("four hexadecimal digits")
			return 0, false
		}
		r.pos++
	}
	return c, true
}
