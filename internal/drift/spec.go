package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// An operation is one of the specification.
type operation struct {
	id    string // its operationId
	route string // its method and path
}

// name returns the operation's name in generated code.
func (o operation) name() string { return strings.ToUpper(o.id[:1]) + o.id[1:] }

// readSpec returns the operations of the specification, in the order of their routes, and its enums.
func readSpec(dir string) (operations []operation, enums []enum, err error) {
	spec, err := openapi3.NewLoader().LoadFromFile(filepath.Join(dir, "api", "vingd.yaml"))
	if err != nil {
		return nil, nil, err
	}
	if spec.Components != nil {
		for _, name := range slices.Sorted(maps.Keys(spec.Components.Schemas)) {
			schema := spec.Components.Schemas[name].Value
			e := enum{name: name}
			for _, value := range schema.Enum {
				e.values = append(e.values, fmt.Sprint(value))
			}
			if schema.Type.Is(openapi3.TypeString) && len(e.values) > 0 {
				enums = append(enums, e)
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(spec.Paths.Map())) {
		methods := spec.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			o := operation{id: methods[method].OperationID, route: method + " " + path}
			if o.id == "" {
				return nil, nil, fmt.Errorf("api/vingd.yaml: %s: operationId is missing", o.route)
			}
			operations = append(operations, o)
		}
	}
	return operations, enums, nil
}

// leftOutFile lists the fields that are left out on purpose.
const leftOutFile = "internal/drift/left_out.txt"

// readLeftOut returns the fields that are left out on purpose, such as "sandbox/internal/brokerapi server.Voucher.Fee",
// each with whether a check has met it.
func readLeftOut(dir string) (map[string]bool, error) {
	text, err := os.ReadFile(filepath.Join(dir, leftOutFile)) //nolint:gosec // the folder is the module's
	if err != nil {
		return nil, err
	}
	leftOut := map[string]bool{}
	for number, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		field, reason, found := strings.Cut(line, ": ")
		if !found || strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("%s:%d: want \"package Type.Field: reason\"", leftOutFile, number+1)
		}
		leftOut[field] = false
	}
	return leftOut, nil
}
