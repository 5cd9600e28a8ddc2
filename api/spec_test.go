package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vingd/vingd-api-go/api"
)

// load returns a fresh copy of the specification, its references resolved.
func load(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.Spec)
	if err != nil {
		t.Fatalf("vingd.yaml does not load: %v", err)
	}
	return doc
}

// pointer names a place in the document, as a JSON pointer.
func pointer(parts ...string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, part := range parts {
		b.WriteByte('/')
		b.WriteString(escape.Replace(part))
	}
	return b.String()
}

// eachOperation calls fn with every operation, its place and its method and path, like "GET /vouchers".
func eachOperation(doc *openapi3.T, fn func(place, name string, op *openapi3.Operation)) {
	for _, path := range doc.Paths.InMatchingOrder() {
		operations := doc.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			fn(pointer("paths", path, strings.ToLower(method)), method+" "+path, operations[method])
		}
	}
}

// eachSchema calls fn with every schema of the components, the ones written inside others included.
// References are not followed: a schema has one place, where it is written.
func eachSchema(t *testing.T, doc *openapi3.T, fn func(place string, schema *openapi3.Schema)) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		place := pointer("components", "schemas", name)
		err := doc.Components.Schemas[name].WalkSubtree(func(below string, ref *openapi3.SchemaRef) error {
			if ref.Ref != "" {
				return openapi3.SkipSubtree
			}
			fn(place+below, ref.Value)
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", place, err)
		}
	}
}

// eachContent calls fn with the content of every request body and response, once each, at its definition.
// The place of content that no other operation shares is that of its operation.
func eachContent(doc *openapi3.T, fn func(place string, content openapi3.Content)) {
	for _, name := range slices.Sorted(maps.Keys(doc.Components.RequestBodies)) {
		fn(pointer("components", "requestBodies", name), doc.Components.RequestBodies[name].Value.Content)
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Responses)) {
		fn(pointer("components", "responses", name), doc.Components.Responses[name].Value.Content)
	}
	eachOperation(doc, func(place, _ string, op *openapi3.Operation) {
		if op.RequestBody != nil && op.RequestBody.Ref == "" {
			fn(place+"/requestBody", op.RequestBody.Value.Content)
		}
		for _, status := range slices.Sorted(maps.Keys(op.Responses.Map())) {
			if response := op.Responses.Value(status); response.Ref == "" {
				fn(place+pointer("responses", status), response.Value.Content)
			}
		}
	})
}
