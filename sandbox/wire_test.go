package sandbox_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd/kvpath"
)

// A recording is a request of an official client.
type recording struct {
	ID      string
	Request *struct {
		Method  string
		Target  string
		Headers map[string]string
		BodyRaw string `json:"body_raw"`
	}
}

func loadRecordings(t *testing.T) (all []recording) {
	t.Helper()
	directory := os.Getenv("VINGD_WIRE_DIR")
	if directory == "" {
		directory = filepath.Join("..", "vingd", "testdata", "wire")
	}
	content, err := os.ReadFile(filepath.Join(directory, "requests.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// The sandbox understands every recorded request that follows the specification, and refuses the others with a message.
func TestRecordedRequests(t *testing.T) {
	sb := newRecorded(t)
	defer closeSandbox(t, sb)
	counts := make(map[string]int)
	for _, r := range loadRecordings(t) {
		if r.Request == nil { // the client refused to send it
			continue
		}
		t.Run(r.ID, func(t *testing.T) {
			code, outcome := replay(t, sb, r)
			counts[outcome]++
			t.Logf("%s %s: %d", r.Request.Method, r.Request.Target, code)
		})
	}
	t.Logf("%v", counts)
	if counts["understood"] < 300 {
		t.Errorf("got %v, want most of the requests to be understood", counts)
	}
}

// newRecorded returns a sandbox with object 5 and order 7, and with money for all recorded requests.
func newRecorded(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	sb, err := sandbox.New(sandbox.Options{Clock: newClock().Now, Seller: sandbox.Seller{Balance: 1_000_000_000_00}})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		serveRaw(t, sb, "POST", "/broker/v1/registry/objects", nil, `{"description":{"name":"x","url":"http://localhost/"}}`)
	}
	for range 2 {
		serveRaw(t, sb, "POST", "/broker/v1/objects/5/orders", nil, `{"price":5,"order_expires":null}`)
	}
	return sb
}

func serveRaw(t *testing.T, sb *sandbox.Sandbox, method, target string, headers map[string]string, body string) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	sb.Handler().ServeHTTP(recorder, rawRequest(t, method, target, headers, body))
	return recorder
}

// replay sends a recorded request.
func replay(t *testing.T, sb *sandbox.Sandbox, r recording) (code int, outcome string) {
	recorder := serveRaw(t, sb, r.Request.Method, r.Request.Target, r.Request.Headers, r.Request.BodyRaw)
	code = recorder.Code
	request := rawRequest(t, r.Request.Method, r.Request.Target, r.Request.Headers, r.Request.BodyRaw)
	checkResponse(t, request, code, recorder.Header(), recorder.Body.Bytes())
	if err := sb.Check(); err != nil {
		t.Error(err)
	}

	problem := specProblem(t, request, r.Request.BodyRaw)
	if strings.Contains(r.Request.BodyRaw, `"url": ""`) {
		problem = "a URL must be one" // the specification leaves this check to the broker
	}
	unknown := strings.Contains(recorder.Body.String(), "there is no operation") || strings.Contains(recorder.Body.String(), "there is nothing here")
	switch {
	case problem == "no operation" && code == 404:
		return code, "elsewhere"
	case !unknown && (code == 200 || code == 404): // most recorded ids do not exist in this sandbox
		return code, "understood"
	case problem != "" && code == 400:
		return code, "malformed"
	default:
		t.Errorf("%s %s %s: got %d %s; by the specification: %q",
			r.Request.Method, r.Request.Target, r.Request.BodyRaw, code, recorder.Body, problem)
		return code, "wrong"
	}
}

// rawRequest returns a request as it came over the wire, with the sandbox's credentials.
func rawRequest(t *testing.T, method, target string, headers map[string]string, body string) *http.Request {
	t.Helper()
	var raw bytes.Buffer
	fmt.Fprintf(&raw, "%s %s HTTP/1.1\r\n", method, target)
	for name, value := range headers {
		if name != "Authorization" && name != "Content-Length" && name != "Host" {
			fmt.Fprintf(&raw, "%s: %s\r\n", name, value)
		}
	}
	fmt.Fprintf(&raw, "Host: localhost\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	request, err := http.ReadRequest(bufio.NewReader(&raw))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(username, digest)
	return request
}

// specProblem returns the reason why a request does not follow the specification, or "".
func specProblem(t *testing.T, request *http.Request, body string) string {
	t.Helper()
	route, parameters := findRoute(loadSpec(t), request)
	if route == nil {
		return "no operation"
	}
	u, err := kvpath.ToQuery(request.URL)
	if err != nil {
		return err.Error()
	}
	checked := request.Clone(t.Context())
	checked.URL = u
	checked.Header.Set("Content-Type", "application/json")
	checked.Body = io.NopCloser(strings.NewReader(body))
	err = openapi3filter.ValidateRequest(t.Context(), &openapi3filter.RequestValidationInput{
		Request: checked, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	})
	if err != nil {
		return strings.SplitN(err.Error(), "\n", 2)[0]
	}
	return ""
}
