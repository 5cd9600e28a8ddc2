package brokerapi

import (
	"net/http"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// NewUnimplemented returns the handler of a sandbox that implements no operation, as if all of the specification's
// operations, parameters and bodies were new.
func NewUnimplemented(b *broker.Broker) http.Handler {
	f := newFront(b, server.Unimplemented{})
	f.parameters, f.filters, f.bodies = nil, nil, nil
	return f
}

// WriteSlowly writes a body to w, with a call of pause between two of its pieces.
func WriteSlowly(w http.ResponseWriter, body string, pause func()) error {
	slow := &asciiWriter{ResponseWriter: w, status: http.StatusOK}
	Break(slow, false, pause)
	_, err := slow.Write([]byte(body))
	return err
}

// Tables returns the front's tables: the parameters that have a rule, the filters of each route, and the keys of each
// route's body.
func Tables() (parameters []string, filters, bodies map[string][]string) {
	for name := range parameterRules() {
		parameters = append(parameters, name)
	}
	bodies = make(map[string][]string)
	for route, fields := range routeBodies() {
		for _, f := range fields {
			bodies[route] = append(bodies[route], f.name)
		}
	}
	return parameters, routeFilters(), bodies
}
