package seller_test

import (
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/api"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/seller"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// own are the fields that the specification does not have, or has elsewhere.
var own = map[string][]string{
	"Object":   {"name", "url"}, // of its description
	"Order":    {"url", "popup_url"},
	"Voucher":  {"url", "popup_url"},
	"Rewarded": {"amount"},
}

// left are the properties of the specification that a record does not have.
var left = map[string][]string{
	"Account": {"uid"}, // the client does not return it
}

// Each field has the name that the specification gives it, and none is missing.
func TestContract_FieldNames(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(api.Spec)
	if err != nil {
		t.Fatal(err)
	}
	for schema, kinds := range seller.Kinds() {
		properties := document.Components.Schemas[schema].Value.Properties
		for _, kind := range kinds {
			for _, field := range kind.Fields {
				if properties[field] == nil && !slices.Contains(own[schema], field) {
					t.Errorf("%s: field %q is not one of the specification", schema, field)
				}
			}
			for property := range properties {
				if !slices.Contains(kind.Fields, property) && !slices.Contains(left[schema], property) {
					t.Errorf("%s: property %q is missing", schema, property)
				}
			}
			for _, column := range append(kind.Columns, kind.ID) {
				if column != "" && !slices.Contains(kind.Fields, column) {
					t.Errorf("%s: column %q is not a field", schema, column)
				}
			}
		}
	}
}
