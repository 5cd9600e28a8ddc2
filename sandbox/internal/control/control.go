// Package control serves the sandbox's controls over HTTP, for tests in any language, as api/sandbox.yaml describes them. The
// money is not real.
package control

import (
	"errors"
	"net/http"

	"github.com/vingd/vingd-api-go/api"
	"github.com/vingd/vingd-api-go/generated/sandboxserver"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/brokerapi"
	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
	"github.com/vingd/vingd-api-go/sandbox/internal/faults"
)

// A Sandbox is what the calls control.
type Sandbox struct {
	Broker *broker.Broker
	Faults *faults.Set
	Calls  *calls.Log
	// Reset makes the sandbox as new.
	Reset func() error
	// Token is what every client must send. If empty, the controls are for clients on the same machine.
	Token string
}

// New returns a handler of everything under /-/. Requests and responses are JSON. A refusal is in the API's envelope.
func New(s Sandbox) http.Handler {
	mux := http.NewServeMux()
	sandboxserver.HandlerWithOptions(server{s}, sandboxserver.StdHTTPServerOptions{BaseRouter: mux, ErrorHandlerFunc: writeParameter})
	known := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			brokerapi.WriteRefusal(w, http.StatusNotFound, "there is no such control; GET /-/ is the specification")
			return
		}
		mux.ServeHTTP(w, r)
	})
	if s.Token != "" {
		return withHealth(server{s}, withToken(s.Token, known))
	}
	return withHealth(server{s}, onThisMachine(known))
}

// A server has a method for each call: it reads the request, acts on the sandbox, and writes the response.
type server struct{ Sandbox }

var _ sandboxserver.ServerInterface = server{}

// GetSpecification serves GET /-/.
func (server) GetSpecification(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write(api.SandboxSpec) //nolint:errcheck // the client is gone
}

// GetHealth serves GET /-/health.
func (s server) GetHealth(w http.ResponseWriter, r *http.Request) {
	write(w, r, sandboxserver.OK{OK: true}, s.Broker.Ping())
}

// Check serves GET /-/check.
func (s server) Check(w http.ResponseWriter, r *http.Request) {
	err := s.Broker.Check()
	if err != nil {
		err = &shown{err}
	}
	write(w, r, sandboxserver.OK{OK: true}, err)
}

// Reset serves POST /-/reset.
func (s server) Reset(w http.ResponseWriter, r *http.Request) {
	err := s.Sandbox.Reset()
	write(w, r, s.clock(), err)
}

// A shown is a failure of the sandbox that the response has. It has no other one.
type shown struct{ error }

// Unwrap returns the failure.
func (e *shown) Unwrap() error { return e.error }

// writeParameter refuses a parameter in the path or the query.
func writeParameter(w http.ResponseWriter, r *http.Request, err error) {
	name := "parameter"
	if malformed := (*sandboxserver.InvalidParamFormatError)(nil); errors.As(err, &malformed) {
		name = malformed.ParamName
	}
	write(w, r, nil, invalid("%s: must be a number of 1 or more", name))
}
