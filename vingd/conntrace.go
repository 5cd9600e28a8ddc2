package vingd

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"strings"
	"sync/atomic"
)

// connTrace sees whether a transport had a connection for a request.
type connTrace struct{ obtained atomic.Bool }

// attach makes the transport of a request report to t.
func (t *connTrace) attach(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { t.obtained.Store(true) },
	})
}

// notProcessed reports whether a request that failed provably did not reach the broker's own code. traced tells whether the
// transport reports all its connections, and sends a request once at most. No other transport proves anything.
func (t *connTrace) notProcessed(cause error, traced bool) bool {
	return traced && (!t.obtained.Load() || isUnprocessed(cause))
}

// isUnprocessed reports whether net/http says that a server of HTTP/2 has not processed a request (RFC 9113, 8.7): the server
// refused the stream, or it ended the connection and named the last stream that it processed. Or the connection died before
// its first request, which net/http did not send. net/http exports no error for these, so only their texts tell. Any other text
// leaves the outcome unknown.
func isUnprocessed(cause error) bool {
	text := cause.Error()
	switch {
	case strings.HasPrefix(text, "http2: Transport received GOAWAY from server ErrCode:"): // of a connection's first stream
		return true
	case text == "http2: client conn could not be established":
		return true
	}
	reason, ok := strings.CutPrefix(text, "http2: Transport: cannot retry err [")
	reason, isRetry := strings.CutSuffix(reason, "] after Request.Body was written; define Request.GetBody to avoid this error")
	return ok && isRetry && (reason == "http2: Transport received Server's graceful shutdown GOAWAY" ||
		strings.HasPrefix(reason, "stream error: ") && strings.HasSuffix(reason, "; REFUSED_STREAM; received from peer"))
}

// isPlain reports whether only net/http's own code sends the requests of a transport. Protocols that the caller has registered
// may send them without a report. They are in a field that net/http does not export: what is not understood there is not plain.
//
// t must have been used or cloned before, so that net/http does not register its own HTTP/2 at the same time.
func isPlain(t *http.Transport) bool {
	for name := range t.TLSNextProto {
		if name != "h2" && name != "unencrypted_http2" {
			return false
		}
	}
	altProto := reflect.ValueOf(t).Elem().FieldByName("altProto")
	if !altProto.IsValid() || altProto.Kind() != reflect.Struct {
		return false
	}
	registered := altProto.FieldByName("v") // of an atomic.Value
	if !registered.IsValid() || registered.Kind() != reflect.Interface {
		return false
	}
	if registered.IsNil() {
		return len(t.TLSNextProto) == 0
	}
	protocols := registered.Elem()
	if protocols.Kind() != reflect.Map {
		return false
	}
	hasHTTP2 := false
	for protocol := protocols.MapRange(); protocol.Next(); {
		if protocol.Key().Kind() != reflect.String || protocol.Value().Kind() != reflect.Interface || protocol.Value().IsNil() ||
			protocol.Value().Elem().Type().PkgPath() != reflect.TypeFor[http.Transport]().PkgPath() {
			return false
		}
		hasHTTP2 = hasHTTP2 || protocol.Key().String() == "https"
	}
	return hasHTTP2 || len(t.TLSNextProto) == 0
}
