package vingd_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vingd/vingd-api-go/vingd/kvpath"
)

// leftOut are the fields that the facade does not carry over, and why.
var leftOut = map[string]string{
	"request of purchaseObject: autocommit": "it is always true",
	"request of revokeVouchers: revoke":     "it is always true",
	"request of revokeVoucher: revoke":      "it is always true",
	"response of getBalance: uid":           "it is the caller, as the profile tells",
	"response of getUserBalance: uid":       "the caller knows users by their huid only",
	"response of createObject: errors.code": "the words say it, and the status",
	"response of updateObject: errors.code": "the words say it, and the status",
	"response of createOrder: errors.code":  "the words say it, and the status",
}

// Every field of the specification is carried over, or is in leftOut. Each parameter of a request comes from an argument, and each
// field of a response changes the result of every call.
func TestContract_FieldsAreCarried(t *testing.T) {
	unused := maps.Clone(leftOut)
	check := func(field string, carried bool) {
		reason, out := leftOut[field]
		delete(unused, field)
		switch {
		case !out && !carried:
			t.Errorf("%s: nothing carries it", field)
		case out && carried:
			t.Errorf("%s: it is carried, though it should be left out: %s", field, reason)
		}
	}
	for id, operation := range specOperations(t) {
		carried := requestFields(t, id, operation)
		for _, name := range requestNames(operation) {
			check("request of "+id+": "+name, carried[name])
		}
		for _, schema := range answerSchemas(t, operation) {
			for name, carried := range answerFields(t, id, schema) {
				check("response of "+id+": "+name, carried)
			}
		}
	}
	for field := range unused {
		t.Errorf("%s: there is no such field to be left out", field)
	}
}

// requestNames returns the names of an operation's parameters, and of the fields of its body.
func requestNames(o specOperation) (names []string) {
	for _, parameter := range o.Parameters {
		names = append(names, parameter.Value.Name)
	}
	if o.RequestBody != nil {
		body := sample(o.RequestBody.Value.Content.Get("application/json").Schema.Value)
		for path := range leaves("", body) {
			names = append(names, path)
		}
	}
	return names
}

// requestFields returns which names of an operation's request depend on what its calls are given.
func requestFields(t *testing.T, id string, o specOperation) map[string]bool {
	t.Helper()
	carried := map[string]bool{}
	for _, call := range facadeCalls[id] {
		var sent [2]map[string]string
		for i := range sent {
			client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
				sent[i] = fieldsOf(t, o, req)
				return reply(req, http.StatusNotFound, sorry), nil
			}))
			_, _ = call.do(t.Context(), client, int64(i+1))
		}
		for name, value := range sent[0] {
			other, given := sent[1][name]
			carried[name] = carried[name] || given && other != value
		}
	}
	return carried
}

// fieldsOf returns what a request holds, by the names that the specification has for it.
func fieldsOf(t *testing.T, o specOperation, req *http.Request) map[string]string {
	t.Helper()
	fields := map[string]string{}
	u, err := kvpath.ToQuery(req.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range u.Query() {
		fields[name] = values[0]
	}
	segments := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/broker/v1"), "/")
	for i, segment := range strings.Split(o.path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok && i < len(segments) {
			fields[strings.TrimSuffix(name, "}")] = segments[i]
		}
	}
	if req.Body == nil || o.RequestBody == nil {
		return fields
	}
	var body any
	if raw, err := io.ReadAll(req.Body); err != nil || json.Unmarshal(raw, &body) != nil {
		t.Fatalf("%s: the body is %q, %v", o, raw, err)
	}
	for path, value := range leaves("", body) {
		fields[path] += fmt.Sprint(value)
	}
	return fields
}

// answerSchemas returns the forms of an operation's data.
func answerSchemas(t *testing.T, o specOperation) (forms []*openapi3.Schema) {
	t.Helper()
	data := o.Responses.Status(http.StatusOK).Value.Content.Get("application/json").Schema.Value.Properties["data"].Value
	if len(data.OneOf) == 0 {
		return []*openapi3.Schema{data}
	}
	for _, form := range data.OneOf {
		forms = append(forms, form.Value)
	}
	return forms
}

// answerFields returns which fields of an operation's data make a difference to what each of its calls returns.
func answerFields(t *testing.T, id string, schema *openapi3.Schema) map[string]bool {
	t.Helper()
	carried := map[string]bool{}
	for _, call := range facadeCalls[id] {
		result := func(data any) string {
			body, err := json.Marshal(map[string]any{"data": data})
			if err != nil {
				t.Fatal(err)
			}
			got, err := call.do(t.Context(), newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
				return reply(req, http.StatusOK, string(body)), nil
			})), 1)
			if value := reflect.ValueOf(got); value.Kind() == reflect.Pointer && !value.IsNil() {
				got = value.Elem().Interface()
			}
			return fmt.Sprintf("%+v, %v", got, err)
		}
		differs := map[string]bool{}
		whole := sample(schema)
		for path := range leaves("", whole) {
			differs[path] = false
		}
		for _, data := range []any{whole, withoutErrors(whole)} {
			for path := range leaves("", data) {
				differs[path] = differs[path] || result(data) != result(changed(data, path))
			}
		}
		for path, differs := range differs {
			before, known := carried[path]
			carried[path] = differs && (before || !known)
		}
	}
	return carried
}

// anyName is the one name in objects whose names are anybody's.
const anyName = "key"

// sample returns a value of a schema with everything in it that the schema names.
func sample(schema *openapi3.Schema) any {
	switch {
	case schema.Type.Is(openapi3.TypeObject) && schema.AdditionalProperties.Schema != nil:
		return map[string]any{anyName: sample(schema.AdditionalProperties.Schema.Value)}
	case schema.Type.Is(openapi3.TypeObject):
		object := map[string]any{}
		for name, property := range schema.Properties {
			object[name] = sample(property.Value)
		}
		return object
	case schema.Type.Is(openapi3.TypeArray):
		return []any{sample(schema.Items.Value)}
	case schema.Type.Is(openapi3.TypeBoolean):
		return true
	case schema.Type.Is(openapi3.TypeInteger):
		return float64(5)
	case schema.Example != nil:
		return schema.Example
	default:
		return "ab"
	}
}

// leaves returns the values in a value that are no objects or arrays, by their names. The elements of an array, and of
// an object whose names are anybody's, count as the one field that holds them.
func leaves(path string, value any) map[string]any {
	found := map[string]any{}
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			at := path
			if name != anyName {
				at = strings.TrimPrefix(path+"."+name, ".")
			}
			maps.Copy(found, leaves(at, inner))
		}
	case []any:
		for _, inner := range value {
			maps.Copy(found, leaves(path, inner))
		}
	default:
		found[path] = value
	}
	return found
}

// changed returns a copy of a value with another value for the leaf of a name.
func changed(value any, path string) any {
	switch value := value.(type) {
	case map[string]any:
		object := maps.Clone(value)
		name, rest, _ := strings.Cut(path, ".")
		if _, ok := object[name]; !ok {
			name, rest = anyName, path
		}
		object[name] = changed(object[name], rest)
		return object
	case []any:
		array := slices.Clone(value)
		array[0] = changed(array[0], path)
		return array
	case float64:
		return value + 1
	case bool:
		return !value
	case string:
		if strings.HasPrefix(value, "2026") {
			return "2027" + value[len("2026"):]
		}
		return value + strconv.Itoa(len(value))
	}
	return value
}

// withoutErrors returns a copy of a value in which nothing failed.
func withoutErrors(value any) any {
	if object, ok := value.(map[string]any); ok && object["errors"] != nil {
		object = maps.Clone(object)
		object["errors"] = []any{}
		return object
	}
	return value
}
