package vingd_test

import (
	"net/http"
	"strings"
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

// An error response with data is not the broker's own, so it proves nothing.
func TestError_DataBesideMessage(t *testing.T) {
	for data, want := range map[string]vingd.Outcome{
		"null": vingd.OutcomeNotDone, "[]": vingd.OutcomeNotDone, "{}": vingd.OutcomeNotDone, `""`: vingd.OutcomeNotDone,
		`{"ids": [7], "errors": []}`: vingd.OutcomeUnknown, "7": vingd.OutcomeUnknown,
	} {
		client := newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			return reply(req, http.StatusConflict, `{"message": "It is there.", "context": "Conflict", "data": `+data+`}`), nil
		}))
		_, err := client.Orders.Create(t.Context(), 5, vingd.OrderParams{Price: 200})
		if got := vingd.OutcomeOf(err); got != want {
			t.Errorf("%s: got %v, %v; want %v", data, got, err, want)
		}
	}
}

// A seller serves no content for a purchase that may be reclaimed. Verify reports it, whatever the broker calls true.
func TestVerify_ReclaimedOfOtherType(t *testing.T) {
	for text, want := range map[string]bool{
		"true": true, "1": true, `"true"`: true, `"yes"`: true, `{"at": 7}`: true,
		"false": false, "null": false, "0": false, `"0"`: false, `"False"`: false, `""`: false,
	} {
		client := newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			return reply(req, http.StatusOK, `{"data": {"purchaseid": 7, "transferid": 8, "reclaimed": `+text+`}}`), nil
		}))
		purchase, err := client.Purchases.Verify(t.Context(), 5, vingd.TokenID(strings.Repeat("a", 32)))
		if err != nil || purchase.Reclaimed != want {
			t.Errorf("%s: got %+v, %v; want reclaimed %t", text, purchase, err, want)
		}
	}
}
