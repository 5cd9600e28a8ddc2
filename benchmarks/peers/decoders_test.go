package peers_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/benchmarks/peers"
)

// The decoders accept what the table in README.md says.
func TestDecoders_Accept(t *testing.T) {
	const rest = `, "vid": 1, "amount_vouched": 2, "ts_valid_until": "2026-01-09T03:04:05Z"}]}`
	for _, test := range []struct {
		name, text string
		takers     []string
	}{
		{"invalid UTF-8", "{\"data\": [{\"vid_encoded\": \"A\xff\"" + rest, []string{"encoding/json", "goccy", "sonic", "easyjson"}},
		{"a control character", "{\"data\": [{\"vid_encoded\": \"A\n\"" + rest, []string{"sonic", "easyjson"}},
		{"a malformed number", `{"data": [{"vid_encoded": "A", "more": 01` + rest, []string{"easyjson"}},
		{"a number in a string", `{"data": [{"vid_encoded": "A", "fee": "5"` + rest, []string{"vingd"}},
	} {
		decoders, err := peers.Decoders("http://localhost", transport(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(test.text)), Request: req}, nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		var takers []string
		for _, decoder := range decoders {
			if _, err := decoder.Vouchers(t.Context()); err == nil {
				takers = append(takers, decoder.Name)
			}
		}
		if !slices.Equal(takers, test.takers) {
			t.Errorf("%s: accepted by %q, want %q", test.name, takers, test.takers)
		}
	}
}
