package vingdtest

import (
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"

	"github.com/vingd/vingd-api-go/vingd"
)

// NewClient returns a client, and the fake broker that it talks to and nobody else. Everything between them is validated
// as by [Validate].
//
// The options are the client's, as for [vingd.New]; its endpoint is the sandbox's unless they name another, and what HTTP
// client they name does not matter. The client repeats what may be repeated, as any does, and waits in between:
// [vingd.WithRetries] with 0, or testing/synctest, saves the time.
func NewClient(t testing.TB, options ...vingd.Option) (*vingd.Client, *Broker) {
	t.Helper()
	broker := Register(httpmock.NewMockTransport(), "")
	all := []vingd.Option{vingd.WithSandbox()}
	all = append(all, options...)
	all = append(all, vingd.WithTracedTransport(), vingd.WithHTTPClient(&http.Client{Transport: Validate(t, broker)}))
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), all...)
	if err != nil {
		t.Fatalf("vingdtest: %v", err)
	}
	return client, broker
}
