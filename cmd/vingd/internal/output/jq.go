package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/itchyny/gojq"
)

// A filter is a jq expression.
type filter struct{ code *gojq.Code }

func newFilter(expression string) (*filter, error) {
	query, err := gojq.Parse(expression)
	if err != nil {
		return nil, fmt.Errorf("--jq %q: %w", expression, err)
	}
	code, err := gojq.Compile(query) // without a loader of modules, and without the environment
	if err != nil {
		return nil, fmt.Errorf("--jq %q: %w", expression, err)
	}
	return &filter{code}, nil
}

// print prints the results for a value, a line each. A text is printed without quotes.
func (f *filter) print(w io.Writer, value any) error {
	results := f.code.Run(value)
	for {
		result, ok := results.Next()
		if !ok {
			return nil
		}
		if err, failed := result.(error); failed {
			return fmt.Errorf("--jq: %w", err)
		}
		text, isText := result.(string)
		if !isText {
			b, err := gojq.Marshal(result)
			if err != nil {
				return err
			}
			text = string(b)
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
}

// decode reads JSON so that a filter takes it, and no digit of a number is lost.
func decode(text []byte) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&value)
	return value, err
}

// NewRaw returns a function that prints JSON that the broker returned, indented or through a jq expression.
func NewRaw(w io.Writer, expression string) (func(text []byte) error, error) {
	if expression == "" {
		return func(text []byte) error {
			var b bytes.Buffer
			if err := json.Indent(&b, text, "", "  "); err != nil {
				return err
			}
			b.WriteByte('\n')
			_, err := w.Write(b.Bytes())
			return err
		}, nil
	}
	f, err := newFilter(expression)
	if err != nil {
		return nil, err
	}
	return func(text []byte) error {
		value, err := decode(text)
		if err != nil {
			return err
		}
		return f.print(w, value)
	}, nil
}
