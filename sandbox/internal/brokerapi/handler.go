// Package brokerapi serves a broker over HTTP, through the server interface generated from the API's specification.
//
// A front receives each request before the generated router does. The official clients send some things in forms of their
// own. The front converts these to the form of the specification, and refuses malformed requests. The handlers only convert.
package brokerapi

import (
	"context"
	"net/http"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// New returns a handler of the API, under /broker/v1 and /sandbox/broker/v1. The middlewares wrap each operation.
func New(b *broker.Broker, middlewares ...server.StrictMiddlewareFunc) http.Handler {
	return newFront(b, handlers{}, middlewares...)
}

func newFront(b *broker.Broker, operations server.StrictServerInterface, middlewares ...server.StrictMiddlewareFunc) *front {
	routes := newRouter()
	server.HandlerWithOptions(
		server.NewStrictHandlerWithOptions(operations, middlewares, server.StrictHTTPServerOptions{
			RequestErrorHandlerFunc:  writeInvalid,
			ResponseErrorHandlerFunc: writeError,
		}),
		server.StdHTTPServerOptions{BaseRouter: routes, ErrorHandlerFunc: writeInvalid},
	)
	return &front{
		broker: b, routes: routes,
		parameters: parameterRules(), filters: routeFilters(), bodies: routeBodies(),
	}
}

// handlers has a method for each operation: it converts, calls the broker, and converts back. The response to an operation
// without a method has status 501.
type handlers struct{ server.Unimplemented }

// A call holds the caller of a request, and the broker, which refuses steps after a reset.
type call struct {
	caller vingd.UID
	broker *broker.Broker
}

type callKey struct{}

func withCall(ctx context.Context, c call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// caller returns the account that calls.
func caller(ctx context.Context) vingd.UID { return ctx.Value(callKey{}).(call).caller }

// at returns the broker of the call.
func at(ctx context.Context) *broker.Broker { return ctx.Value(callKey{}).(call).broker }
