package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// loadClosed returns the specification with every object closed, the open ones too. An example then has only properties that
// the specification names.
func loadClosed(t *testing.T) *openapi3.T {
	t.Helper()
	doc := load(t)
	eachSchema(t, doc, func(_ string, schema *openapi3.Schema) {
		if schema.Type.Is(openapi3.TypeObject) && schema.AdditionalProperties.Schema == nil {
			schema.WithoutAdditionalProperties()
		}
	})
	return doc
}

// Fake brokers respond with the examples.
func TestResponses_HaveExamples(t *testing.T) {
	eachContent(load(t), func(place string, content openapi3.Content) {
		if !strings.Contains(place, "/responses/") {
			return
		}
		if content.Get("application/json") == nil {
			t.Errorf("%s/content: want application/json", place)
		}
		for mediaType, media := range content {
			if media.Example == nil && len(media.Examples) == 0 {
				t.Errorf("%s: has no example", place+pointer("content", mediaType))
			}
		}
	})
}

func TestExamples_MatchSchemas(t *testing.T) {
	doc := loadClosed(t)
	check := func(place string, schema *openapi3.SchemaRef, example any) {
		if schema == nil {
			t.Errorf("%s: has no schema", place)
			return
		}
		if err := schema.Value.VisitJSON(example, openapi3.MultiErrors(), openapi3.EnableFormatValidation()); err != nil {
			t.Errorf("%s: %v", place, err)
		}
	}
	eachContent(doc, func(place string, content openapi3.Content) {
		for mediaType, media := range content {
			at := place + pointer("content", mediaType)
			if media.Example != nil {
				check(at+"/example", media.Schema, media.Example)
			}
			for _, name := range slices.Sorted(maps.Keys(media.Examples)) {
				check(at+pointer("examples", name), media.Schema, media.Examples[name].Value.Value)
			}
		}
	})
	eachSchema(t, doc, func(place string, schema *openapi3.Schema) {
		if schema.Example != nil {
			check(place+"/example", schema.NewRef(), schema.Example)
		}
	})
}

// The envelope has data if the call succeeded, else message and context.
func TestResponses_Envelope(t *testing.T) {
	eachOperation(load(t), func(place, _ string, op *openapi3.Operation) {
		for status, response := range op.Responses.Map() {
			want := []string{"message", "context"}
			if strings.HasPrefix(status, "2") {
				want = []string{"data"}
			}
			for mediaType, media := range response.Value.Content {
				at := place + pointer("responses", status, "content", mediaType, "schema")
				if media.Schema == nil || !slices.Equal(media.Schema.Value.Required, want) {
					t.Errorf("%s/required: want %q", at, want)
				}
			}
		}
		if op.Responses.Default() == nil {
			t.Errorf("%s/responses/default: is missing", place)
		}
	})
}
