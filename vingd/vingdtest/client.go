package vingdtest

import (
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"

	"github.com/vingd/vingd-api-go/vingd"
)

// NewClient returns a client and its fake broker. The client sends all requests to that broker. [Validate] checks the requests
// and the responses.
//
// The options are those of [vingd.New]. The default endpoint is the sandbox's. An HTTP client in the options is ignored. The
// client waits between retries as usual: [vingd.WithRetries] with 0, or testing/synctest, saves the time.
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
