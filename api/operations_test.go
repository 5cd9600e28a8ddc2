package api_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// operations lists the operations of the broker with their parameters, in the order of the wire: path parameters first, then
// key-value filters.
var operations = map[string]string{
	"GET /id/users":                           "",
	"GET /id/users/{uid}":                     "uid",
	"POST /id/users/":                         "",
	"GET /fort/accounts":                      "",
	"GET /fort/accounts/{huid}":               "huid",
	"GET /fort/transfers":                     "from to first last since until",
	"GET /registry/objects":                   "since until first last",
	"POST /registry/objects/":                 "",
	"GET /registry/objects/{oid}":             "oid since until first last",
	"PUT /registry/objects/{oid}/":            "oid",
	"GET /objects/{oid}/orders/":              "oid",
	"POST /objects/{oid}/orders/":             "oid",
	"GET /objects/{oid}/orders/all/":          "oid",
	"GET /objects/{oid}/orders/{orderid}":     "oid orderid",
	"GET /objects/{oid}/orders/all/{orderid}": "oid orderid",
	"GET /orders/":                            "",
	"GET /orders/all/":                        "",
	"GET /orders/{orderid}":                   "orderid",
	"GET /orders/all/{orderid}":               "orderid",
	"GET /objects/{oid}/tokens/{tid}":         "oid tid",
	"PUT /purchases/{purchaseid}":             "purchaseid",
	"POST /objects/{oid}/purchases":           "oid",
	"POST /rewards":                           "",
	"POST /vouchers/":                         "",
	"GET /vouchers":                           "from to gid valid_after valid_before first last",
	"DELETE /vouchers":                        "from to gid valid_after valid_before first last",
	"GET /vouchers/{vid_encoded}":             "vid_encoded from to gid valid_after valid_before first last",
	"DELETE /vouchers/{vid_encoded}":          "vid_encoded from to gid valid_after valid_before first last",
	"GET /vouchers/history":                   "vid action from to gid valid_after valid_before create_after create_before first last",
	"GET /vouchers/history/{vid_encoded}":     "vid_encoded vid action from to gid valid_after valid_before create_after create_before first last",
}

func TestOperations_Complete(t *testing.T) {
	present := map[string]bool{}
	eachOperation(load(t), func(place, name string, _ *openapi3.Operation) {
		present[name] = true
		if _, known := operations[name]; !known {
			t.Errorf("%s: the broker has no %s", place, name)
		}
	})
	for name := range operations {
		if !present[name] {
			t.Errorf("/paths: %s is missing", name)
		}
	}
}

func TestParameters_WireOrder(t *testing.T) {
	template := regexp.MustCompile(`{([^}]*)}`)
	eachOperation(load(t), func(place, name string, op *openapi3.Operation) {
		var got, inPath []string
		for _, parameter := range op.Parameters {
			got = append(got, parameter.Value.Name)
			if parameter.Value.In == openapi3.ParameterInPath {
				inPath = append(inPath, parameter.Value.Name)
			}
		}
		if want := strings.Fields(operations[name]); !slices.Equal(got, want) {
			t.Errorf("%s/parameters: got %q, want %q", place, got, want)
		}
		var named []string
		for _, match := range template.FindAllStringSubmatch(name, -1) {
			named = append(named, match[1])
		}
		if !slices.Equal(inPath, named) {
			t.Errorf("%s/parameters: got %q in the path, which names %q", place, inPath, named)
		}
	})
}

func TestOperations_UniqueIDs(t *testing.T) {
	taken := map[string]string{}
	eachOperation(load(t), func(place, _ string, op *openapi3.Operation) {
		if op.OperationID == "" {
			t.Errorf("%s/operationId: is missing", place)
			return
		}
		if other, ok := taken[op.OperationID]; ok {
			t.Errorf("%s/operationId: %s is taken by %s", place, op.OperationID, other)
		}
		taken[op.OperationID] = place
	})
}

// A query parameter without x-kvpath would not become a path segment. The broker would not see the filter, and a narrow
// revoke would revoke everything.
func TestParameters_QueryIsKeyValue(t *testing.T) {
	err := load(t).WalkParameters(func(place string, ref *openapi3.ParameterRef) error {
		parameter := ref.Value
		kvpath, marked := parameter.Extensions["x-kvpath"]
		switch parameter.In {
		case openapi3.ParameterInQuery:
			if kvpath != true {
				t.Errorf("%s: %s is in the query, so it must bear x-kvpath: true; got %#v", place, parameter.Name, kvpath)
			}
			if parameter.Required {
				t.Errorf("%s/required: a filter is optional", place)
			}
		case openapi3.ParameterInPath:
			if marked {
				t.Errorf("%s/x-kvpath: %s is in the path, so it must not be marked", place, parameter.Name)
			}
		default:
			t.Errorf("%s/in: got %s, want path or query", place, parameter.In)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Without a pattern or a minimum an id could be empty, "." or "..", which would make another request.
func TestParameters_PathIsBounded(t *testing.T) {
	err := load(t).WalkParameters(func(place string, ref *openapi3.ParameterRef) error {
		schema := ref.Value.Schema.Value
		if ref.Value.In == openapi3.ParameterInPath && schema.Pattern == "" && schema.Min == nil {
			t.Errorf("%s/schema: %s must have a pattern or a minimum", place, ref.Value.Name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
