package api_test

import (
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// sources are the sources of a fact: documented, recorded, read in the official clients, or decided here.
var sources = map[any]bool{"doc": true, "rec": true, "src": true, "ours": true}

func TestSchemas_Source(t *testing.T) {
	doc := load(t)
	check := func(place string, extensions map[string]any) {
		if source := extensions["x-source"]; !sources[source] {
			t.Errorf("%s/x-source: got %v, want doc, rec, src or ours", place, source)
		}
	}
	for _, server := range doc.Servers {
		check("/servers: "+server.URL, server.Extensions)
	}
	for name, scheme := range doc.Components.SecuritySchemes {
		check(pointer("components", "securitySchemes", name), scheme.Value.Extensions)
	}
	eachOperation(doc, func(place, _ string, op *openapi3.Operation) { check(place, op.Extensions) })
	for name, response := range doc.Components.Responses {
		check(pointer("components", "responses", name), response.Value.Extensions)
	}
	err := doc.WalkParameters(func(place string, ref *openapi3.ParameterRef) error {
		check(place, ref.Value.Extensions)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	eachSchema(t, doc, func(place string, schema *openapi3.Schema) {
		if isNamed(place) || isProperty(place) {
			check(place, schema.Extensions)
		}
	})
}

// The generator makes up the Go name of a schema that has none.
func TestSchemas_Named(t *testing.T) {
	doc := load(t)
	check := func(place string, schema *openapi3.SchemaRef) {
		if schema == nil || !strings.HasPrefix(schema.Ref, "#/components/schemas/") {
			t.Errorf("%s/schema: want a $ref to a schema of the components", place)
		}
	}
	eachContent(doc, func(place string, content openapi3.Content) {
		for mediaType, media := range content {
			check(place+pointer("content", mediaType), media.Schema)
		}
	})
	err := doc.WalkParameters(func(place string, ref *openapi3.ParameterRef) error {
		check(place, ref.Value.Schema)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An integer without a format becomes an int, which is too small for money on 32-bit machines.
func TestSchemas_Int64(t *testing.T) {
	eachSchema(t, load(t), func(place string, schema *openapi3.Schema) {
		if schema.Type.Is(openapi3.TypeNumber) {
			t.Errorf("%s/type: got number, want integer", place)
		}
		if schema.Type.Is(openapi3.TypeInteger) && schema.Format != "int64" {
			t.Errorf("%s/format: got %q, want int64", place, schema.Format)
		}
	})
}

// An object without additionalProperties is open: a misspelt field would be valid.
func TestSchemas_AdditionalProperties(t *testing.T) {
	eachSchema(t, load(t), func(place string, schema *openapi3.Schema) {
		if len(schema.Properties) > 0 && !schema.Type.Is(openapi3.TypeObject) {
			t.Errorf("%s/type: has properties, so it must be object", place)
		}
		additional := schema.AdditionalProperties
		if schema.Type.Is(openapi3.TypeObject) && additional.Has == nil && additional.Schema == nil {
			t.Errorf("%s/additionalProperties: is missing", place)
		}
	})
}

// isNamed tells whether place is a schema of the components, not one inside another.
func isNamed(place string) bool { return strings.Count(place, "/") == 3 }

// isProperty tells whether place is a property of an object.
func isProperty(place string) bool {
	parts := strings.Split(place, "/")
	return len(parts) > 4 && parts[len(parts)-2] == "properties"
}
