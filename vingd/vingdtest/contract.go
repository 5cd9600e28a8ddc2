package vingdtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/vingd/vingd-api-go/api"
)

const mediaType = "application/json"

// contract is the specification of the API, with its operations by path and by name.
type contract struct {
	doc        *openapi3.T
	routes     []*route
	operations map[string]*operation
}

// operation is one call of the API.
type operation struct {
	id   string
	spec *routers.Route
}

// specification reads the contract once. It panics if the contract is invalid, which is a defect of this module.
var specification = sync.OnceValue(func() *contract {
	c, err := readContract(api.Spec)
	if err != nil {
		panic("vingdtest: read the specification: " + err.Error())
	}
	return c
})

func readContract(spec []byte) (*contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(spec)
	if err != nil {
		return nil, err
	}
	c := &contract{doc: doc, operations: map[string]*operation{}}
	for _, path := range doc.Paths.Keys() {
		item := doc.Paths.Value(path)
		for method, op := range item.Operations() {
			o := &operation{op.OperationID, &routers.Route{
				Spec: doc, Path: path, PathItem: item, Method: method, Operation: op,
			}}
			c.operations[o.id] = o
			c.addRoute(o)
		}
	}
	return c, nil
}

// operation returns the operation of that name, and panics if it does not exist.
func (c *contract) operation(id string) *operation {
	op := c.operations[id]
	if op == nil {
		panic(fmt.Sprintf("vingdtest: %q is not an operation, must be one of %s",
			id, strings.Join(slices.Sorted(maps.Keys(c.operations)), ", ")))
	}
	return op
}

// success returns the example of an operation's successful response.
func (op *operation) success() []byte {
	media := op.spec.Operation.Responses.Status(http.StatusOK).Value.Content[mediaType]
	if media.Example != nil {
		return encode(media.Example)
	}
	// Every official client reads a new id in the batch form.
	return encode(media.Examples["batch"].Value.Value)
}

// failedBatch returns the response of an operation that reports a failure in the batch form, or nil if it has no such form.
func (op *operation) failedBatch(desc string) []byte {
	partly := op.spec.Operation.Responses.Status(http.StatusPartialContent)
	if partly == nil {
		return nil
	}
	var response struct {
		Data map[string]any `json:"data"`
	}
	example := encode(partly.Value.Content[mediaType].Examples["failed"].Value.Value)
	if err := json.Unmarshal(example, &response); err != nil {
		return nil
	}
	response.Data["errors"] = []map[string]string{{"code": "409", "desc": desc}}
	return encode(response)
}

// refusal returns the example of a failure by its name in the specification.
func (c *contract) refusal(name string) []byte {
	return encode(c.doc.Components.Responses[name].Value.Content[mediaType].Example)
}

// encode returns a value as JSON.
func encode(value any) []byte {
	b, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("vingdtest: encode a response: %v", err))
	}
	return b
}
