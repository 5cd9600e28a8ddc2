package vingdtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// requestFault describes an error of the validator about a request. It returns "" if there is none.
func requestFault(err error) string {
	var security *openapi3filter.SecurityRequirementsError
	var in *openapi3filter.RequestError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &security) && len(security.Errors) > 0:
		return security.Errors[0].Error()
	case errors.As(err, &in) && in.Parameter != nil:
		kind := "parameter "
		if in.Parameter.In == openapi3.ParameterInQuery {
			kind = "filter "
		}
		return kind + in.Parameter.Name + ": " + parameterFault(in)
	default:
		return bodyFault(err)
	}
}

// parameterFault describes an error about a parameter.
func parameterFault(in *openapi3filter.RequestError) string {
	var unread *openapi3filter.ParseError
	var mismatch *openapi3.SchemaError
	switch {
	case errors.Is(in.Err, openapi3filter.ErrInvalidEmptyValue):
		return "is empty"
	case errors.As(in.Err, &unread):
		return inJSON(unread.Value) + " must be an " + strings.Join(in.Parameter.Schema.Value.Type.Slice(), " or ")
	case errors.As(in.Err, &mismatch):
		_, what := mismatched(mismatch)
		return what
	default:
		return oneLine(in.Err.Error())
	}
}

// bodyFault describes an error about a body.
func bodyFault(err error) string {
	var mismatch *openapi3.SchemaError
	if !errors.As(err, &mismatch) {
		return "body: " + oneLine(err.Error())
	}
	pointer, what := mismatched(mismatch)
	if pointer == "" {
		return "body: " + what
	}
	return "body at " + pointer + ": " + what
}

// mismatched returns the place of a value that its schema does not allow, and the reason.
func mismatched(e *openapi3.SchemaError) (pointer, what string) {
	at := e.JSONPointer()
	value := inJSON(e.Value)
	switch e.SchemaField {
	case "required":
		what = "is missing"
	case "properties":
		at = append(at, unknownName(e))
		what = "is not in the specification"
	case "nullable":
		what = "null must be of type " + strings.Join(e.Schema.Type.Slice(), " or ")
	case "type":
		what = value + " " + strings.TrimPrefix(e.Reason, "value ")
	case "minimum", "maximum":
		what = value + " " + strings.TrimPrefix(e.Reason, "number ")
	case "pattern":
		what = value + " must match " + e.Schema.Pattern
	case "enum":
		what = value + " must be one of " + inJSON(e.Schema.Enum)
	case "oneOf":
		var names []string
		for _, one := range e.Schema.OneOf {
			names = append(names, path.Base(one.Ref))
		}
		what = value + " must be " + strings.Join(names, " or ")
	default:
		what = value + ": " + oneLine(e.Reason)
	}
	for _, name := range at {
		pointer += "/" + name
	}
	return pointer, what
}

// unknownName returns the first name in an object that its schema does not have.
func unknownName(e *openapi3.SchemaError) string {
	object, _ := e.Value.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if e.Schema.Properties[name] == nil {
			return name
		}
	}
	return ""
}

// inJSON returns a value as JSON, cut if it is long.
func inJSON(value any) string {
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return cut(string(b))
}

// excerpt returns the beginning of a body that is not JSON.
func excerpt(body []byte) string {
	if len(body) == 0 {
		return "nothing"
	}
	return strconv.QuoteToASCII(cut(string(body)))
}

func cut(s string) string {
	const most = 80
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// oneLine returns the first line of a text.
func oneLine(s string) string {
	first, _, _ := strings.Cut(s, "\n")
	return first
}
