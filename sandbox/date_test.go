package sandbox_test

import (
	"net/http"
	"testing"
	"time"
)

// The Date of every response of the API and of the controls is the sandbox's time. By it, the client notices that the two clocks
// differ.
func TestDate(t *testing.T) {
	w := newWorld(t)
	check := func(want time.Time) {
		t.Helper()
		for path, status := range map[string]int{
			"/sandbox/broker/v1/fort/accounts":       http.StatusOK,
			"/sandbox/broker/v1/fort/accounts/xyz":   http.StatusBadRequest,
			"/sandbox/broker/v1/fort/transfers/to=1": http.StatusForbidden,
			"/sandbox/broker/v1/registry/objects":    http.StatusOK,
			"/-/clock":                               http.StatusOK,
			"/-/nothing":                             http.StatusNotFound,
		} {
			request := w.request("GET", w.Frontend()+path, nil)
			response, err := w.HTTPClient().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			if err := response.Body.Close(); err != nil {
				t.Fatal(err)
			}
			if got := response.Header.Get("Date"); got != want.Format(http.TimeFormat) || response.StatusCode != status {
				t.Errorf("GET %s: got %d with Date %q, want %d with %q", path, response.StatusCode, got, status, want.Format(http.TimeFormat))
			}
		}
	}
	check(w.clock.Now())
	advance(t, w.Server, 48*time.Hour)
	check(w.clock.Now().Add(48 * time.Hour))
}
