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
		if errors.As(err, new(*unknownField)) {
			calls.HideRequest(w)
		}
		if errors.As(err, new(*shown)) || errors.Is(err, broker.ErrMoved) {
			calls.SetFailure(w, err)
			brokerapi.WriteRefusal(w, http.StatusInternalServerError, err.Error())
			return
		}
		brokerapi.WriteError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	w.Write(append(body, '\n')) //nolint:errcheck // whoever asked is gone
}

// read reads the body of a request into fields, every one of which is known. The required ones are there.
func read(r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return invalid("the body is longer than 1 MiB")
	} else if err != nil {
		return invalid("the body broke off")
	}
	return decode("the body", body, into)
}

// decode reads JSON into fields, every one of which is known. The required ones are there. Errors call the body by a name.
func decode(name string, body []byte, into any) error {
	if !utf8.Valid(body) || !strings.HasPrefix(strings.TrimLeft(string(body), " \t\r\n"), "{") {
		return invalid("%s must be a JSON object in UTF-8", name)
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return malformed(name, err, len(body))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return invalid("%s must be one JSON object, and nothing behind it", name)
	}
	var fields any
	if err := json.Unmarshal(body, &fields); err != nil {
		return malformed(name, err, len(body))
	}
	if field := missing(fields, reflect.TypeOf(into).Elem()); field != "" {
		return invalid("%s: is missing", field)
	}
	return nil
}

// missing returns the path of a field that JSON for a type lacks, or an empty string. The generated types let only optional
// fields be omitted.
func missing(value any, t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		list, _ := value.([]any)
		for i, element := range list {
			if name := missing(element, t.Elem()); name != "" {
				return fmt.Sprintf("[%d].%s", i, name)
			}
		}
	case reflect.Struct:
		fields, _ := value.(map[string]any)
		for i := range t.NumField() {
			name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			within := fieldOf(fields, name)
			switch below := missing(within, t.Field(i).Type); {
			case within == nil && options != "omitempty":
				return name
			case within != nil && below != "":
				return strings.Replace(name+"."+below, ".[", "[", 1)
			}
		}
	}
	return ""
}

// fieldOf returns the field that encoding/json takes for a name.
func fieldOf(fields map[string]any, name string) any {
	for key, value := range fields {
		if strings.EqualFold(key, name) && value != nil {
			return value
		}
	}
	return nil
}

// An unknownField is a refusal of a body with an unknown field. The field may be a mistyped password.
type unknownField struct{ error }

// Unwrap returns the refusal.
func (u *unknownField) Unwrap() error { return u.error }

// malformed says what is wrong with a body of this name and size.
func malformed(name string, err error, size int) error {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	var refusal *broker.Error
	switch unknown, isUnknown := strings.CutPrefix(err.Error(), "json: unknown field "); {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &mismatch):
		return invalid("%s: must be %s, and is %s", mismatch.Field, inWords(mismatch.Type), given(mismatch.Value))
	case isUnknown:
		return &unknownField{invalid("%.80s: is not known here; GET /-/ is the specification", unknown)}
	case errors.As(err, &syntax):
		return invalid("%s must be a JSON object, and is malformed at byte %d", name, syntax.Offset)
	default:
		return invalid("%s must be a JSON object, and ends within it at byte %d", name, size)
	}
}

// given says what a body has, as encoding/json calls it.
func given(value string) string {
	switch value {
	case "bool":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "an object"
	default:
		return "a " + value
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
	case reflect.Struct:
		return "an object"
	case reflect.Slice:
		return "a list"
	default:
		return "a " + t.Kind().String()
	}
}

func invalid(format string, args ...any) error {
	return &broker.Error{Kind: broker.ErrInvalid, Message: fmt.Sprintf(format, args...)}
}
