package vingd_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vingd/vingd-api-go/api"
	"github.com/vingd/vingd-api-go/vingd"
)

// TestOperation_NamesAreOperationIDs holds the name of each call's operation to the specification. [TestContract_Calls] holds the
// request's context to that name, and TestOutcome holds the errors to it.
func TestOperation_NamesAreOperationIDs(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData(api.Spec)
	if err != nil {
		t.Fatal(err)
	}
	unused := map[string]bool{}
	for id := range specOperations(t) {
		unused[id] = true
	}
	for _, c := range calls {
		if c.op == "request" {
			continue
		}
		path, method := specifiedPath(c.path), c.method
		item := spec.Paths.Find(path)
		for _, template := range slices.Sorted(maps.Keys(spec.Paths.Map())) {
			if item == nil && isOfTemplate(path, template) {
				item = spec.Paths.Value(template)
			}
		}
		if item == nil || item.GetOperation(method) == nil {
			t.Errorf("%s: the specification has no %s %s", c.name, method, path)
			continue
		}
		if id := item.GetOperation(method).OperationID; c.op != id {
			t.Errorf("%s: %s %s is %s in errors, %s in the specification", c.name, method, path, c.op, id)
		}
		delete(unused, c.op)
	}
	if len(unused) > 0 {
		t.Errorf("no call is of %v", slices.Sorted(maps.Keys(unused)))
	}
}

// specifiedPath returns a path without its filters.
func specifiedPath(path string) string {
	segments := strings.Split(path, "/")
	return strings.Join(slices.DeleteFunc(segments, func(s string) bool { return strings.Contains(s, "=") }), "/")
}

// isOfTemplate reports whether a path is one of a template, in which a parameter is one segment.
func isOfTemplate(path, template string) bool {
	segments, want := strings.Split(path, "/"), strings.Split(template, "/")
	return slices.EqualFunc(segments, want, func(segment, want string) bool {
		return segment == want || strings.HasPrefix(want, "{") && segment != ""
	})
}

func TestOperationOf_OtherContext(t *testing.T) {
	if op := vingd.OperationOf(t.Context()); op != "" {
		t.Errorf("got %q", op)
	}
}
