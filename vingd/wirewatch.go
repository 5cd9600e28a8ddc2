package vingd

import (
	"context"
	"net/http/httptrace"
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
