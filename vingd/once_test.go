package vingd_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
)

// A caller's transport that signs or logs requests often makes the body anew, so that net/http can send the request again by
// itself. Others retry. The client ends each call that acts before it is sent a second time.
var rebuilding = map[string]func(http.RoundTripper) http.RoundTripper{
	"makes the body anew": func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(req *http.Request) (*http.Response, error) { return next.RoundTrip(rebuilt(req)) })
	},
	"retries": func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(req *http.Request) (resp *http.Response, err error) {
			for range 4 {
				again := rebuilt(req)
				req.Body, _ = again.GetBody()
				if resp, err = next.RoundTrip(again); err == nil {
					break
				}
			}
			return resp, err
		})
	},
}

// rebuilt returns a request with a body that net/http can have again.
func rebuilt(req *http.Request) *http.Request {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	again, err := http.NewRequestWithContext(req.Context(), req.Method, req.URL.String(), bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	again.Header = req.Header.Clone()
	return again
}

func TestReplay_RebuildingTransport(t *testing.T) {
	for name, wrap := range rebuilding {
		for _, options := range [][]vingd.Option{nil, {vingd.WithTracedTransport()}} {
			for _, c := range endure.Part(slices.DeleteFunc(eachCall(), func(c call) bool { return c.kind != unsafe }), 4) {
				t.Run("HTTP1 dies/"+name+"/"+c.name, func(t *testing.T) {
					broker, address, transport := dyingBroker(t, c, true)
					client := newBareClient(t, address, wrap(transport), options...)
					if _, err := callNamed("Accounts.Balance").do(t.Context(), client); err != nil {
						t.Fatal(err)
					}
					_, err := c.do(t.Context(), client)
					checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, nil, 0)
					if got := broker.times(c); got != 1 {
						t.Errorf("executed %d times, want once", got)
					}
				})
				t.Run("HTTP2 PROTOCOL_ERROR/"+name+"/"+c.name, func(t *testing.T) {
					broker, address, transport := startHTTP2OnSocket(t, func(x *http2Exchange) { x.reset(codeProtocol) })
					_, err := c.do(t.Context(), newBareClient(t, address, wrap(transport), options...))
					checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, nil, 0)
					if got := broker.requests(); got != 1 {
						t.Errorf("executed %d times, want once", got)
					}
				})
			}
		}
	}
}
