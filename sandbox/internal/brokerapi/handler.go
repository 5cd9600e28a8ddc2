// Package brokerapi serves a broker over HTTP, through the server interface generated from the API's specification.
//
// A front stands before the generated router. It takes what the official clients send, in all their ways, and turns it
// into what the specification says; whatever is left that is malformed, it refuses. So the handlers only convert.
package brokerapi

import (
	"context"
	"net/http"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// New returns a handler of the API, under /broker/v1 and /sandbox/broker/v1 alike. The middlewares are around each operation.
func New(b *broker.Broker, middlewares ...server.StrictMiddlewareFunc) http.Handler {
	routes := newRouter()
	server.HandlerWithOptions(
		server.NewStrictHandlerWithOptions(&handlers{b}, middlewares, server.StrictHTTPServerOptions{
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

// handlers has a method for each operation: it converts, calls the broker, and converts back.
type handlers struct {
	broker *broker.Broker
}

var _ server.StrictServerInterface = (*handlers)(nil)

type callerKey struct{}

// withCaller returns a context in which [caller] finds the account that calls.
func withCaller(ctx context.Context, uid vingd.UID) context.Context {
	return context.WithValue(ctx, callerKey{}, uid)
}

func caller(ctx context.Context) vingd.UID {
	return ctx.Value(callerKey{}).(vingd.UID)
}
