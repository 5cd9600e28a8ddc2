package api_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func TestSpec_Valid(t *testing.T) {
	err := load(t).Validate(t.Context(),
		openapi3.EnableMultiError(),
		openapi3.EnableExamplesValidation(),
		openapi3.EnableSchemaDefaultsValidation(),
		openapi3.EnableSchemaFormatValidation(),
		openapi3.EnableSchemaPatternValidation(),
		openapi3.ProhibitExtensionsWithRef(),
	)
	if err != nil {
		t.Errorf("vingd.yaml is not valid: %v", err)
	}
}

func TestSpec_Version(t *testing.T) {
	if got := load(t).OpenAPI; got != "3.0.3" {
		t.Errorf("/openapi: got %q, want 3.0.3", got)
	}
}

// The order matters: tools use the first server by default.
func TestServers(t *testing.T) {
	doc := load(t)
	var got []string
	for _, server := range doc.Servers {
		got = append(got, server.URL)
	}
	want := []string{"https://api.vingd.com/broker/v1", "https://api.vingd.com/sandbox/broker/v1"}
	if !slices.Equal(got, want) {
		t.Errorf("/servers: got %q, want %q", got, want)
	}
	for path, item := range doc.Paths.Map() {
		if len(item.Servers) > 0 {
			t.Errorf("%s/servers: a path has no servers of its own", pointer("paths", path))
		}
	}
	eachOperation(doc, func(place, _ string, op *openapi3.Operation) {
		if op.Servers != nil {
			t.Errorf("%s/servers: an operation has no servers of its own", place)
		}
	})
}

func TestSecurity_BasicOnly(t *testing.T) {
	doc := load(t)
	want := openapi3.SecurityRequirements{{"basic": {}}}
	if !reflect.DeepEqual(doc.Security, want) {
		t.Errorf("/security: got %v, want basic alone", doc.Security)
	}
	eachOperation(doc, func(place, _ string, op *openapi3.Operation) {
		if op.Security != nil && !reflect.DeepEqual(*op.Security, want) {
			t.Errorf("%s/security: got %v, want basic alone", place, *op.Security)
		}
	})
	scheme := doc.Components.SecuritySchemes["basic"]
	if scheme == nil || scheme.Value.Type != "http" || scheme.Value.Scheme != "basic" {
		t.Errorf("/components/securitySchemes/basic: want type http, scheme basic")
	}
}
