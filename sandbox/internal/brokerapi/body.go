package brokerapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"
)

// maxBody is the longest body, in bytes, that a request may have.
const maxBody = 64 << 10

// canonicalBody makes the body of r hold the fields and nothing else, each as the specification has it.
// The type of content that the client names counts for nothing: all four name a wrong one, or none.
func canonicalBody(w http.ResponseWriter, r *http.Request, fields []field) error {
	if fields == nil {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return invalid("the body is longer than 64 KiB")
	} else if err != nil {
		return invalid("the body broke off")
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
