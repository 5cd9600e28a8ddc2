package jsonread_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestInt(t *testing.T) {
	for text, want := range map[string]int64{
		`0`: 0, `-0`: 0, `7`: 7, ` 200 `: 200, `-5`: -5,
		`9223372036854775807`: 9223372036854775807, `-9223372036854775808`: -9223372036854775808,
		`12.99`: 12, `-0.5`: 0, `5.0`: 5,
		`"7"`: 7, `"-5"`: -5, `"007"`: 7, `"\u0035"`: 5, `"9223372036854775807"`: 9223372036854775807,
		`"00000000000000000000007"`: 7,
	} {
		r := reading(text)
		if got := r.Int(); got != want || r.Err() != nil {
			t.Errorf("Int of %s = %d, %v; want %d", text, got, r.Err(), want)
		}
	}
}

func TestInt_Refused(t *testing.T) {
	for _, text := range []string{
		`1e3`, `1.5E+3`, `9223372036854775808`, `-9223372036854775809`, `99999999999999999999`,
		`null`, `true`, `{}`, `[]`, `""`, `"-"`, `"+5"`, `"+0000000000000000005"`, `" 5"`, `"5.0"`, `"1e3"`, `"0x5"`, `"1_000"`, `"five"`, `"٥"`,
	} {
		r := reading(text)
		got := r.Int()
		var wrongType *jsonread.TypeError
		if got != 0 || !errors.As(r.Err(), &wrongType) {
			t.Errorf("Int of %s = %d, %v; want a TypeError", text, got, r.Err())
		}
	}
}

func TestSkip_SyntaxErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:             "the JSON ends early",
		`  `:           "the JSON ends early",
		`"abc`:         "the JSON ends early",
		`{"a": tru`:    "the JSON ends early",
		`[1, -`:        "the JSON ends early",
		`"\ud83d\ud`:   "the JSON ends early",
		"\"\xc3":       "the JSON ends early",
		`<html>`:       "at byte 0: want a value",
		`[1,]`:         "at byte 3: want a value behind the comma",
		`{"a" 1}`:      "at byte 5: want a colon",
		`{a: 1}`:       "at byte 1: want a name in quotes",
		`[1 2]`:        "at byte 3: want a comma or the end of the object or array",
		`[1}`:          "at byte 2: want a comma or the end of the object or array",
		`01`:           "at byte 1: want no digit behind a leading zero",
		`1.x`:          "at byte 2: want a digit",
		`"\x"`:         "at byte 1: want an escape",
		`"\u12g4"`:     "at byte 5: want four hexadecimal digits",
		"\"a\nb\"":     "at byte 2: want no control character in a string",
		"\"a\xffbcd\"": "at byte 2: want UTF-8",
		`nil`:          "at byte 0: want null",
		`1 2`:          "at byte 2: want the end",
	} {
		r := reading(text)
		r.Skip()
		r.End()
		if r.Err() == nil || r.Err().Error() != want {
			t.Errorf("reading %q: %v; want %s", text, r.Err(), want)
		}
	}
}

func TestReader_TypeErrors(t *testing.T) {
	read := map[string]func(*jsonread.Reader){
		"a string":      func(r *jsonread.Reader) { _ = r.String() },
		"true or false": func(r *jsonread.Reader) { r.Bool() },
		"an object":     func(r *jsonread.Reader) { r.Enter('{') },
		"an array":      func(r *jsonread.Reader) { r.Enter('[') },
	}
	for want, read := range read {
		for _, text := range []string{`5`, `null`, `"a"`, `false`, `{}`, `[]`} {
			r := reading(text)
			read(r)
			var wrongType *jsonread.TypeError
			fits := map[string]bool{`a string"a"`: true, `true or falsefalse`: true, `an object{}`: true, `an array[]`: true}[want+text]
			if fits != (r.Err() == nil) || !fits && (!errors.As(r.Err(), &wrongType) || wrongType.Want != want) {
				t.Errorf("%s read as %s: %v", text, want, r.Err())
			}
		}
	}
}

func TestReader_FirstErrorSticks(t *testing.T) {
	r := reading(`[1, x, "never read"]`)
	for r.Enter('['); r.Next(']'); {
		r.Skip()
	}
	first := r.Err()
	if first == nil {
		t.Fatal("read x: got no error")
	}
	r.Fail("something else")
	r.End()
	if r.Next(']') || r.Enter('{') || r.Int() != 0 || r.String() != "" || r.Raw() != nil || r.Null() || r.Bool() || r.Peek() != 0 || r.Key() != nil {
		t.Error("got a value after an error")
	}
	if r.Err() != first { //nolint:errorlint // the very same error is meant
		t.Errorf("got error %v, want the first one, %v", r.Err(), first)
	}
}

func TestFail(t *testing.T) {
	r := reading(`{"id": 0}`)
	r.Skip()
	r.Fail("an id")
	if err := r.Err(); err == nil || err.Error() != "at byte 9: want an id" {
		t.Errorf("got error %v", err)
	}
}

// A value may nest as deep as any response does, but not so deep that it exhausts the stack.
func TestSkip_Depth(t *testing.T) {
	const most = 257 // containers, the innermost one empty
	for depth, accepted := range map[int]bool{1: true, most: true, most + 1: false, 1_000_000: false} {
		for _, pair := range []string{"[]", "{}"} {
			inner, outer := pair, pair[:1]
			if pair == "{}" {
				outer = `{"a":`
			}
			r := reading(strings.Repeat(outer, depth-1) + inner + strings.Repeat(pair[1:], depth-1))
			r.Skip()
			var tooDeep *jsonread.TypeError
			if accepted != (r.Err() == nil) || !accepted && !errors.As(r.Err(), &tooDeep) {
				t.Errorf("%d times %s: %v", depth, pair, r.Err())
			}
		}
	}
}

// The reader returns each name, also if it comes twice. The caller decides what to do about it.
func TestKey_DuplicateNames(t *testing.T) {
	r := reading(`{"a": 1, "b": 2, "\u0061": 3}`)
	var names []string
	var numbers []int64
	for r.Enter('{'); r.Next('}'); {
		names = append(names, string(r.Key()))
		numbers = append(numbers, r.Int())
	}
	if r.Err() != nil || !slices.Equal(names, []string{"a", "b", "a"}) || !slices.Equal(numbers, []int64{1, 2, 3}) {
		t.Errorf("read %q, %v, %v", names, numbers, r.Err())
	}
}

func TestText_InPlace(t *testing.T) {
	text := []byte(`["plain", "with \u00e9scape"]`)
	var r jsonread.Reader
	allocations := testing.AllocsPerRun(100, func() {
		r.Reset(text)
		for r.Enter('['); r.Next(']'); {
			r.Text()
		}
	})
	if r.Err() != nil || allocations != 0 {
		t.Errorf("got %v allocations, error %v, want none", allocations, r.Err())
	}
}

func TestRewind(t *testing.T) {
	text := `[10, 20, 30]`
	var r jsonread.Reader
	r.Reset([]byte(text[:4])) // up to the first comma
	r.Enter('[')
	r.Next(']')
	r.Int()
	mark := r.Mark()
	r.Next(']')
	r.Peek()
	if !errors.Is(r.Err(), jsonread.ErrShort) {
		t.Fatalf("got error %v at the end of the bytes, want ErrShort", r.Err())
	}
	r.Rewind(mark, []byte(text[mark.Offset():]))
	var rest []int64
	for r.Next(']') {
		rest = append(rest, r.Int())
	}
	if r.End(); r.Err() != nil || !slices.Equal(rest, []int64{20, 30}) {
		t.Errorf("got %v after the mark, error %v, want 20 and 30", rest, r.Err())
	}
}

// The first element of an array has no comma before it, also if it is read again.
func TestRewind_FirstElement(t *testing.T) {
	var r jsonread.Reader
	r.Reset([]byte(`[`))
	r.Enter('[')
	mark := r.Mark()
	r.Next(']')
	r.Rewind(mark, []byte(`7]`))
	if !r.Next(']') || r.Int() != 7 || r.Next(']') || r.Err() != nil {
		t.Errorf("read the first element again: got error %v", r.Err())
	}
}

func reading(text string) *jsonread.Reader {
	var r jsonread.Reader
	r.Reset([]byte(text))
	return &r
}
