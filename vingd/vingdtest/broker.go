package vingdtest

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/jarcoal/httpmock"
)

// Broker is a fake broker. It answers every operation of the API with the example of the specification, unless it is told
// otherwise, and remembers what it was asked. It keeps no books: what was created is not found again.
//
// Operations go by the names that the specification gives them, such as "rewardUser"; any other name panics.
// A Broker is safe for concurrent use.
type Broker struct {
	// MockTransport is what the broker answers by. Responders registered for a whole address go before the broker, and
	// what they answer it does not hear of.
	*httpmock.MockTransport

	contract *contract
	find     findRoute
	mu       sync.Mutex
	scripts  map[string]*script // by operation
}

// script is how an operation is to be answered, and what it was asked.
type script struct {
	next     []httpmock.Responder // once each
	always   httpmock.Responder   // nil is by the example
	requests []*Request
}

// Request is what the broker was asked.
type Request struct {
	// Path is the whole path, escaped: its filters are a part of it.
	Path string
	// Body is what came with it.
	Body string
}

// Register makes mock answer every operation of the API below endpoint, such as vingd.SandboxEndpoint. An empty
// endpoint is any.
//
// The answers are those of a broker with which all is well: the examples of the specification, and for what calls create
// the batch form. It does not matter whether a path ends in a slash, nor whether it begins with two; filters are taken
// and filter nothing.
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
			panic("vingdtest: endpoint " + endpoint + " must be an address: " + err.Error())
		}
		b.find = c.below(u)
		below = "^" + regexp.QuoteMeta(u.String()) + "/"
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		mock.RegisterRegexpResponder(method, regexp.MustCompile(below), b.respond)
	}
	return b
}

// Fail makes the calls of an operation fail, such as by [Forbidden] or [HangUp], until [Broker.Answer] says otherwise.
func (b *Broker) Fail(operation string, failure httpmock.Responder) {
	b.script(operation, func(s *script) { s.always = failure })
}

// FailOnce makes the next call of an operation fail, and leaves those after it as they were. Said again, it makes one
// more call fail.
func (b *Broker) FailOnce(operation string, failure httpmock.Responder) {
	b.script(operation, func(s *script) { s.next = append(s.next, failure) })
}

// Answer makes the calls of an operation succeed, with data, which goes as JSON. Nil is the example again. Failures that
// were still to come are forgotten.
func (b *Broker) Answer(operation string, data any) {
	var answer httpmock.Responder
	if data != nil {
		body := encode(map[string]any{"data": data})
		answer = func(req *http.Request) (*http.Response, error) { return reply(req, http.StatusOK, body), nil }
	}
	b.script(operation, func(s *script) { s.next, s.always = nil, answer })
}

// Requests returns what an operation was asked, in order. What was [Refused] is not among it: it never arrived.
func (b *Broker) Requests(operation string) []Request {
	var requests []Request
	b.script(operation, func(s *script) {
		for _, r := range s.requests {
			requests = append(requests, *r)
		}
	})
	return requests
}

// script lets use have the script of an operation.
func (b *Broker) script(operation string, use func(*script)) {
	op := b.contract.operation(operation)
	b.mu.Lock()
	defer b.mu.Unlock()
	use(b.scripts[op.id])
}
