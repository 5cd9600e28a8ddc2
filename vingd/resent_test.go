package vingd_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// A caller's transport that retries may have executed a request before the broker refuses it. That refusal undoes nothing. The
// client ends a call that acts before it is sent again.
func TestOutcome_RefusalOfRetryingTransport(t *testing.T) {
	for name, options := range map[string][]vingd.Option{"": nil, " of a traced transport": {vingd.WithTracedTransport()}} {
		for _, c := range eachCall() {
			if c.kind == safe {
				continue
			}
			t.Run(c.name+name, func(t *testing.T) {
				l, address := listen(t)
				broker := startUncheckedBroker(t, l, func(x *exchange) bool {
					return x.nth > 1 && x.respond(http.StatusForbidden, `{"message": "Too little money.", "context": "Forbidden"}`)
				})
				transport := newTransport(t)
				retrying := roundTrip(func(req *http.Request) (resp *http.Response, err error) {
					var body []byte
					if req.Body != nil {
						body, _ = io.ReadAll(req.Body)
					}
					for range 2 {
						again := req.Clone(req.Context())
						if req.Body != nil {
							again.Body = io.NopCloser(bytes.NewReader(body))
						}
						if resp, err = transport.RoundTrip(again); err == nil {
							break
						}
					}
					return resp, err
				})
				_, err := c.do(t.Context(), newBareClient(t, address, retrying, options...))
				kind, status, sent := vingd.ErrForbidden, http.StatusForbidden, 2
				if c.kind == unsafe {
					kind, status, sent = vingd.ErrInternal, 0, 1
				}
				checkFailure(t, err, c, vingd.OutcomeUnknown, kind, nil, status)
				if got := len(broker.requests()); got != sent {
					t.Errorf("sent %d times, want %d", got, sent)
				}
			})
		}
	}
}

// Net/http does not send an idempotent call more often than the client's retries. Go 1.26 sends a request that ends by
// PROTOCOL_ERROR again and again, if it can get the body again.
func TestOutcome_ProtocolErrorOfIdempotentCall(t *testing.T) {
	for _, c := range eachCall() {
		if c.kind != idempotent {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			broker, address, transport := startHTTP2OnSocket(t, func(x *http2Exchange) {
				if x.nth > 100 {
					x.conn.close()
					return
				}
				x.reset(codeProtocol)
			})
			_, err := c.do(t.Context(), newBareClient(t, address, transport))
			checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, nil, 0)
			if got := broker.requests(); got != 1+vingd.DefaultRetries {
				t.Errorf("sent %d times, want %d", got, 1+vingd.DefaultRetries)
			}
		})
	}
}

// Net/http resends a read whose HTTP/2 stream ends with PROTOCOL_ERROR three times at most.
func TestProtocolError_SafeCall(t *testing.T) {
	for _, ends := range []string{"stream", "connection"} {
		for _, c := range eachCall() {
			if c.kind != safe {
				continue
			}
			t.Run(c.name+" by the end of the "+ends, func(t *testing.T) {
				broker, address, transport := startHTTP2OnSocket(t, func(x *http2Exchange) {
					x.reset(codeProtocol)
					if ends == "connection" || x.nth > 100 {
						x.conn.close()
					}
				})
				_, err := c.do(t.Context(), newBareClient(t, address, transport))
				checkFailure(t, err, c, vingd.OutcomeNotDone, vingd.ErrInternal, nil, 0)
				if got := broker.requests(); got > 12 {
					t.Errorf("sent %d times, want 12 times at most", got)
				}
			})
		}
	}
}
