package brokerapi_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/brokerapi"
)

// A slow body takes its whole time, however short it is: its last byte comes after all pauses.
func TestBreak_Slow(t *testing.T) {
	for length := range 100 {
		body := strings.Repeat("x", length)
		w := httptest.NewRecorder()
		pauses := 0
		err := brokerapi.WriteSlowly(w, body, func() {
			if pauses++; length > 0 && w.Body.Len() == length {
				t.Errorf("%d bytes: the last one came before pause %d", length, pauses)
			}
		})
		if err != nil || w.Body.String() != body || pauses != brokerapi.Pauses {
			t.Errorf("%d bytes: got %q with %d pauses, %v", length, w.Body, pauses, err)
		}
	}
}
