package vingdtest

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/jarcoal/httpmock"
)

// Broker is a fake broker. By default it responds to every operation of the API with the example of the specification. It
// records the requests, but keeps no books: it does not find what a call created.
//
// Operations have the names of the specification, such as "rewardUser"; any other name panics.
// A Broker is safe for concurrent use.
type Broker struct {
	// MockTransport serves the requests. Responders that are registered for a whole URL come before the broker, which does
	// not record their requests.
	*httpmock.MockTransport

	contract *contract
	find     findRoute
	mu       sync.Mutex
	scripts  map[string]*script // by operation
}

// script holds the responders of an operation, and its requests.
type script struct {
	next     []httpmock.Responder // once each
	always   httpmock.Responder   // nil for the example
	requests []*Request
}

// Request is a request that the broker received.
type Request struct {
	// Path is the whole path, escaped, with its filters.
	Path string
	// Body is the body of the request.
	Body string
}

// Register makes mock respond to every operation of the API below endpoint, such as vingd.SandboxEndpoint. If endpoint is
// empty, it responds below any endpoint.
//
// Each response is the example of the specification, in the batch form for new ids. A path may end in a slash or not, and
// may begin with two. The broker accepts filters and ignores them.
func Register(mock *httpmock.MockTransport, endpoint string) *Broker {
	c := specification()
	b := &Broker{MockTransport: mock, contract: c, find: c.find, scripts: map[string]*script{}}
	for id := range c.operations {
		b.scripts[id] = &script{}
	}
	below := "^https?://"
	if endpoint != "" {
		u, err := url.Parse(strings.TrimRight(endpoint, "/"))
		if err != nil {
			panic("vingdtest: endpoint " + endpoint + ": must be a URL: " + err.Error())
		}
		b.find = c.below(u)
		below = "^" + regexp.QuoteMeta(u.String()) + "/"
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		mock.RegisterRegexpResponder(method, regexp.MustCompile(below), b.serve)
	}
	return b
}

// Fail makes the calls of an operation fail, such as by [Forbidden] or [HangUp], until [Broker.Respond] is called.
func (b *Broker) Fail(operation string, failure httpmock.Responder) {
	b.script(operation, func(s *script) { s.always = failure })
}

// FailOnce makes the next call of an operation fail, and no call after it. Each use makes one more call fail.
func (b *Broker) FailOnce(operation string, failure httpmock.Responder) {
	b.script(operation, func(s *script) { s.next = append(s.next, failure) })
}

// Respond makes the calls of an operation succeed with data, encoded as JSON. If data is nil, they succeed with the example.
// It discards the failures of earlier Fail and FailOnce calls.
func (b *Broker) Respond(operation string, data any) {
	var always httpmock.Responder
	if data != nil {
		body := encode(map[string]any{"data": data})
		always = func(req *http.Request) (*http.Response, error) { return reply(req, http.StatusOK, body), nil }
	}
	b.script(operation, func(s *script) { s.next, s.always = nil, always })
}

// Requests returns the requests of an operation, in order. A request that was [Refused] never arrived, and is not returned.
func (b *Broker) Requests(operation string) []Request {
	var requests []Request
	b.script(operation, func(s *script) {
		for _, r := range s.requests {
			requests = append(requests, *r)
		}
	})
	return requests
}

// script calls use with the script of an operation.
func (b *Broker) script(operation string, use func(*script)) {
	op := b.contract.operation(operation)
	b.mu.Lock()
	defer b.mu.Unlock()
	use(b.scripts[op.id])
}
