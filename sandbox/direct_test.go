package sandbox_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// direct is a transport that calls a handler, without a connection.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	if request.Body == nil {
		request.Body = http.NoBody // a server never has a nil body
	}
	result := httptest.NewRecorder()
	d.handler.ServeHTTP(result, request)
	return result.Result(), nil
}

// newDirectClient returns a client of s without connections and without retries.
func newDirectClient(s *sandbox.Sandbox, login string, now func() time.Time, options ...vingd.Option) (*vingd.Client, error) {
	return vingd.New(vingd.Password(login, "123"), append(options, vingd.WithSandbox(), vingd.WithRetries(0), vingd.WithClock(now),
		vingd.WithHTTPClient(&http.Client{Transport: direct{s.Handler()}}))...)
}

// statusOf returns the status of an error of the client. For a refusal by a method of the sandbox, it returns the status that
// the API would have. It returns 0 for any other error.
func statusOf(err error) int {
	var failed *vingd.Error
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &failed):
		return failed.Status
	case errors.Is(err, sandbox.ErrInvalid):
		return http.StatusBadRequest
	case errors.Is(err, sandbox.ErrLowBalance):
		return http.StatusPaymentRequired
	case errors.Is(err, sandbox.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, sandbox.ErrConflict):
		return http.StatusConflict
	case errors.Is(err, sandbox.ErrGone):
		return http.StatusGone
	default:
		return 0
	}
}
