package brokerapi_test

import (
	"crypto/sha1" // the wire has the SHA-1 of the password
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vingd/vingd-api-go/api"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/brokerapi"
)

// call sends a request to a handler as the seller ann.
func call(t *testing.T, handler http.Handler, method, path, body string) (status int, message string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/broker/v1"+path, strings.NewReader(body))
	digest := sha1.Sum([]byte("secret"))
	r.SetBasicAuth("ann", hex.EncodeToString(digest[:]))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	var envelope struct{ Message string }
	if err := json.Unmarshal(w.Body.Bytes(), &envelope); err != nil {
		t.Errorf("%s %s: %v: %s", method, path, err, w.Body)
	}
	return w.Code, envelope.Message
}

func newBroker(t *testing.T) *broker.Broker {
	t.Helper()
	b, err := broker.New(time.Now, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := b.AddSeller(broker.NewSeller{Username: "ann", Password: "secret", Balance: 0}); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestUnimplemented_OperationIsNamed(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData(api.Spec)
	if err != nil {
		t.Fatal(err)
	}
	handler := brokerapi.NewUnimplemented(newBroker(t))
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			for _, p := range operation.Parameters {
				value := "A"
				if p.Value.Schema.Value.Type.Is("integer") {
					value = "1"
				}
				path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", value)
			}
			body := ""
			if operation.RequestBody != nil {
				body = "{}"
			}
			status, message := call(t, handler, method, path, body)
			if want := "operation " + operation.OperationID + ": is not implemented"; status != http.StatusNotImplemented || message != want {
				t.Errorf("%s %s: got %d %q, want 501 %q", method, path, status, message, want)
			}
		}
	}
}

// A filter that the sandbox lacks is refused by 501. Status 400 would blame the client.
func TestUnimplemented_FilterIsNamed(t *testing.T) {
	handler := brokerapi.NewUnimplemented(newBroker(t))
	for path, want := range map[string]string{
		"/vouchers/gid=summer":    "filter gid of GET /vouchers: is not implemented",
		"/vouchers/LXKG/gid=x":    "filter gid of GET /vouchers/{vid_encoded}: is not implemented",
		"/fort/transfers/since=1": "filter since of GET /fort/transfers: is not implemented",
	} {
		if status, message := call(t, handler, http.MethodGet, path, ""); status != http.StatusNotImplemented || message != want {
			t.Errorf("%s: got %d %q, want 501 %q", path, status, message, want)
		}
	}
	if status, message := call(t, handler, http.MethodGet, "/vouchers/colour=red", ""); status != http.StatusBadRequest {
		t.Errorf("got %d %q for a filter that the specification lacks, want 400", status, message)
	}
}
