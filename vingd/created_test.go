package vingd_test

import (
	"net/http"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// A batch with an error reports a failure. Something may have been made, if the response has an id in either form.
func TestCreated_ErrorBesideID(t *testing.T) {
	for _, data := range []string{
		`{"id": 7, "ids": [], "errors": [{"code": "x", "desc": "no"}]}`,
		`{"ids": [7], "errors": [{"code": "x", "desc": "no"}]}`,
	} {
		client := newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			return reply(req, http.StatusPartialContent, `{"data": `+data+`}`), nil
		}))
		_, err := client.Orders.Create(t.Context(), 5, vingd.OrderParams{Price: 200})
		if got := vingd.OutcomeOf(err); got != vingd.OutcomeUnknown {
			t.Errorf("%s: got %v, %v; want unknown", data, got, err)
		}
	}
}

// A call makes one thing. If the response has two ids, the client does not drop one of them.
func TestCreated_TwoIDs(t *testing.T) {
	client := newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
		return reply(req, http.StatusOK, `{"data": {"ids": [7, 8], "errors": []}}`), nil
	}))
	order, err := client.Orders.Create(t.Context(), 5, vingd.OrderParams{Price: 200})
	if got := vingd.OutcomeOf(err); got != vingd.OutcomeUnknown {
		t.Errorf("got %v, %v, %v; want unknown", order, got, err)
	}
}
