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

// contract is the specification of the API, its operations by place and by name.
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

// specification returns the contract, which is read once. A contract that cannot be read is a fault of this module.
var specification = sync.OnceValue(func() *contract {
	c, err := readContract(api.Spec)
	if err != nil {
		panic("vingdtest: the specification cannot be read: " + err.Error())
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

// operation returns the operation of that name.
func (c *contract) operation(id string) *operation {
	op := c.operations[id]
	if op == nil {
		panic(fmt.Sprintf("vingdtest: %q is not an operation, must be one of %s",
			id, strings.Join(slices.Sorted(maps.Keys(c.operations)), ", ")))
	}
	return op
}

// success returns the example of an operation's answer when all is well.
func (op *operation) success() []byte {
	media := op.spec.Operation.Responses.Status(http.StatusOK).Value.Content[mediaType]
	if media.Example != nil {
		return encode(media.Example)
	}
	// What was created, in the form that every official client reads.
	return encode(media.Examples["batch"].Value.Value)
}

// failedBatch returns the answer of an operation that reports a failure in the batch form, or nil if it has no such answer.
func (op *operation) failedBatch(desc string) []byte {
	partly := op.spec.Operation.Responses.Status(http.StatusPartialContent)
	if partly == nil {
		return nil
	}
	var answer struct {
		Data map[string]any `json:"data"`
	}
	example := encode(partly.Value.Content[mediaType].Examples["failed"].Value.Value)
	if err := json.Unmarshal(example, &answer); err != nil {
		return nil
	}
	answer.Data["errors"] = []map[string]string{{"code": "409", "desc": desc}}
	return encode(answer)
}

// refusal returns the example of a failure by the name that the specification gives it.
func (c *contract) refusal(name string) []byte {
	return encode(c.doc.Components.Responses[name].Value.Content[mediaType].Example)
}

// encode returns a value as JSON.
func encode(value any) []byte {
	b, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("vingdtest: an answer must be what JSON can hold: %v", err))
	}
	return b
}
