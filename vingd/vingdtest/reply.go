package vingdtest

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
)

// reply returns a response in JSON to a request that arrived.
func reply(req *http.Request, status int, body []byte) *http.Response {
	arrive(req)
	return &http.Response{
		Status:        strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {mediaType}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}
}

// arrive reports a connection and a sent request to the request's trace, as net/http's transport does.
func arrive(req *http.Request) {
	trace := httptrace.ContextClientTrace(req.Context())
	if trace == nil {
		return
	}
	dial(trace, req)
	if trace.GotConn != nil {
		conn, _ := net.Pipe() // for its addresses
		trace.GotConn(httptrace.GotConnInfo{Conn: conn})
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

// dial reports to the request's trace that it needs a connection.
func dial(trace *httptrace.ClientTrace, req *http.Request) {
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(req.URL.Host)
	}
}

// spoilt is the body of a response that is invalid on purpose.
type spoilt struct{ io.Reader }

func (spoilt) Close() error { return nil }

func isSpoilt(resp *http.Response) bool {
	_, ok := resp.Body.(spoilt)
	return ok
}
