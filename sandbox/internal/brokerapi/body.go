package brokerapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"
)

// maxBody is the length in bytes of the longest accepted request body.
const maxBody = 64 << 10

// canonicalBody replaces the body of r by one with these fields only, each in the form of the specification. It ignores the
// Content-Type: all four official clients send a wrong one, or omit it.
func canonicalBody(w http.ResponseWriter, r *http.Request, fields []field) error {
	if fields == nil {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return invalid("the body is longer than 64 KiB")
	} else if err != nil {
		return invalid("the body is incomplete")
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(body, &given); err != nil || given == nil || !utf8.Valid(body) {
		return invalid("the body must be a JSON object in UTF-8")
	}
	canonical := make(map[string]json.RawMessage, len(fields))
	for _, f := range fields {
		value, ok := given[f.name]
		if !ok && f.optional {
			continue
		}
		if !ok {
			return invalid(f.name + ": is missing")
		}
		read, ok := f.read(value)
		if !ok {
			return invalid(f.name + ": must be " + f.must)
		}
		canonical[f.name] = read
	}
	written, err := json.Marshal(canonical)
	if err != nil {
		return err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(written)), int64(len(written))
	return nil
}
