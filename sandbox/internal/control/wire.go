package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/brokerapi"
	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
)

// maxBody is the longest body, in bytes, that a request may have.
const maxBody = 1 << 20

// write responds with JSON, or with a refusal in the API's envelope.
func write(w http.ResponseWriter, r *http.Request, answer any, err error) {
	var body []byte
	if err == nil {
		body, err = json.Marshal(answer)
	}
	if err != nil {
		var wrong *wrongBooks
		if errors.As(err, &wrong) {
			calls.SetFailure(w, wrong)
			brokerapi.WriteRefusal(w, http.StatusInternalServerError, wrong.Error())
			return
		}
		brokerapi.WriteError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	w.Write(append(body, '\n')) //nolint:errcheck // whoever asked is gone
}

// read reads the body of a request into fields, every one of which is known.
func read(r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return invalid("the body is longer than 1 MiB")
	} else if err != nil {
		return invalid("the body broke off")
	}
	return decode(body, into)
}

// decode reads JSON into fields, every one of which is known.
func decode(body []byte, into any) error {
	if !utf8.Valid(body) || !strings.HasPrefix(strings.TrimLeft(string(body), " \t\r\n"), "{") {
		return invalid("the body must be a JSON object in UTF-8")
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return malformed(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return invalid("the body must be one JSON object, and nothing behind it")
	}
	return nil
}

// malformed says what is wrong with a body.
func malformed(err error) error {
	var mismatch *json.UnmarshalTypeError
	var refusal *broker.Error
	switch unknown, isUnknown := strings.CutPrefix(err.Error(), "json: unknown field "); {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &mismatch):
		return invalid("%s: must be %s, and is a %s", mismatch.Field, inWords(mismatch.Type), mismatch.Value)
	case isUnknown:
		return invalid("%.80s: is not known here; GET /-/ is the specification", unknown)
	default:
		return invalid("the body must be a JSON object")
	}
}

// inWords says what JSON has for a type.
func inWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return "a whole number that fits 64 bits"
	case reflect.Uint64:
		return "a whole number of 0 or more that fits 64 bits"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	default:
		return "a " + t.Kind().String()
	}
}

func invalid(format string, args ...any) error {
	return &broker.Error{Kind: broker.ErrInvalid, Message: fmt.Sprintf(format, args...)}
}
