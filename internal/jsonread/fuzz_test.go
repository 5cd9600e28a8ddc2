package jsonread_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// texts are JSON and near misses.
var texts = []string{
	``, ` `, `null`, `true`, `false`, `nul`, `nulls`, `True`, `0`, `-0`, `-`, `01`, `1.`, `.5`, `1.5`, `1e`, `1e+`, `1E-7`, `+1`, `0x1`, `NaN`,
	`9223372036854775807`, `9223372036854775808`, `123456789012345678901234567890`, `"7"`, `"+0000000000000000007"`, `"-12"`, `12.5`, `5e0`,
	`""`, `"a"`, `"a`, `"\"`, `"\\"`, `"\/\b\f\n\r\t\""`, `"\a"`, `"\u0041"`, `"\u004"`, `"\u00zz"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`,
	`"\ud83d\u0041"`, `"\ud83d\ud83d\ude00"`, `"\ud83d\`, `"\ud83dx"`, `"\ud83d\n"`, `"\ud83d\ude0z"`, `"čokolada 😀"`, "\"\u2028\x7f\"",
	"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "\"\\n\xe2\x82\"", "\"\n\"", "\"\x00\"", "\ufeff1",
	`[]`, `[ ]`, `[1]`, `[1,2]`, `[1 2]`, `[1,]`, `[,1]`, `[1}`, `[`, `]`, `[[],[[]]]`, `{}`, `{ }`, `{"a":1}`, `{"a":1,}`, `{,"a":1}`, `{"a"}`,
	`{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":1,"a":2}`, `{"\u0061":1,"a":2}`, `{"":{"":[{}]}}`, `{"a":[}`, `1 2`, `1,`, `{} x`, "\v1", "1\u00a0",
	`{"data": {"balance": 12345, "uid": 4711}}`, `{"data": [{"vid": 1001, "gid": null, "message": "a\tb"}], "x": [1.5e3, true]}`,
	strings.Repeat("[", 257) + strings.Repeat("]", 257), strings.Repeat("[", 258) + strings.Repeat("]", 258), strings.Repeat(`{"a":`, 257) + `1` + strings.Repeat(`}`, 257),
}

// edges returns texts that end a run of plain bytes at each place of eight, and numbers of each length.
func edges() (texts []string) {
	for at := range 18 {
		for _, special := range []string{`"`, `\"`, `\u0041`, "\n", "\x1f", "\x7f", "\x80", "\xff", "č", " ", "!", "#", "[", "]", "😀"} {
			text := strings.Repeat("a", at) + special
			texts = append(texts, `"`+text+`"`, `"`+text, `"`+text+"aaaaaaaaa\"", `"`+text+text+`"`)
		}
	}
	for digits := 1; digits < 22; digits++ {
		number := "1234567890123456789012"[:digits]
		texts = append(texts, number, "-"+number, "0"+number, number+".5", number+"e1", number+" ", `"`+number+`"`)
	}
	return texts
}

// The reader accepts the same texts as encoding/json and reads the same values, with two exceptions. It refuses invalid
// UTF-8, which encoding/json replaces in silence. It also refuses values that nest deeper than any response.
func FuzzReader(f *testing.F) {
	for _, text := range append(edges(), texts...) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		deep := depth(text) > 256
		want := json.Valid(text) && utf8.Valid(text) && !deep
		var r jsonread.Reader
		r.Reset(text)
		raw := r.Raw()
		r.End()
		if got := r.Err() == nil; got != want {
			t.Fatalf("%q: accepted %v (%v), want %v as by encoding/json", text, got, r.Err(), want)
		}
		var tooDeep *jsonread.TypeError
		if errors.As(r.Err(), &tooDeep) && !deep {
			t.Errorf("%q: got a type error for a value of any type: %v", text, r.Err())
		}
		if !want {
			return
		}
		if trimmed := bytes.Trim(text, " \t\r\n"); !bytes.Equal(raw, trimmed) {
			t.Errorf("the text of %q is %q", text, raw)
		}
		r.Reset(text)
		got := pull(&r)
		r.End()
		if want := decoded(t, text); r.Err() != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %#v, %v; by encoding/json as %#v", text, got, r.Err(), want)
		}
	})
}

// The beginning of a valid text is short, never invalid: a list is read while its bytes arrive.
func FuzzBeginnings(f *testing.F) {
	for i, text := range append(edges(), texts...) {
		f.Add([]byte(text), uint(i))
		f.Add([]byte(`{"a":`+text+`}`), uint(len(text)))
	}
	f.Fuzz(func(t *testing.T, text []byte, cut uint) {
		if !json.Valid(text) || !utf8.Valid(text) || depth(text) > 256 {
			return
		}
		beginning := text[:cut%uint(len(text)+1)]
		var r jsonread.Reader
		r.Reset(beginning)
		r.Skip()
		r.End()
		if err := r.Err(); err != nil && !errors.Is(err, jsonread.ErrShort) {
			t.Errorf("%q, the beginning of %q: %v", beginning, text, err)
		}
		r.Reset(beginning)
		pull(&r)
		if err := r.Err(); err != nil && !errors.Is(err, jsonread.ErrShort) {
			t.Errorf("%q, the beginning of %q, pulled: %v", beginning, text, err)
		}
	})
}

func FuzzString(f *testing.F) {
	for _, text := range append(edges(), texts...) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var want string
		err := json.Unmarshal(text, &want)
		accepted := err == nil && utf8.Valid(text) && bytes.Trim(text, " \t\r\n")[0] == '"' // null too leaves a string empty
		var r jsonread.Reader
		r.Reset(text)
		got := r.String()
		r.End()
		if accepted != (r.Err() == nil) {
			t.Fatalf("%q is read as %q, %v; by encoding/json as %q, %v", text, got, r.Err(), want, err)
		}
		if accepted && got != want {
			t.Errorf("%q is read as %q, by encoding/json as %q", text, got, want)
		}
	})
}

// Int accepts the numbers that encoding/json reads into an int64. Like the official clients it also accepts numeric strings,
// and cuts off fractions.
func FuzzInt(f *testing.F) {
	for _, text := range append(edges(), texts...) {
		f.Add([]byte(text))
	}
	number := regexp.MustCompile(`^(-?[0-9]+)(\.[0-9]+)?$`)
	numeric := regexp.MustCompile(`^-?[0-9]+$`)
	f.Fuzz(func(t *testing.T, text []byte) {
		var r jsonread.Reader
		r.Reset(text)
		got := r.Int()
		r.End()
		var whole string
		switch value := decoded(t, text).(type) {
		case json.Number:
			if parts := number.FindStringSubmatch(value.String()); parts != nil {
				whole = parts[1]
			}
		case string:
			if numeric.MatchString(value) && utf8.Valid(text) {
				whole = value
			}
		}
		want, _ := new(big.Int).SetString(whole, 10)
		accepted := want != nil && want.IsInt64()
		if accepted != (r.Err() == nil) || accepted && want.Int64() != got {
			t.Errorf("%q is read as %d, %v; want %v", text, got, r.Err(), want)
		}
		var exact int64
		if json.Unmarshal(text, &exact) == nil && string(bytes.TrimSpace(text)) != "null" && exact != got {
			t.Errorf("%q is read as %d, by encoding/json as %d", text, got, exact)
		}
		for _, around := range [][2]string{{`{"a":`, `}`}, {`{"a":`, ` }`}, {`[`, `,0]`}, {`[`, `]`}} {
			inside := around[0] + string(text) + around[1]
			n, err := intInside(inside)
			if accepted != (err == nil) || accepted && n != got {
				t.Errorf("in %q it is read as %d, %v; alone as %d, %v", inside, n, err, got, r.Err())
			}
		}
	})
}

// intInside reads the number in an object or array. The number is alone in it, or followed by 0.
func intInside(text string) (n int64, err error) {
	var r jsonread.Reader
	r.Reset([]byte(text))
	end := byte(']')
	if r.Enter(text[0]); text[0] == '{' {
		end = '}'
	}
	if r.Next(end); text[0] == '{' {
		r.Key()
	}
	n = r.Int()
	if strings.HasSuffix(text, ",0]") && r.Next(end) && r.Int() != 0 {
		return n, errors.New("something else is inside")
	}
	if r.Next(end) {
		return n, errors.New("something else is inside")
	}
	r.End()
	return n, r.Err()
}

// pull reads any value by the methods of the client.
func pull(r *jsonread.Reader) any {
	switch c := r.Peek(); c {
	case '{':
		object := map[string]any{}
		for r.Enter('{'); r.Next('}'); {
			name := string(r.Key())
			object[name] = pull(r)
		}
		return object
	case '[':
		array := []any{}
		for r.Enter('['); r.Next(']'); {
			array = append(array, pull(r))
		}
		return array
	case '"':
		return r.String()
	case 't', 'f':
		return r.Bool()
	case 'n':
		if !r.Null() {
			return "not null"
		}
		return nil
	default:
		return json.Number(r.Raw())
	}
}

// decoded returns the value that encoding/json reads, or nil if the text is invalid.
func decoded(t *testing.T, text []byte) (value any) {
	t.Helper()
	if !json.Valid(text) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		t.Fatalf("%q: decode a valid text: %v", text, err)
	}
	return value
}

// depth returns the number of objects and arrays around the innermost value of a JSON text.
func depth(text []byte) (deepest int) {
	depth, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
			deepest = max(deepest, depth)
		case inString, strings.IndexByte(" \t\r\n,:", c) >= 0:
		case c == '{' || c == '[':
			deepest = max(deepest, depth)
			depth++
		case c == '}' || c == ']':
			depth--
		default:
			deepest = max(deepest, depth)
		}
	}
	return deepest
}
