package vingd

import (
	"context"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
)

// wireWatch watches whether a request can have left this machine.
type wireWatch struct {
	certain    bool // the transport is one that reports
	asked, got atomic.Bool
}

// attach makes the transport report to w.
func (w *wireWatch) attach(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { w.got.Store(true) },
	})
}

// neverSent reports whether the request provably did not leave: the transport looked for a connection and got none, or
// the context ended before it looked. A transport that reports nothing proves nothing, unless it is known to report.
func (w *wireWatch) neverSent() bool { return (w.certain || w.asked.Load()) && !w.got.Load() }

// isUnprocessed reports whether net/http says that a server of HTTP/2 has not processed a request (RFC 9113, 8.7): the server
// refused the stream, or it ended the connection and named the last stream that it processed. net/http exports no error for
// it, so only its text tells. Any other text leaves the outcome unknown.
func isUnprocessed(cause error) bool {
	text := cause.Error()
	if strings.HasPrefix(text, "http2: Transport received GOAWAY from server ErrCode:") { // of a connection's first stream
		return true
	}
	reason, ok := strings.CutPrefix(text, "http2: Transport: cannot retry err [")
	reason, isRetry := strings.CutSuffix(reason, "] after Request.Body was written; define Request.GetBody to avoid this error")
	return ok && isRetry && (reason == "http2: Transport received Server's graceful shutdown GOAWAY" ||
		strings.HasPrefix(reason, "stream error: ") && strings.HasSuffix(reason, "; REFUSED_STREAM; received from peer"))
}
