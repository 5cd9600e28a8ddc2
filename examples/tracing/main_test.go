package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSpans_NoToken sells the page. The spans have the names of the operations, and no token, whatever fails.
func TestSpans_NoToken(t *testing.T) {
	for name, test := range map[string]struct {
		fault  sandbox.Fault
		status int
		calls  []string // after the buyer returns
	}{
		"sold":       {status: http.StatusOK, calls: []string{"verifyPurchase", "commitPurchase"}},
		"hang-up":    {fault: sandbox.Fault{HangUp: true}, status: http.StatusServiceUnavailable, calls: []string{"verifyPurchase"}},
		"not served": {fault: sandbox.Fault{Status: http.StatusForbidden}, status: http.StatusForbidden, calls: []string{"verifyPurchase"}},
	} {
		t.Run(name, func(t *testing.T) {
			spans := tracetest.NewInMemoryExporter()
			s, err := open(trace.NewTracerProvider(trace.WithSyncer(spans)))
			if err != nil {
				t.Fatal(err)
			}
			back, err := s.pay(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if test.fault != (sandbox.Fault{}) {
				if err := s.broker.Fail("verifyPurchase", test.fault); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.visit(t.Context(), back, test.status); err != nil {
				t.Error(err)
			}
			if err := s.close(t.Context()); err != nil {
				t.Error(err)
			}
			var names []string
			token := tokenOf(t, back)
			requests := make(map[string]bool) // by trace
			for _, span := range spans.GetSpans() {
				if span.Name == "GET /article" {
					requests[span.SpanContext.TraceID().String()] = true
				}
			}
			for _, span := range spans.GetSpans() {
				if !requests[span.SpanContext.TraceID().String()] {
					t.Errorf("the span %q is in no request's trace", span.Name)
				}
				names = append(names, span.Name)
				for _, attribute := range span.Attributes {
					if u := attribute.Value.AsString(); attribute.Key == "url.full" && u != s.broker.Frontend()+"/" {
						t.Errorf("the span %q has the url.full %q", span.Name, u)
					}
				}
				if said := fmt.Sprintf("%+v", span); strings.Contains(strings.ToLower(said), token) {
					t.Errorf("a span holds the token: %s", strings.ReplaceAll(said, token, "TOKEN"))
				}
			}
			for _, want := range append([]string{"GET /article", "listObjects", "createOrder"}, test.calls...) {
				if !slices.Contains(names, want) {
					t.Errorf("no span is named %q, only %q", want, names)
				}
			}
		})
	}
}

func tokenOf(t *testing.T, back string) string {
	t.Helper()
	u, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	token := strings.ToLower(u.Query().Get("tid"))
	if len(token) < 8 {
		t.Fatalf("the buyer comes back with the token %q", token)
	}
	return token
}

// TestRun runs the example, and finds the spans in its output.
func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"Name": "GET /article"`, `"Name": "verifyPurchase"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not print %s", want)
		}
	}
}
