package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/trace"
)

// routes are the routes of the Broker API. They name the spans.
var routes = []string{
	"GET /id/users", "POST /id/users/{$}",
	"GET /fort/accounts", "GET /fort/accounts/{huid}", "GET /fort/transfers/{filters...}",
	"GET /registry/objects", "GET /registry/objects/{filters...}", "POST /registry/objects/{$}", "PUT /registry/objects/{oid}/{$}",
	"GET /orders/{filters...}", "GET /objects/{oid}/orders/{filters...}", "POST /objects/{oid}/orders/{$}",
	"GET /objects/{oid}/tokens/{tid}", "POST /objects/{oid}/purchases", "PUT /purchases/{purchaseid}",
	"POST /rewards",
	"GET /vouchers", "GET /vouchers/{filters...}", "POST /vouchers/{$}", "DELETE /vouchers/{filters...}",
}

// newTransport returns a transport that makes a span for each call to an endpoint. The span has the route in the place of
// the URL, so that it shows no token and no voucher code.
func newTransport(next http.RoundTripper, endpoint *url.URL, tracing trace.TracerProvider) http.RoundTripper {
	t := &transport{prefix: strings.TrimSuffix(endpoint.Path, "/"), routes: http.NewServeMux()}
	for _, route := range routes {
		t.routes.Handle(route, http.NotFoundHandler())
	}
	t.traced = otelhttp.NewTransport(sender{next}, otelhttp.WithTracerProvider(tracing),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path }))
	return t
}

// A transport hides the URL of a request from OpenTelemetry.
type transport struct {
	prefix string
	routes *http.ServeMux
	traced http.RoundTripper
}

// addressKey is the key of the URL in the request's context.
type addressKey struct{}

// RoundTrip sends a request, and makes a span for it.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	shown := r.WithContext(context.WithValue(r.Context(), addressKey{}, r.URL))
	route := t.route(r)
	// Opaque, so that the braces are not escaped.
	shown.URL = &url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: route, Opaque: "//" + r.URL.Host + t.prefix + route}
	return t.traced.RoundTrip(shown)
}

// route returns the route of a request, or "/" if the API has no such route.
func (t *transport) route(r *http.Request) string {
	path, ok := strings.CutPrefix(r.URL.Path, t.prefix)
	if !ok {
		return "/"
	}
	_, pattern := t.routes.Handler(&http.Request{Method: r.Method, Host: r.Host, URL: &url.URL{Path: path}})
	_, route, ok := strings.Cut(pattern, " ")
	if !ok {
		return "/"
	}
	return strings.TrimSuffix(route, "{$}")
}

// A sender restores the URL of a request, and sends it.
type sender struct{ next http.RoundTripper }

// RoundTrip sends a request to its URL.
func (s sender) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := r.WithContext(r.Context())
	sent.URL = r.Context().Value(addressKey{}).(*url.URL)
	return s.next.RoundTrip(sent)
}
