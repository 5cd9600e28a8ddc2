package brokerapi_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vingd/vingd-api-go/api"
	"github.com/vingd/vingd-api-go/sandbox/internal/brokerapi"
)

// The front accepts every filter and every key of a body that the specification has, and no more.
func TestTables_Specification(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData(api.Spec)
	if err != nil {
		t.Fatal(err)
	}
	parameters, filters, bodies := brokerapi.Tables()
	filters["GET /id/users"] = nil // the username of the PHP client, which the specification does not have
	seen := make(map[string]bool)
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			route := method + " " + strings.TrimSuffix(path, "/")
			seen[route] = true
			var inPath []string
			for _, p := range operation.Parameters {
				if !slices.Contains(parameters, p.Value.Name) {
					t.Errorf("%s: parameter %s has no rule", route, p.Value.Name)
				}
				if p.Value.In == openapi3.ParameterInQuery {
					inPath = append(inPath, p.Value.Name)
				}
			}
			same(t, route+": filters", filters[route], inPath)
			var keys []string
			if operation.RequestBody != nil {
				schema := operation.RequestBody.Value.Content.Get("application/json").Schema.Value
				keys = slices.Collect(maps.Keys(schema.Properties))
			}
			same(t, route+": keys of the body", bodies[route], keys)
		}
	}
	for _, routes := range []map[string][]string{filters, bodies} {
		for route := range routes {
			if !seen[route] {
				t.Errorf("%s: the specification does not have it", route)
			}
		}
	}
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, the specification has %v", what, got, want)
	}
}
