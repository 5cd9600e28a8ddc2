// Package output prints records: as a table, JSON, JSON lines, CSV or ids.
package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A Kind is a sort of record.
type Kind struct {
	Name    string   // of many, as errors say it
	Fields  []string // every field, in order
	Columns []string // the fields that a table shows
	ID      string   // the field that -o id prints; empty if there is no such field
}

// A Record has a value for each field of its kind: nil, a bool, an int64, a string, [vingd.Cents], a [time.Time] or a
// [json.RawMessage].
type Record []any

// jsonOf returns a value in JSON. Amounts are whole cents.
func jsonOf(value any) ([]byte, error) {
	switch v := value.(type) {
	case vingd.Cents:
		return strconv.AppendInt(nil, int64(v), 10), nil
	case time.Time:
		if v.IsZero() {
			return []byte("null"), nil
		}
		return json.Marshal(v.Format(time.RFC3339Nano))
	case json.RawMessage:
		if len(v) == 0 {
			return []byte("null"), nil
		}
		return v, nil
	case string:
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false) // URLs have ampersands
		err := e.Encode(v)
		return bytes.TrimSpace(b.Bytes()), err
	}
	return json.Marshal(value)
}

// textOf returns a value for people. Amounts are vingds with two decimals.
func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.Format(time.RFC3339)
	case json.RawMessage:
		return string(v)
	}
	return fmt.Sprint(value)
}

// object returns a record as a JSON object.
func object(fields []string, r Record) ([]byte, error) {
	b := []byte{'{'}
	for i, name := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		value, err := jsonOf(r[i])
		if err != nil {
			return nil, err
		}
		b = append(strconv.AppendQuote(b, name), ':')
		b = append(b, value...)
	}
	return append(b, '}'), nil
}

// Clean makes foreign text safe for a terminal: one line, without control and direction characters.
func Clean(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n', c == '\r', c == '\t':
			return ' '
		case c < ' ', 0x7f <= c && c < 0xa0, // control
			0x200b <= c && c <= 0x200f, 0x2028 <= c && c <= 0x202e, 0x2060 <= c && c <= 0x206f, c == 0x061c, c == 0xfeff: // format
			return -1
		}
		return c
	}, text)
}

// Cell makes a text safe for a spreadsheet, which takes some texts for formulas.
func Cell(text string) string {
	if first := strings.TrimLeft(text, "'"); first != "" && strings.ContainsRune("=+-@\t\r", rune(first[0])) {
		return "'" + text
	}
	return text
}

// Uncell returns the text that a cell was made of.
func Uncell(cell string) string {
	if text, marked := strings.CutPrefix(cell, "'"); marked && Cell(text) == cell {
		return text
	}
	return cell
}

// pick returns the places of columns in a kind's fields.
func pick(k Kind, columns []string) ([]int, error) {
	if len(columns) == 0 {
		return nil, fmt.Errorf("--columns: must be of %s", strings.Join(k.Fields, ", "))
	}
	places := make([]int, len(columns))
	for i, name := range columns {
		if places[i] = slices.Index(k.Fields, name); places[i] < 0 {
			return nil, fmt.Errorf("--columns %q: must be of %s", name, strings.Join(k.Fields, ", "))
		}
		if slices.Contains(columns[:i], name) {
			return nil, fmt.Errorf("--columns %q: is there twice", name)
		}
	}
	return places, nil
}
