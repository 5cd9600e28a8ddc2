package vingd_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
)

// silentClient returns a client with the transport that clients have by default. Its broker takes requests, and does not respond.
func silentClient(t *testing.T, overHTTP2 bool, options ...vingd.Option) *vingd.Client {
	network := newPipes()
	transport := vingd.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	transport.DialContext = network.transport(t).DialContext
	if !overHTTP2 {
		startBroker(t, network, func(x *exchange) bool { x.awaitHangUp(); return false })
		return newBareClient(t, pipesAddress, transport, options...)
	}
	_, transport.TLSClientConfig = startHTTP2(t, network, func(*http2Exchange) {})
	return newBareClient(t, pipesAddressTLS, transport, options...)
}

// Each call without a response ends at its timeout, with the error of the table in docs/errors.md.
func TestTimeout_NoResponse(t *testing.T) {
	for _, overHTTP2 := range []bool{false, true} {
		for _, c := range eachCall() {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := c.do(t.Context(), silentClient(t, overHTTP2))
				want := "vingd: " + c.op + ": no response: timed out after 30s"
				if c.kind != safe {
					want += " (outcome unknown)"
				}
				if !errors.Is(err, context.DeadlineExceeded) || err.Error() != want {
					t.Errorf("%s: got %v, want %s", c.name, err, want)
				}
				if took := time.Since(start); took != vingd.DefaultTimeout {
					t.Errorf("%s took %v", c.name, took)
				}
			})
		}
	}
}

func TestTimeout_OfOption(t *testing.T) {
	for _, overHTTP2 := range []bool{false, true} {
		for _, timeout := range []time.Duration{time.Second, 14 * time.Second, time.Minute, time.Hour} {
			for _, c := range endure.Part(eachCall(), 8) {
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					_, err := c.do(t.Context(), silentClient(t, overHTTP2, vingd.WithTimeout(timeout)))
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%s: %v is no timeout", c.name, err)
					}
					if took := time.Since(start); took != timeout {
						t.Errorf("%s took %v, want %v", c.name, took, timeout)
					}
				})
			}
		}
	}
}
