package vingd_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// lateJar ends a context when it is asked for cookies: after the client has looked at it, before its transport does.
type lateJar struct{ cancel context.CancelFunc }

func (j lateJar) SetCookies(*url.URL, []*http.Cookie) {}
func (j lateJar) Cookies(*url.URL) []*http.Cookie     { j.cancel(); return nil }

// A context may end right before the transport gets a connection, for example after the wait before a retry. Then the client's
// own transport has sent nothing.
func TestContext_EndsBeforeSending(t *testing.T) {
	for _, test := range []struct {
		name string
		of   func(*http.Transport) http.RoundTripper
		want vingd.Outcome
	}{
		{"its own", func(t *http.Transport) http.RoundTripper { return t }, vingd.OutcomeNotDone},
		{"one of which nothing is known", func(t *http.Transport) http.RoundTripper { return roundTrip(t.RoundTrip) }, vingd.OutcomeUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, address := listen(t)
			broker := startBroker(t, l, envelope(http.StatusNotFound))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			callers := &http.Client{Transport: test.of(newTransport(t)), Jar: lateJar{cancel}}
			client := newBareClient(t, address, nil, vingd.WithHTTPClient(callers))
			_, err := client.Purchases.Verify(ctx, 5, tid)
			checkFailure(t, err, callNamed("Purchases.Verify"), test.want, vingd.ErrInternal, context.Canceled, 0)
			if got := broker.requests(); len(got) != 0 {
				t.Errorf("these arrived: %q", got)
			}
		})
	}
}
