package vingdtest

import (
	"errors"
	"net/http"
	"slices"
	"syscall"

	"github.com/jarcoal/httpmock"
)

// serve responds to a request.
func (b *Broker) serve(req *http.Request) (*http.Response, error) {
	op := b.find.operation(req)
	if op == nil {
		return httpmock.ConnectionFailure(req)
	}
	req, body, err := readBody(req)
	if err != nil {
		return nil, err
	}
	request := &Request{req.URL.EscapedPath(), string(body)}
	resp, err := b.enter(op, request)(req)
	if errors.Is(err, syscall.ECONNREFUSED) {
		b.withdraw(op, request)
	}
	return resp, err
}

// enter records a request, and returns its responder.
func (b *Broker) enter(op *operation, request *Request) (responder httpmock.Responder) {
	responder = op.succeed
	b.script(op.id, func(s *script) {
		s.requests = append(s.requests, request)
		switch {
		case len(s.next) > 0:
			responder, s.next = s.next[0], s.next[1:]
		case s.always != nil:
			responder = s.always
		}
	})
	return responder
}

// withdraw forgets a request that did not arrive.
func (b *Broker) withdraw(op *operation, request *Request) {
	b.script(op.id, func(s *script) {
		s.requests = slices.DeleteFunc(s.requests, func(r *Request) bool { return r == request })
	})
}

// succeed responds with the example.
func (op *operation) succeed(req *http.Request) (*http.Response, error) {
	return reply(req, http.StatusOK, op.success()), nil
}
