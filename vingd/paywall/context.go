package paywall

import (
	"context"
	"net/http"
)

type entryKey struct{}

// FromContext returns the purchase by which a request is served, out of its context: for content that greets its buyer, or
// rewards her. There is none where the content is free. While she is served first, the purchase is not committed yet.
func FromContext(ctx context.Context) (Entry, bool) {
	entry, ok := ctx.Value(entryKey{}).(Entry)
	return entry, ok
}

// bought returns the request as content sees it, which knows the purchase.
func bought(r *http.Request, entry Entry) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), entryKey{}, entry))
}
