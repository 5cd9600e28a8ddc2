package paywall

import (
	"context"
	"net/http"
)

type entryKey struct{}

// FromContext returns the purchase that a request is served for, from the request's context. It reports false where the
// content is free. While content is made ready for the first time, its purchase is in [StateVerified].
func FromContext(ctx context.Context) (Entry, bool) {
	entry, ok := ctx.Value(entryKey{}).(Entry)
	return entry, ok
}

// bought returns the request as content sees it, with the purchase in its context.
func bought(r *http.Request, entry Entry) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), entryKey{}, entry))
}

// whole returns the request without the headers that ask for less than all of the content.
func whole(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	for _, name := range []string{"Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		r.Header.Del(name)
	}
	return r
}
