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

// acts reports whether a second call of the operation acts again, by the meaning of its method.
func (o operation) acts() bool {
	return strings.HasPrefix(o.route, "POST ") || strings.HasPrefix(o.route, "DELETE ")
}

// A specification is what make drift reads of api/vingd.yaml.
type specification struct {
	operations []operation // in the order of their routes
	enums      []enum
	unbound    []string // the filters by a number or a time whose comparison is missing
	names      names
}

// specFile is the specification.
const specFile = "api/vingd.yaml"

// readSpec reads a specification.
func readSpec(text []byte) (*specification, error) {
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	s := &specification{names: names{}}
	if document.Components != nil {
		for _, name := range slices.Sorted(maps.Keys(document.Components.Schemas)) {
			s.addSchema(name, document.Components.Schemas[name].Value)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(document.Paths.Map())) {
		methods := document.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			o := operation{id: methods[method].OperationID, route: method + " " + path}
			if o.id == "" {
				return nil, fmt.Errorf("%s: %s: operationId is missing", specFile, o.route)
			}
			s.operations = append(s.operations, o)
			s.names.add("", o.id)
			for _, parameter := range methods[method].Parameters {
				s.addParameter(o, parameter.Value)
			}
		}
	}
	return s, nil
}

func (s *specification) addSchema(name string, schema *openapi3.Schema) {
	s.names.add("", name)
	e := enum{name: name}
	for _, value := range schema.Enum {
		e.values = append(e.values, fmt.Sprint(value))
	}
	if schema.Type.Is(openapi3.TypeString) && len(e.values) > 0 {
		s.enums = append(s.enums, e)
	}
	for _, within := range slices.Concat(slices.Collect(maps.Keys(schema.Properties)), e.values) {
		s.names.add(name, within)
	}
}

// addParameter adds a parameter. A filter by a number or a time must say how it compares, unless it is an id or a count.
func (s *specification) addParameter(o operation, p *openapi3.Parameter) {
	s.names.add(o.id, p.Name)
	isTime, isNumber := strings.HasSuffix(p.Schema.Ref, "Time"), p.Schema.Value.Type.Is(openapi3.TypeInteger)
	if isNumber && (strings.HasSuffix(p.Schema.Ref, "ID") || strings.HasSuffix(p.Schema.Ref, "/Count")) {
		return
	}
	if p.Extensions["x-kvpath"] != true || !isTime && !isNumber {
		return
	}
	if bound, ok := p.Extensions["x-bound"].(string); !ok || !slices.Contains([]string{"<", "<=", "=", ">=", ">"}, bound) {
		s.unbound = append(s.unbound, p.Name)
	}
}

// bounds demands that a row at the edge of a filter is in the response or is not, by the specification.
func (c *check) bounds(s *specification) {
	for _, filter := range s.unbound {
		c.add(specFile, "give "+filter+` an x-bound: "<", "<=", "=", ">=" or ">"`, "it compares a row with a value, and a row may have the same value")
	}
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

// hasOperation reports whether the specification has an operation.
func (s *specification) hasOperation(id string) bool {
	return slices.ContainsFunc(s.operations, func(o operation) bool { return o.id == id })
}
