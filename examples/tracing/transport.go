package main

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/vingd/vingd-api-go/vingd"
)

// newTransport returns a transport that makes a span of each request. The span has the name of the operation.
func newTransport(next http.RoundTripper, tracing trace.TracerProvider) http.RoundTripper {
	return otelhttp.NewTransport(urlRedactor{next}, otelhttp.WithTracerProvider(tracing),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return vingd.OperationOf(r.Context()) }))
}

// A urlRedactor removes the path from the span of a request. The path may hold a token or the code of a voucher, which are worth
// money.
type urlRedactor struct{ next http.RoundTripper }

// RoundTrip sends a request. Otelhttp has set url.full before it calls RoundTrip.
func (t urlRedactor) RoundTrip(r *http.Request) (*http.Response, error) {
	trace.SpanFromContext(r.Context()).SetAttributes(attribute.String("url.full", r.URL.Scheme+"://"+r.URL.Host+"/"))
	return t.next.RoundTrip(r)
}
